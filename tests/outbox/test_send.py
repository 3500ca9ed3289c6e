"""Sending everything that is pending: once each, in order, and no further than makes sense."""

import json
import subprocess
import sys
import time

import pytest

from rr_pipeline.errors import Exit, LockedError, RefusedError
from rr_pipeline.outbox.journal import JOURNAL_FILE, Delivery, open_journal, read_journal
from rr_pipeline.outbox.messages import Wanted, read_pending
from rr_pipeline.outbox.send import MOST_DEFERRED, MOST_FAILED, send_messages, undelivered
from rr_pipeline.outbox.webhook import Endpoint
from tests.outbox.conftest import message

ALL = Wanted()
SINK = Wanted(sink="webhook")


def send(project, receiver, wanted=ALL, **options):
    return send_messages(project, Endpoint(receiver.url, **options), wanted, sleep=lambda _: None)


def states(project):
    return {row["message_id"]: row["status"] for row in read_journal(project.folder).to_dicts()}


def test_everything_pending_goes_out_in_order_and_only_once(make, receiver):
    project = make(message(3), message(1), message(2))
    done = send(project, receiver)
    assert (done.delivered, done.waiting, done.exit_code) == (3, 0, Exit.DONE)
    assert receiver.ids == ["m001", "m002", "m003"]
    assert send(project, receiver).delivered == 0
    assert len(receiver.requests) == 3


def test_nothing_to_send_is_done(make, receiver):
    assert send(make(), receiver).exit_code == Exit.DONE


def test_a_refused_message_is_noted_and_left_until_asked_for(make, receiver):
    project = make(message(1), message(2))
    receiver.script = [422]
    done = send(project, receiver)
    assert (done.delivered, done.failed, done.exit_code) == (1, 1, Exit.DEGRADED)
    assert states(project) == {"m001": "failed", "m002": "delivered"}
    assert send(project, receiver).delivered == 0
    assert send(project, receiver, Wanted(with_failed=True)).delivered == 1
    assert receiver.ids == ["m001", "m002", "m001"]


def test_what_did_not_get_through_is_sent_next_time_and_attempts_add_up(make, receiver):
    project = make(message(1), message(2))
    receiver.script = [500, 500]
    done = send(project, receiver, max_attempts=2)
    assert (done.delivered, done.deferred, done.exit_code) == (1, 1, Exit.DEGRADED)
    assert send(project, receiver).delivered == 1
    (row,) = [row for row in read_journal(project.folder).to_dicts() if row["message_id"] == "m001"]
    assert (row["status"], row["attempt_count"], row["answer"]) == ("delivered", 3, "200")


def test_a_later_message_of_an_item_does_not_overtake_an_earlier_one(make, receiver):
    project = make(message(1, item=7), message(2), message(3, item=7))
    receiver.script = [500]
    done = send(project, receiver, max_attempts=1)
    assert (done.delivered, done.deferred, done.waiting, done.stopped) == (1, 1, 1, None)
    send(project, receiver)
    assert receiver.ids == ["m001", "m002", "m001", "m003"]


def test_a_dead_receiver_is_given_up_soon(make, receiver):
    project = make(*(message(number) for number in range(1, 30)))
    receiver.script = [500] * 1000
    done = send(project, receiver, max_attempts=2)
    assert (done.deferred, done.waiting) == (MOST_DEFERRED, 29 - MOST_DEFERRED)
    assert "did not get through" in done.stopped
    assert len(receiver.requests) == 2 * MOST_DEFERRED


def test_a_receiver_that_refuses_everything_is_given_up_too(make, receiver):
    project = make(*(message(number) for number in range(1, 30)))
    receiver.script = [401] * 1000
    done = send(project, receiver)
    assert (done.failed, done.waiting) == (MOST_FAILED, 29 - MOST_FAILED)
    assert "refused" in done.stopped


def test_now_and_then_a_no_stops_nothing(make, receiver):
    project = make(*(message(number) for number in range(1, 60)))
    receiver.script = [200, 404] * 30
    done = send(project, receiver)
    assert (done.delivered, done.failed, done.stopped) == (30, 29, None)


def test_a_receiver_that_asks_for_time_ends_the_go(make, receiver):
    project = make(message(1), message(2))
    receiver.script = [(429, {"Retry-After": "3600"})]
    done = send(project, receiver)
    assert (done.delivered, done.deferred, done.waiting) == (0, 1, 1)
    assert "asks for time" in done.stopped
    assert len(receiver.requests) == 1


def test_two_sinks_know_nothing_of_each_other(make, receiver):
    project = make(message(1))
    for sink in ("crm", "chat"):
        assert send(project, receiver, Wanted(sink=sink)).delivered == 1
    assert send(project, receiver, Wanted(sink="crm")).delivered == 0
    assert read_journal(project.folder)["sink"].to_list() == ["crm", "chat"]


