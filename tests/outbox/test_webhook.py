"""One message to a receiver that is slow, flaky, dead, busy or elsewhere."""

import contextlib
import hashlib
import hmac
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from rr_pipeline.errors import RefusedError
from rr_pipeline.outbox.webhook import LONGEST_WAIT, Endpoint, post, signature

BODY = b'{"message_id": "m1"}'


def send(url, **options):
    waits = []
    answer = post(Endpoint(url, **options), "m1", BODY, waits.append)
    return answer, waits


def test_a_message_is_posted_with_its_key(receiver):
    answer, waits = send(receiver.url)
    assert (answer.status, answer.attempt_count, answer.text, waits) == ("delivered", 1, "200", [])
    ((path, headers, body),) = receiver.requests
    assert (path, body) == ("/hook", BODY)
    assert headers["idempotency-key"] == "m1"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("rr-pipeline/")
    assert "x-rr-signature" not in headers


def test_a_secret_signs_the_bytes(receiver):
    send(receiver.url, secret=b"0123456789abcdef")
    headers = receiver.requests[0][1]
    expected = hmac.new(b"0123456789abcdef", BODY, hashlib.sha256).hexdigest()
    assert headers["x-rr-signature"] == f"sha256={expected}" == signature(b"0123456789abcdef", BODY)
    assert "0123456789abcdef" not in repr(Endpoint(receiver.url, b"0123456789abcdef"))


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_kind_of_yes_is_a_delivery(receiver, status):
    receiver.script = [status]
    assert send(receiver.url)[0].status == "delivered"


@pytest.mark.parametrize("status", [500, 502, 503, 408, 425, 429])
def test_a_passing_trouble_is_tried_again_after_growing_waits(receiver, status):
    receiver.script = [status, status, status]
    answer, waits = send(receiver.url)
    assert (answer.status, answer.attempt_count, waits) == ("delivered", 4, [1.0, 2.0, 4.0])
    assert {headers["idempotency-key"] for _, headers, _ in receiver.requests} == {"m1"}


@pytest.mark.parametrize("status", [400, 401, 404, 409, 410, 422])
def test_a_no_is_taken_at_once(receiver, status):
    receiver.script = [status]
    answer, waits = send(receiver.url)
    assert (answer.status, answer.attempt_count, answer.text, waits) == ("failed", 1, str(status), [])
    assert len(receiver.requests) == 1


def test_attempts_end(receiver):
    receiver.script = [503] * 9
    answer, waits = send(receiver.url, max_attempts=3)
    assert (answer.status, answer.attempt_count, answer.text) == ("deferred", 3, "503")
    assert waits == [1.0, 2.0]
    assert len(receiver.requests) == 3


def test_the_wait_is_bounded_however_often(receiver):
    receiver.script = [500] * 8
    _, waits = send(receiver.url, max_attempts=9)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("asked", ["7", " 7 ", "date"])
def test_a_receiver_that_asks_for_time_gets_it(receiver, asked):
    if asked == "date":
        asked = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    receiver.script = [(429, {"Retry-After": asked})]
    answer, (wait,) = send(receiver.url)
    assert answer.status == "delivered"
    assert wait == 7 if asked.strip() == "7" else 25 <= wait <= 30


