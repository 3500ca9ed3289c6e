"""A project with a published outbox made by hand, and a receiver that really listens."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.warehouse.sql_files import create_empty, read_sql
from tests.e2e.projects import START, policy, write_project

OUTBOX = """
select ''::varchar as message_id, ''::varchar as kind, null::varchar as decision_id, 1::bigint as item_seq,
    ''::varchar as source, ''::varchar as item_id, ''::varchar as object_type, ''::varchar as pool_id,
    ''::varchar as recipient_id, null::timestamptz as due_at, null::timestamptz as created_at, ''::varchar as payload,
    ''::varchar as run_id, false as is_undeliverable
"""


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Nothing of the machine's own settings comes between a test and its receiver."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "RR_PROJECT"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def message(number, kind="assignment", item=None, recipient="ann", **more):
    """A row of ops.outbox, a minute after the one before."""
    created = START + timedelta(minutes=number)
    row = {
        "message_id": f"m{number:03d}", "kind": kind, "decision_id": f"d{number}", "item_seq": item or number,
        "source": "crm", "item_id": f"L{item or number}", "object_type": "lead", "pool_id": "emea",
        "recipient_id": recipient, "due_at": None, "created_at": created, "run_id": "run-000001",
    }  # fmt: skip
    row |= more
    payload = {name: row[name] for name in ("message_id", "kind", "source", "item_id", "object_type", "pool_id")}
    payload |= {"created_at": created.isoformat(), "recipient_id": row["recipient_id"], "owner_id": row["recipient_id"]}
    empty = dict.fromkeys(("previous_owner_id", "queue_id", "reason", "outcome", "target", "due_at"))
    return {**row, "payload": json.dumps({**payload, **empty})}


@pytest.fixture
def make(tmp_path):
    """make(message(1), ...) -> the project, its published copy holding these messages."""

    def write(*rows):
        folder = write_project(tmp_path / "project", policy([{"user": "ann"}]))
        (folder / "published").mkdir()
        with duckdb.connect(str(folder / "published" / "routing.duckdb")) as con:
            con.execute("create schema ops")
            con.execute("create table ops.runs as select 'run-000002' as run_id")
            create_empty(con, "ops.outbox", OUTBOX)
            for row in rows:
                con.execute(
                    f"insert into ops.outbox ({', '.join(row)}) values ({', '.join('?' for _ in row)})",
                    list(row.values()),
                )
        return load_project(folder)

    assert list(read_sql("ops", "outbox").columns) == [part.split()[-1] for part in OUTBOX.strip()[7:].split(",")]
    return write


class Receiver:
    """A receiver under test: answers are taken from ``script`` in order, then it answers 200.

    An answer is a status, or (status, headers), or a number of seconds to be silent for (a float), or "hang up".
    """

    def __init__(self) -> None:
        self.script: list = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def ids(self) -> list[str]:
        return [json.loads(body)["message_id"] for _, _, body in self.requests]

    def answer(self):
        return self.script.pop(0) if self.script else 200


def headers_of(handler):
    return {name.lower(): value for name, value in handler.headers.items()}


@contextmanager
def listening() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.requests.append((self.path, headers_of(self), body))
            answer = receiver.answer()
            if answer == "hang up":
                self.connection.close()
                return
            if isinstance(answer, float):
                time.sleep(answer)
                answer = 200
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self):
            receiver.requests.append((self.path, headers_of(self), b'{"message_id": "GET"}'))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            pass

    server = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver():
    with listening() as one:
        yield one


@pytest.fixture
def make_receiver():
    """The context manager ``listening``, for a second receiver."""
    return listening
