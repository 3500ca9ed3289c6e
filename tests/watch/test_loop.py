"""When a watch runs, and what follows from how a run ended."""

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from rr_pipeline.errors import Exit, RefusedError
from rr_pipeline.lock import project_lock
from rr_pipeline.outbox.webhook import Endpoint
from rr_pipeline.watch import loop
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project
from tests.outbox.conftest import make_receiver, no_proxy, receiver  # noqa: F401 - fixtures
from tests.watch.scene import (
    Failed,
    Held,
    Open,
    Ran,
    Scene,
    Sent,
    Started,
    Stopped,
    Ways,
    later,
    log,
    nothing,
    stop,
    wait_until,
)  # fmt: skip

SECOND, THIRD = "leads_20260402T0000.csv", "leads_20260403T0000.csv"
OWNED = "select count(*) from marts.fct_items where owner_id is not null"


@pytest.fixture
def folder(tmp_path):
    made = write_project(tmp_path / "project", policy([{"user": "ann"}, {"user": "bob"}]))
    with (made / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment]}\n")
    write_leads(made, [lead(number) for number in range(3)])
    return made


def bring(folder, name, *numbers):
    """Deliver as one should: under a hidden name, then a rename."""
    write_leads(folder, [lead(number) for number in numbers], f".{name}")
    os.rename(folder / "landing" / f".{name}", folder / "landing" / name)