@pytest.mark.parametrize("asked", ["0", "soon", "-5", "", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_odd_words_about_time_change_nothing(receiver, asked):
    receiver.script = [(503, {"Retry-After": asked})]
    assert send(receiver.url)[1] == [1.0]


def test_a_receiver_that_asks_for_much_time_is_left_alone(receiver):
    receiver.script = [(503, {"Retry-After": str(int(LONGEST_WAIT) + 1)})]
    answer, waits = send(receiver.url)
    assert (answer.status, answer.attempt_count, answer.is_later, waits) == ("deferred", 1, True, [])


def test_silence_is_a_timeout_and_tried_again(receiver):
    receiver.script = [0.6]
    answer, waits = send(receiver.url, timeout=0.2)
    assert (answer.status, answer.attempt_count, waits) == ("delivered", 2, [1.0])
    receiver.script = [0.6, 0.6]
    assert send(receiver.url, timeout=0.2, max_attempts=2)[0].text == "timeout"


def test_a_receiver_that_hangs_up_is_tried_again(receiver):
    receiver.script = ["hang up"]
    answer, _ = send(receiver.url)
    assert (answer.status, answer.attempt_count) == ("delivered", 2)
    receiver.script = ["hang up"]
    assert send(receiver.url, max_attempts=1)[0].text in ("connection_lost", "no_connection")


def test_nobody_there_is_deferred():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        answer, waits = send(url, max_attempts=2)
    assert (answer.status, answer.text, waits) == ("deferred", "no_connection", [1.0])


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_message_is_followed(receiver, make_receiver, status):
    with make_receiver() as other:
        receiver.script = [(status, {"Location": other.url})]
        assert send(receiver.url, secret=b"0123456789abcdef")[0].status == "delivered"
        ((_, headers, body),) = other.requests
    assert body == BODY
    assert headers["idempotency-key"] == "m1"
    assert "x-rr-signature" in headers


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_lose_the_message_is_not(receiver, status):
    receiver.script = [(status, {"Location": "/elsewhere"})]
    answer, _ = send(receiver.url)
    assert (answer.status, answer.text) == ("failed", str(status))
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    "place", ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/", "http://a:b@127.0.0.1/"]
)
def test_a_redirect_to_another_scheme_is_refused(receiver, place):
    receiver.script = [(307, {"Location": place})]
    assert send(receiver.url)[0].status == "failed"


@pytest.mark.parametrize(
    "place",
    ["http://localhost:{port}/hook", "//localhost:{port}/hook", "http://[::1", "http://[v1.x]/", "", "/a b", "/\x01",
     "http://127.0.0.1:99999/", "http://127.0.0.1:x/", "/caf\u00e9", "HTTP://127.0.0.1.:{port}/hook"],
)  # fmt: skip
def test_a_redirect_to_another_host_or_to_no_address_is_not_followed(receiver, place):
    port = receiver.url.split(":")[2].split("/")[0]
    receiver.script = [(307, {"Location": place.format(port=port)})]
    answer, waits = send(receiver.url)
    assert (answer.status, answer.text, len(receiver.requests), waits) == ("failed", "307", 1, [])


@pytest.mark.parametrize("place", ["//", "http://", "http:///x", "http:x", "?" + "x" * 60000, "#", ";;", "../../.."])
def test_a_redirect_that_hardly_says_where_leads_to_the_same_host(receiver, place):
    receiver.script = [(307, {"Location": place}), 200]
    assert send(receiver.url, max_attempts=1)[0].status in ("delivered", "failed")


def test_a_redirect_without_a_place_is_a_no(receiver):
    receiver.script = [307]
    assert send(receiver.url)[0].text == "307"


@contextmanager
def talking(*parts, pause=0.0):
    """A receiver that says these bytes, one after the other with a pause between, and the last one for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def serve():
        with contextlib.suppress(OSError):
            while True:
                taken, _ = server.accept()
                threading.Thread(target=talk, args=(taken,), daemon=True).start()

    def talk(taken):
        with contextlib.suppress(OSError), taken:
            taken.recv(65536)
            for part in parts:
                taken.sendall(part)
                ended.wait(pause)
            while pause and not ended.is_set():
                taken.sendall(parts[-1])
                ended.wait(pause)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hook"
    finally:
        ended.set()
        server.close()


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
        (b"HTTP/1.1 2", b"0"),
        (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_an_answer_that_never_ends_is_left_in_time(parts):
    with talking(*parts, pause=0.05) as url:
        begun = time.monotonic()
        answer, _ = send(url, timeout=0.4, max_attempts=1)
    assert (answer.status, answer.text) == ("deferred", "timeout")
    assert time.monotonic() - begun < 3


def test_the_body_of_an_answer_is_not_waited_for():
    with talking(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x", pause=0.05) as url:
        assert send(url, timeout=2.0, max_attempts=1)[0].status == "delivered"
    with talking(b"HTTP/1.1 307 x\r\nLocation: http://localhost/\r\n\r\n", b"x" * 65536, pause=0.001) as url:
        assert send(url, timeout=2.0, max_attempts=1)[0].text == "307"


@pytest.mark.parametrize(("status", "ends"), [
    ("101", "deferred"), ("103", "deferred"), ("199", "deferred"), ("299", "delivered"), ("300", "failed"),
    ("304", "failed"), ("499", "failed"), ("599", "deferred"), ("999", "deferred"), ("099", "deferred"),
    ("2000", "deferred"), ("abc", "deferred"), ("", "deferred"),
])  # fmt: skip
def test_2xx_alone_is_a_delivery(status, ends):
    with talking(f"HTTP/1.1 {status} x\r\nContent-Length: 0\r\n\r\n".encode()) as url:
        assert send(url, timeout=2.0, max_attempts=1)[0].status == ends


def test_redirects_in_a_circle_end(receiver):
    receiver.script = [(307, {"Location": "/hook"})] * 20
    assert send(receiver.url)[0].status == "failed"
    assert len(receiver.requests) < 8


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "ftp://example.net/", "example.net/hook", "http://", "https:///x", "http://a:b@example.net/",
     "http://example.net/a b", "http://example.net/\n", "http://[::1/", "http://example.net:99999/", ""],
)  # fmt: skip
def test_other_addresses_are_refused(url):
    with pytest.raises(RefusedError, match="code=URL_INVALID") as caught:
        Endpoint(url)
    assert "a:b" not in str(caught.value)
