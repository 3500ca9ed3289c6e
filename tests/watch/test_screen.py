"""What a watch says: a short line for people, a document a line for machines, nothing that could steer a terminal."""

import json

import pytest

from rr_pipeline.cli.screen_watch import show_line, show_text
from rr_pipeline.errors import LockedError, Problem, RefusedError
from rr_pipeline.outbox.send import SendReport
from rr_pipeline.session.results import FeedLine, RunReport
from rr_pipeline.watch import Failed, Held, Open, Ran, Sent, Started, Stopped

FEED = FeedLine("leads", 1, 1200, {"assigned": 1200}, 0, 0)
PROBLEM = Problem("bad.csv", None, None, "FILE_NOT_TEXT", "is a zip archive.")


def report(run_id="run-000042", problems=()):
    return RunReport(run_id, "done", None, None, None, feeds=(FEED,), decisions=1, problems=problems, published="x")


CASES = [
    (Started("acme", "landing", True), "watching landing/ of acme as files land", ""),
    (
        Started("acme", "in", False, "no watches left"),
        "watching in/ of acme by looking every second (no watches left)",
        "",
    ),
    (
        Ran(("a.csv",), report(), 0.623),
        "run-000042: 1 file (a.csv), 1,200 rows, 1 decision, published in 0.62 s",
        "",
    ),
    (
        Ran(("a", "b", "c"), report(problems=(PROBLEM,)), 1.0),
        "run-000042: 3 files, 1,200 rows, 1 decision, 1 file refused, published in 1.00 s",
        f"  {PROBLEM}\n",
    ),
    (Ran((), report(None, (PROBLEM,)), 0.0), "nothing to decide: 1 file refused", f"  {PROBLEM}\n"),
    (Held(LockedError("in use by process 7.")), "waiting: in use by process 7.", ""),
    (Stopped("SIGTERM"), "ended by SIGTERM", ""),
    (Sent(SendReport("webhook", 3, 0, 0, 0), 0.1), "", ""),
    (
        Sent(SendReport("webhook", 3, 1, 2, 4, "the receiver answers 503"), 0.1),
        "",
        "outbox: 3 delivered, 1 refused by the receiver, 6 still to go; stopped: the receiver answers 503\n",
    ),
    (Sent(None, 0.0, LockedError("busy")), "", "outbox: busy\n"),
    (Open("a.csv", 61.2), "", "a.csv has been open for 61 s; it is read once it is closed\n"),
    (Failed(RefusedError("no"), None), "", "no\n  tried again when a file changes; the watch goes on\n"),
    (Failed(RefusedError("no"), 600.0), "", "no\n  tried again in 600 s, or when a file changes; the watch goes on\n"),
]


@pytest.mark.parametrize(("told", "said", "trouble"), CASES)
def test_a_line_for_people(capsys, told, said, trouble):
    show_text(told)
    out, err = capsys.readouterr()
    assert out[21:] == (f"{said}\n" if said else "")
    assert (err if said else err[21:]) == trouble


@pytest.mark.parametrize("told", [case[0] for case in CASES])
def test_a_line_for_machines(capsys, told):
    show_line(told)
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (1, "")
    line = json.loads(out)
    assert line["event"] == type(told).__name__.lower()
    assert line["at"].endswith("+00:00")


def test_what_machines_are_told_of_a_run_and_of_sending(capsys):
    show_line(Ran(("a\u001b[2J.csv",), report(problems=(PROBLEM,)), 0.5))
    line = json.loads(capsys.readouterr().out)
    wanted = {
        "run_id": "run-000042",
        "rows": 1200,
        "decisions": 1,
        "exit_code": 1,
        "is_published": True,
        "seconds": 0.5,
    }
    assert {name: line[name] for name in wanted} == wanted
    assert line["files"] == ["a\\x1b[2J.csv"]
    show_line(Sent(SendReport("webhook", 3, 1, 2, 4, "why"), 0.1))
    line = json.loads(capsys.readouterr().out)
    assert [line[name] for name in ("delivered", "failed", "deferred", "waiting", "stopped", "error")] == [
        3, 1, 2, 4, "why", None,
    ]  # fmt: skip