@pytest.mark.parametrize("is_polling", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_is_there_and_what_lands_is_taken_up_and_published(folder, is_polling):
    seen, before = [], signal.getsignal(signal.SIGTERM)
    scene = Scene(
        folder,
        (Ran, lambda _: (seen.append(rows(folder, OWNED)), bring(folder, SECOND, 3, 4))),
        (Ran, lambda _: seen.append(rows(folder, OWNED))),
        ways=Ways(is_polling=is_polling),
    )
    scene.play()
    assert seen == [[(3,)], [(5,)]]
    assert [told.files for told in scene.of(Ran)] == [("leads_20260401T0000.csv",), (SECOND,)]
    assert [told.report.run_id for told in scene.of(Ran)] == ["run-000001", "run-000002"]
    assert scene.of(Started)[0].by_events is not is_polling
    assert isinstance(scene.told[-1], Stopped)
    assert scene.told[-1].signal == "SIGTERM"
    assert [(line["what"], line["run_id"]) for line in log(folder)] == [
        ("rr-pipeline watch", "run-000001"), ("rr-pipeline watch", "run-000002"),
    ]  # fmt: skip
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize("is_polling", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_file_that_is_being_written_is_not_read_whatever_else_lands(folder, is_polling):
    half, closed = [], threading.Event()

    def begin(_told):
        half.append((folder / "landing" / SECOND).open("w"))
        half[0].write("Id,Created,Email\nL9,2026-04-02T00:00:00Z,")
        half[0].flush()
        if is_polling:
            # There only what changes shows that somebody writes.
            threading.Thread(target=keep_changing, daemon=True).start()

    def keep_changing():
        while not closed.wait(0.3):
            os.utime(folder / "landing" / SECOND)

    def close(_told):
        closed.set()
        half[0].close()
        write_leads(folder, [lead(7), lead(8)], SECOND)

    scene = Scene(
        folder, (Started, begin), (Ran, lambda _: bring(folder, THIRD, 3)), (Ran, close), (Ran, nothing),
        ways=Ways(is_polling=is_polling),
    )  # fmt: skip
    scene.play()
    assert [told.files for told in scene.of(Ran)] == [("leads_20260401T0000.csv",), (THIRD,), (SECOND,)]
    assert all(told.report.exit_code == Exit.DONE for told in scene.of(Ran))
    assert rows(folder, OWNED) == [(6,)]


@pytest.mark.slow
def test_a_file_left_open_for_long_is_told_of_once(folder):
    half = []
    scene = Scene(
        folder,
        (Ran, lambda _: half.append((folder / "landing" / SECOND).open("w"))),
        (Open, lambda _: later(2.5, half[0].close)),
        (Ran, nothing),
        ways=Ways(every=1),
    )
    scene.play()
    assert [told.file for told in scene.of(Open)] == [SECOND]
    assert scene.of(Open)[0].seconds >= 1


def test_the_lock_is_free_between_runs_and_waited_for_while_it_is_taken(folder):
    held = ExitStack()

    def hold(_told):
        with project_lock(folder, "another"):
            pass
        held.enter_context(project_lock(folder, "rr-pipeline backup"))
        bring(folder, SECOND, 3)

    # What lands while it waits is in the same run.
    def release(_told):
        bring(folder, THIRD, 4)
        later(0.5, held.close)

    scene = Scene(folder, (Ran, hold), (Held, release), (Ran, nothing))
    scene.play()
    (told,) = scene.of(Held)
    assert "rr-pipeline backup" in str(told.error)
    assert scene.of(Ran)[1].files == (SECOND, THIRD)
    # Waiting is no failed run.
    assert [line["exit_code"] for line in log(folder)] == [0, 0]


@pytest.mark.slow
def test_a_stop_while_it_waits_for_the_lock_ends_it(folder):
    with project_lock(folder, "rr-pipeline backup"):
        scene = Scene(folder, (Held, nothing))
        scene.play()
    assert [line["exit_code"] for line in log(folder)] == [143]
    assert not (folder / "warehouse.duckdb").exists()


def spoil(folder, name):
    write_leads(folder, [{"Id": "", "Created": "never"} for _ in range(400)], name)


def test_a_refused_run_is_told_once_and_tried_again_when_files_change(folder):
    lines = []

    def move_away():
        lines.append(len(log(folder)))
        (folder / "landing" / SECOND).unlink()
        wait_until(lambda: len(log(folder)) > 2)
        stop()

    scene = Scene(
        folder,
        (Ran, lambda _: spoil(folder, SECOND)),
        # Nothing changes for a while: then it is not tried again either.
        (Failed, lambda _: later(3, move_away)),
        (Stopped, nothing),
    )
    scene.play()
    (failed,) = scene.of(Failed)
    assert failed.error.exit_code == Exit.REFUSED
    assert "QUARANTINE_RATE" in str(failed.error)
    assert lines == [2]
    assert [line["exit_code"] for line in log(folder)] == [0, 2, 0]


@pytest.mark.slow
def test_a_refused_file_is_told_and_the_rest_goes_on(folder):
    def refuse(_told):
        (folder / "landing" / SECOND).write_bytes(b"PK\x03\x04")

    scene = Scene(folder, (Ran, refuse), (Ran, lambda _: bring(folder, THIRD, 3)), (Ran, nothing))
    scene.play()
    _, second, third = scene.of(Ran)
    assert second.report.exit_code == Exit.DEGRADED
    assert [problem.code for problem in second.report.problems] == ["FILE_NOT_TEXT"]
    assert third.files == (THIRD,)
    assert rows(folder, OWNED) == [(4,)]


@pytest.mark.slow
def test_config_is_read_again_when_it_changes_and_what_is_wrong_stops_runs_until_it_is_right(folder):
    path = folder / "policies" / "v2.yaml"
    second = {**policy([{"user": "cat"}]), "version": "v2", "effective_from": "2026-04-02T12:00:00Z"}

    def repair(_told):
        bring(folder, THIRD, 3)
        later(2.5, lambda: path.write_text(json.dumps(second)))

    scene = Scene(folder, (Ran, lambda _: path.write_text("version: [")), (Failed, repair), (Ran, nothing))
    scene.play()
    (failed,) = scene.of(Failed)
    assert failed.next_try is None
    assert "file=policies/v2.yaml" in str(failed.error)
    assert [told.files for told in scene.of(Ran)] == [("leads_20260401T0000.csv",), (THIRD,)]
    # Reading the config is no run.
    assert [line["exit_code"] for line in log(folder)] == [0, 0]


def test_config_that_is_wrong_at_the_start_is_refused(folder):
    (folder / "project.yaml").write_text("nothing: here\n")
    with pytest.raises(RefusedError):
        Scene(folder).play()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.slow
def test_another_place_to_land_is_watched_from_then_on(folder):
    def move(_told):
        (folder / "landing").rename(folder / "arrivals")
        with (folder / "project.yaml").open("a") as file:
            file.write("paths: {landing: arrivals}\n")

    def deliver(_told):
        text = (folder / "arrivals" / "leads_20260401T0000.csv").read_text()
        (folder / "arrivals" / SECOND).write_text(text.replace("L0000", "M0000").replace("person", "other"))

    scene = Scene(folder, (Started, nothing), (Ran, move), (Started, deliver), (Ran, nothing))
    scene.play()
    assert [told.landing for told in scene.of(Started)] == ["landing", "arrivals"]
    assert all(told.by_events for told in scene.of(Started))
    assert rows(folder, OWNED) == [(6,)]


@pytest.mark.slow
def test_it_runs_when_an_instant_comes_that_gives_work(tmp_path):
    begins = datetime.now(UTC) + timedelta(seconds=30)
    first = policy([{"user": "ann"}])
    second = {**first, "version": "v2", "effective_from": begins.isoformat()}
    folder = write_project(tmp_path / "project", [first, second])
    text = (folder / "project.yaml").read_text().replace("last_record", "now")
    (folder / "project.yaml").write_text(text)
    write_leads(folder, [lead(1)])
    assert run_project(folder).next_at == begins
    watcher = threading.Thread(target=lambda: (wait_until(lambda: len(log(folder)) > 2), stop()), daemon=True)
    watcher.start()
    Scene(folder, (Stopped, nothing)).play()
    # The run at its start, and one when the version takes over; no other.
    started = [datetime.fromisoformat(line["started_at"]) for line in log(folder)]
    assert len(started) == 3
    assert started[1] < begins <= started[2]


@pytest.mark.slow
def test_what_somebody_else_decided_is_sent_too(folder, receiver):  # noqa: F811
    def run_by_hand(_told):
        bring(folder, SECOND, 3)
        run_project(folder)

    scene = Scene(folder, (Sent, run_by_hand), (Sent, nothing), ways=Ways(endpoint=Endpoint(receiver.url)))
    scene.play()
    assert [told.report.delivered for told in scene.of(Sent)] == [3, 1]
    assert len(set(receiver.ids)) == len(receiver.ids) == 4


def test_messages_go_out_after_each_run_and_once(folder, receiver):  # noqa: F811
    ways = Ways(endpoint=Endpoint(receiver.url))
    scene = Scene(folder, (Sent, lambda _: bring(folder, SECOND, 3, 4)), (Sent, nothing), ways=ways)
    scene.play()
    assert [told.report.delivered for told in scene.of(Sent)] == [3, 2]
    assert len(set(receiver.ids)) == len(receiver.ids) == 5


@pytest.mark.slow
def test_a_receiver_that_is_down_holds_no_run_up_and_gets_all_later(folder, receiver, monkeypatch):  # noqa: F811
    monkeypatch.setattr("rr_pipeline.watch.sending.FIRST_PAUSE", 0.5)
    receiver.script = [503] * 3
    scene = Scene(
        folder, (Sent, lambda _: bring(folder, SECOND, 3)), (Ran, nothing), (Sent, nothing),
        ways=Ways(endpoint=Endpoint(receiver.url, max_attempts=1)),
    )  # fmt: skip
    scene.play()
    first = scene.of(Sent)[0].report
    assert (first.delivered, first.deferred) == (0, 3)
    assert first.stopped is not None
    assert set(receiver.ids[3:6]) == set(receiver.ids[:3])


@pytest.mark.slow
def test_a_slow_receiver_holds_no_run_up_and_a_stop_does_not_wait_for_it(folder, receiver, monkeypatch):  # noqa: F811
    monkeypatch.setattr(loop, "GRACE_SECONDS", 0.5)
    receiver.script = [20.0]
    ways = Ways(endpoint=Endpoint(receiver.url, timeout=30))
    scene = Scene(folder, (Ran, lambda _: bring(folder, SECOND, 3)), (Ran, nothing), ways=ways)
    scene.play()
    assert scene.of(Sent) == []
    assert len(receiver.ids) == 1
    assert not (folder / "outbox_deliveries.jsonl").read_text()


@pytest.mark.slow
def test_a_landing_folder_that_is_missing_is_found_when_it_comes(folder):
    (folder / "landing").rename(folder / "aside")

    def come(_told):
        (folder / "aside").rename(folder / "landing")

    scene = Scene(folder, (Started, come), (Ran, nothing), ways=Ways(every=1))
    scene.play()
    first = scene.of(Started)[0]
    assert not first.by_events
    assert "No such file" in first.why_not


@pytest.mark.slow
def test_a_kill_of_the_process_that_holds_the_lock_frees_it(folder):
    code = (
        "import sys, time; from pathlib import Path; from rr_pipeline.lock import project_lock\n"
        "with project_lock(Path(sys.argv[1]), 'other'):\n    print('held', flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"
    scene = Scene(folder, (Held, lambda _: other.kill()), (Ran, nothing))
    scene.play()
    other.wait()
    assert f"process {other.pid}" in str(scene.of(Held)[0].error)
