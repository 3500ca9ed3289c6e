"""One message to one URL: a POST that is tried again while that can help.

Belongs here: HTTP. Does not belong here: which messages are sent, and what is noted of them (``send``).

Every attempt carries the same ``Idempotency-Key`` (the message id) and the same bytes, so that a receiver can tell a
repetition: after a lost answer, or a crash before it was noted, a message comes twice. Waits are fixed, not random:
1, 2, 4, ... seconds, or what ``Retry-After`` says where that is more.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import IO
from urllib.parse import urlsplit

from rr_pipeline import __version__
from rr_pipeline.errors import RefusedError

LONGEST_WAIT = 60.0
"""Seconds between two attempts at most; who asks for more is left alone until the next time."""

TRY_AGAIN = frozenset({408, 425, 429})
"""Answers below 500 after which a message is sent again."""

MOST_REDIRECTS = 3


@dataclass(frozen=True)
class Endpoint:
    """Where messages go. ``timeout``: seconds without an answer; ``secret``: key of the signature, None for none."""

    url: str
    secret: bytes | None = field(default=None, repr=False)
    timeout: float = 10.0
    max_attempts: int = 5

    def __post_init__(self) -> None:
        _check_url(self.url)


@dataclass(frozen=True)
class Answer:
    """What came of sending one message. ``status``: delivered, failed or deferred, as in the journal.

    ``text``: the last HTTP status, or a word for having none. ``is_later``: the receiver asked to be left alone for
    longer than we wait.
    """

    status: str
    attempt_count: int
    text: str
    is_later: bool = False


def _refused(message: str) -> RefusedError:
    return RefusedError(f"file=- row=- field=--url code=URL_INVALID: {message}")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_whole = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise _refused("it cannot be read; write https://host/path") from None
    if parts.scheme not in ("http", "https") or not is_whole:
        raise _refused("write an address that begins with https:// or http:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise _refused("a password does not belong in an address; use --secret-env, or a token known to the receiver")
    if any(ord(character) <= 32 or ord(character) > 126 for character in url):
        raise _refused("it holds blanks or letters that an address cannot; write them as %20 and the like")


class _SameMessage(urllib.request.HTTPRedirectHandler):
    """Follows only redirects that keep the message as it is (307, 308), and never from https to http."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(  # noqa: PLR0917
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        try:
            _check_url(newurl)
        except RefusedError:
            is_fit = False
        else:
            is_fit = not (req.type == "https" and not newurl.startswith("https:"))
        if code not in (307, 308) or not is_fit:
            # A 301 to 303 would be followed by an empty GET, and a 200 to that taken for a delivery.
            raise urllib.error.HTTPError(req.full_url, code, "redirect not followed", headers, fp)
        return urllib.request.Request(newurl, data=req.data, headers=dict(req.header_items()), method="POST")


def _opener() -> urllib.request.OpenerDirector:
    # Not build_opener: that one also opens files and FTP addresses.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _SameMessage(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


def signature(secret: bytes, body: bytes) -> str:
    """Value of the header ``X-RR-Signature``: the HMAC-SHA256 of the body's bytes, in hex."""
    return "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


def post(endpoint: Endpoint, message_id: str, body: bytes, sleep: Callable[[float], None]) -> Answer:
    """Send one message, up to ``max_attempts`` times. Never raises for what the other side does."""
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": message_id,
        "User-Agent": f"rr-pipeline/{__version__}",
    }
    if endpoint.secret is not None:
        headers["X-RR-Signature"] = signature(endpoint.secret, body)
    opener = _opener()
    text = ""
    for attempt in range(1, endpoint.max_attempts + 1):
        request = urllib.request.Request(endpoint.url, data=body, headers=headers, method="POST")
        code, text, asked = _attempt(opener, request, endpoint.timeout)
        if code is not None and code < 300:
            return Answer("delivered", attempt, text)
        if code is not None and code < 500 and code not in TRY_AGAIN:
            return Answer("failed", attempt, text)
        if asked > LONGEST_WAIT:
            return Answer("deferred", attempt, text, is_later=True)
        if attempt < endpoint.max_attempts:
            sleep(max(asked, min(LONGEST_WAIT, 2.0 ** (attempt - 1))))
    return Answer("deferred", endpoint.max_attempts, text)


def _attempt(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, timeout: float
) -> tuple[int | None, str, float]:
    """One attempt: (HTTP status or None, the same as a word, seconds that the receiver asks us to wait)."""
    try:
        with opener.open(request, timeout=timeout) as response:
            return response.status, str(response.status), 0.0
    except urllib.error.HTTPError as error:
        with error:
            return error.code, str(error.code), _retry_after(error.headers.get("Retry-After"))
    except TimeoutError:
        return None, "timeout", 0.0
    except urllib.error.URLError as error:
        is_timeout = isinstance(error.reason, TimeoutError)
        return None, "timeout" if is_timeout else "no_connection", 0.0
    except (OSError, http.client.HTTPException):
        return None, "connection_lost", 0.0


def _retry_after(text: str | None) -> float:
    """Seconds that the header Retry-After asks for: a number, or an instant. Nothing that can be read: 0."""
    if not text:
        return 0.0
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - datetime.now(UTC)).total_seconds())
