"""One HTTP exchange that ends in time: a request, and of the answer what stands before its body.

Belongs here: connections and the deadline. Does not belong here: what an answer means (webhook.py).

A timeout of a socket is one of silence: whoever sends a byte now and then would hold it open for ever. So each
exchange works in a thread of its own, and when its time is over the connection is taken from under it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rr_pipeline.errors import Problem, RefusedError


@dataclass(frozen=True)
class Reply:
    """What came back. ``status`` is None where nothing did; ``word``: the status, or why there is none."""

    status: int | None
    word: str
    location: str | None = None
    retry_after: str | None = None


class _Exchange:
    """The connections of one exchange, and its reply."""

    def __init__(self) -> None:
        self.reply = Reply(None, "timeout")
        self._connections: list[http.client.HTTPConnection] = []

    def connection(self, kind: type[http.client.HTTPConnection]) -> Callable[..., http.client.HTTPConnection]:
        def connect(*arguments: Any, **options: Any) -> http.client.HTTPConnection:
            made = kind(*arguments, **options)
            self._connections.append(made)
            return made

        return connect

    def abandon(self) -> None:
        for connection in self._connections:
            sock = connection.sock
            if sock is not None:
                with suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def perform(self, request: urllib.request.Request, seconds: float) -> None:
        try:
            with _opener(self).open(request, timeout=seconds) as response:
                found = response.headers
                place, asked = found.get("Location"), found.get("Retry-After")
                self.reply = Reply(response.status, str(response.status), place, asked)
        except TimeoutError:
            self.reply = Reply(None, "timeout")
        except urllib.error.URLError as error:
            self.reply = Reply(None, "timeout" if isinstance(error.reason, TimeoutError) else "no_connection")
        except Exception:
            # Whatever the other side sends, or has put where an address belongs, ends one attempt and nothing else.
            self.reply = Reply(None, "connection_lost")


class _Http(urllib.request.HTTPHandler):
    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._exchange.connection(http.client.HTTPConnection), req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, exchange: _Exchange) -> None:
        super().__init__()
        self._exchange = exchange

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        kind = self._exchange.connection(http.client.HTTPSConnection)
        return self.do_open(kind, req, context=ssl.create_default_context())


def _opener(exchange: _Exchange) -> urllib.request.OpenerDirector:
    # Not build_opener: that one also opens files, follows redirects and reads their bodies to the end.
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _Http(exchange), _Https(exchange)):
        opener.add_handler(handler)
    return opener


def exchange_once(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Reply:
    """Post the body, and return what came back within so many seconds. Never raises for what the other side does."""
    exchange = _Exchange()
    try:
        request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
    except ValueError:
        raise RefusedError(Problem("-", None, "--url", "URL_INVALID", "it cannot be read")) from None
    thread = threading.Thread(target=exchange.perform, args=(request, seconds), name="rr-pipeline-post", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        exchange.abandon()
        return Reply(None, "timeout")
    return exchange.reply