def test_only_the_wanted_kinds_are_sent(make, receiver):
    project = make(message(1), message(2, kind="task"), message(3, kind="breach"))
    assert send(project, receiver, Wanted(("task", "breach"))).delivered == 2
    assert receiver.ids == ["m002", "m003"]


def test_one_sender_at_a_time(make, receiver):
    project = make(message(1))
    with open_journal(project.folder, "another sender"), pytest.raises(LockedError, match="another sender"):
        send(project, receiver)
    assert receiver.requests == []


def test_a_damaged_journal_sends_nothing(make, receiver):
    project = make(message(1))
    (project.folder / JOURNAL_FILE).write_text('{"message_id": "m001", "status": "delive\n')
    with pytest.raises(RefusedError, match=r"row=1 .*JOURNAL_DAMAGED"):
        send(project, receiver)
    assert receiver.requests == []


SENDER = """
import sys
from pathlib import Path
from rr_pipeline.config import load_project
from rr_pipeline.outbox.messages import Wanted
from rr_pipeline.outbox.send import send_messages
from rr_pipeline.outbox.webhook import Endpoint
print(send_messages(load_project(Path(sys.argv[1])), Endpoint(sys.argv[2]), Wanted()).delivered)
"""


def start_sender(project, receiver):
    return subprocess.Popen([sys.executable, "-c", SENDER, project.folder, receiver.url], stdout=subprocess.PIPE)


def test_killed_while_sending_at_most_one_message_comes_twice(make, receiver):
    project = make(*(message(number) for number in range(1, 31)))
    receiver.script = [0.03] * 200
    rounds = 0
    while len(states(project)) < 30 and rounds < 20:
        rounds += 1
        before = len(receiver.requests)
        sender = start_sender(project, receiver)
        waited = time.monotonic()
        while sender.poll() is None and len(receiver.requests) < before + 7 and time.monotonic() < waited + 60:
            time.sleep(0.005)
        sender.kill()
        sender.wait()
    assert set(states(project).values()) == {"delivered"}
    assert list(dict.fromkeys(receiver.ids)) == [f"m{number:03d}" for number in range(1, 31)]
    assert len(receiver.ids) - 30 <= rounds
    lines = (project.folder / JOURNAL_FILE).read_text().splitlines()
    noted = [json.loads(line)["message_id"] for line in lines]
    assert len(noted) == len(set(noted)) == 30


def test_a_line_cut_by_a_crash_is_taken_away_and_its_message_sent_again(make, receiver):
    project = make(message(1), message(2))
    with open_journal(project.folder, "test") as journal:
        journal.note([Delivery("m001", "webhook", "delivered")])
    path = project.folder / JOURNAL_FILE
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"message_id": "m002", "sink": "webh')
    assert states(project) == {"m001": "delivered"}
    assert send(project, receiver).delivered == 1
    assert receiver.ids == ["m002"]
    assert path.read_bytes().startswith(whole)
    assert states(project) == {"m001": "delivered", "m002": "delivered"}


def test_only_what_later_runs_have_left_is_read_where_that_is_asked_for(make, receiver):
    project = make(message(1, run_id="run-000001"), message(2, run_id="run-000002"), message(3, run_id="run-000002"))
    everything = read_pending(project, SINK)
    assert [one["message_id"] for one in everything.messages] == ["m001", "m002", "m003"]
    later = read_pending(project, SINK, "run-000001")
    assert [one["message_id"] for one in later.messages] == ["m002", "m003"]
    assert {name: later.messages[0][name] for name in ("payload", "item_seq", "kind")} == {
        name: everything.messages[1][name] for name in ("payload", "item_seq", "kind")
    }
    assert read_pending(project, SINK, "run-000002").messages == []
    assert read_pending(project, Wanted(("task",), "webhook"), "run-000001").messages == []


def test_what_was_read_before_is_not_sent_where_the_sink_has_got_it_since(make, receiver):
    project = make(message(1), message(2), message(3))
    messages = read_pending(project, SINK).messages
    receiver.script = [200, 422]
    assert send(project, receiver).delivered == 2
    assert undelivered(project, SINK, messages) == []
    again = undelivered(project, Wanted(sink="webhook", with_failed=True), messages)
    assert [one["message_id"] for one in again] == ["m002"]
    # Another receiver has had none of them.
    assert undelivered(project, Wanted(sink="other"), messages) == messages


def test_a_journal_tells_by_its_mark_whether_somebody_has_noted_more(make, receiver):
    project = make(message(1))
    with open_journal(project.folder, "test") as journal:
        before = journal.mark
    with open_journal(project.folder, "test") as journal:
        assert journal.mark == before
        journal.note([Delivery("m001", "webhook", "delivered", 1, "200")])
        assert journal.mark != before
