"""One message to one URL: a POST that is tried again while that can help.

Belongs here: what an answer means. Does not belong here: connections (``exchange``), which messages are sent, and what
is noted of them (``send``).

Every attempt carries the same ``Idempotency-Key`` (the message id) and the same bytes, so that a receiver can tell a
repetition: after a lost answer, or a crash before it was noted, a message comes twice. Waits are fixed, not random:
1, 2, 4, ... seconds, or what ``Retry-After`` says where that is more.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from rr_pipeline import __version__
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.outbox.exchange import Reply, exchange_once

LONGEST_WAIT = 60.0
"""Seconds between two attempts at most; who asks for more is left alone until the next time."""

TRY_AGAIN = frozenset({408, 425, 429})
"""Answers below 500 after which a message is sent again."""

MOST_REDIRECTS = 3


@dataclass(frozen=True)
class Endpoint:
    """Where messages go.

    ``timeout``: seconds of one attempt, answer included; ``secret``: key of the signature, None for none.
    """

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
    return RefusedError(Problem("-", None, "--url", "URL_INVALID", message))


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
    text = ""
    for attempt in range(1, endpoint.max_attempts + 1):
        reply = _attempt(endpoint, body, headers)
        code, text = reply.status, reply.word
        if code is not None and 200 <= code < 300:
            return Answer("delivered", attempt, text)
        # Below 200 it is no answer yet, from 500 on one that may change.
        if code is not None and 300 <= code < 500 and code not in TRY_AGAIN:
            return Answer("failed", attempt, text)
        asked = _retry_after(reply.retry_after)
        if asked > LONGEST_WAIT:
            return Answer("deferred", attempt, text, is_later=True)
        if attempt < endpoint.max_attempts:
            sleep(max(asked, min(LONGEST_WAIT, 2.0 ** (attempt - 1))))
    return Answer("deferred", endpoint.max_attempts, text)


def _attempt(endpoint: Endpoint, body: bytes, headers: Mapping[str, str]) -> Reply:
    """One attempt, redirects included, within the time of one."""
    url, ends = endpoint.url, time.monotonic() + endpoint.timeout
    for _ in range(MOST_REDIRECTS + 1):
        reply = exchange_once(url, body, headers, max(0.001, ends - time.monotonic()))
        place = _same_receiver(url, reply)
        if place is None:
            return reply
        url = place
    return reply


def _same_receiver(url: str, reply: Reply) -> str | None:
    """Where to send the message again; None where that is not asked for, or leads to somebody else.

    Only redirects that keep the message (307, 308) count: after a 301 to 303 an empty GET would follow, and its 200 be
    taken for a delivery. Never to another host: nobody has said that it may have the message. Nor from https to http.
    """
    if reply.status not in (307, 308) or not reply.location:
        return None
    try:
        place = urljoin(url, reply.location)
        _check_url(place)
    except (ValueError, RefusedError):
        return None
    before, after = urlsplit(url), urlsplit(place)
    is_same = before.hostname == after.hostname and not (before.scheme == "https" and after.scheme == "http")
    return place if is_same else None


def _retry_after(text: str | None) -> float:
    """Seconds that the header Retry-After asks for: a number, or an instant. Nothing that can be read: 0."""
    if not text:
        return 0.0
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, (instant - datetime.now(UTC)).total_seconds())
