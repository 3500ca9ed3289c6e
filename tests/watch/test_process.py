"""A watch as it is really run: a process of its own, told to stop, killed, and with other commands beside it."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.e2e.projects import lead, policy, rows, write_leads, write_project
from tests.outbox.conftest import make_receiver, no_proxy, receiver  # noqa: F401 - fixtures
from tests.watch.scene import log, wait_until

COMMAND = str(Path(sys.executable).with_name("rr-pipeline"))
OWNERS = "select item_id, owner_id from marts.fct_items order by all"


@pytest.fixture
def folder(tmp_path):
    made = write_project(tmp_path / "project", policy([{"user": name} for name in ("ann", "bob", "cat")]))
    with (made / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment]}\n")
    return made


def bring(folder, day, *numbers):
    name = f"leads_202604{day:02d}T0000.csv"
    write_leads(folder, [lead(number) for number in numbers], f".{name}")
    os.rename(folder / "landing" / f".{name}", folder / "landing" / name)
    return name


class Watching:
    """The process, and the lines it says."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen(
            [COMMAND, "watch", "--json", "--project", str(folder), *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines = []
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def of(self, event):
        return [line for line in self.lines if line["event"] == event]

    def wait_for(self, event, count=1):
        wait_until(lambda: len(self.of(event)) >= count or self.process.poll() is not None)
        assert len(self.of(event)) >= count, (self.lines, self.process.poll())

    def stop(self, number=signal.SIGTERM):
        begun = time.monotonic()
        self.process.send_signal(number)
        code, said = self.process.wait(60), self.process.stderr.read()
        return code, time.monotonic() - begun, said


def test_two_files_are_decided_published_and_sent_and_sigterm_ends_it(folder, receiver):  # noqa: F811
    bring(folder, 1, 1, 2)
    watching = Watching(folder, "--url", receiver.url)
    watching.wait_for("sent")
    bring(folder, 2, 3)
    watching.wait_for("sent", 2)
    code, seconds, said = watching.stop()
    assert (code, said) == (0, "")
    assert seconds < 5
    first, second = watching.of("ran")
    assert (first["files"], second["files"]) == (["leads_20260401T0000.csv"], ["leads_20260402T0000.csv"])
    assert (first["decisions"], second["decisions"], second["exit_code"]) == (2, 1, 0)
    assert watching.lines[0]["event"] == "started"
    wait_until(lambda: watching.lines[-1] == {**watching.lines[-1], "event": "stopped", "signal": "SIGTERM"})
    assert len(rows(folder, OWNERS)) == 3
    assert len(set(receiver.ids)) == len(receiver.ids) == 3
    assert [(line["what"], line["exit_code"]) for line in log(folder)] == [("rr-pipeline watch", 0)] * 2


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_during_a_run_it_rolls_back_and_ends_with_0(folder, number):
    watching = Watching(folder)
    watching.wait_for("started")
    bring(folder, 1, *range(2000))
    wait_until((folder / "warehouse.duckdb").exists)
    code, seconds, _ = watching.stop(number)
    assert code == 0
    assert seconds < 5
    assert log(folder)[-1]["exit_code"] in (0, 128 + number)
    assert (log(folder)[-1]["exit_code"] == 0) == (folder / "warehouse.duckdb").exists()


@pytest.mark.slow
def test_killed_at_any_instant_and_started_again_it_loses_nothing_and_sends_nothing_else(folder, receiver):  # noqa: F811
    dice, kills = random.Random(7), 6
    for number in range(kills):
        watching = Watching(folder, "--url", receiver.url)
        watching.wait_for("started")
        # Some come before it runs, some while it does; each start has a file more to take up.
        bring(folder, 2 * number + 1, 10 * number, 10 * number + 1)
        time.sleep(dice.uniform(1.0, 9.0))
        bring(folder, 2 * number + 2, 10 * number + 2)
        time.sleep(dice.uniform(0.0, 1.5))
        watching.stop(signal.SIGKILL)
    watching = Watching(folder, "--url", receiver.url)
    expected = 3 * kills
    wait_until(lambda: len(set(receiver.ids)) >= expected)
    assert watching.stop()[0] == 0
    assert len(rows(folder, OWNERS)) == expected
    written = {one for (one,) in rows(folder, "select message_id from ops.outbox")}
    assert set(receiver.ids) == written
    assert len(written) == expected
    # A message that was on its way at a kill comes twice, under the same id; at most one for each.
    assert len(receiver.ids) - len(written) <= kills


@pytest.mark.slow
def test_other_commands_go_on_beside_it(folder):
    bring(folder, 1, 1)
    watching = Watching(folder)
    watching.wait_for("ran")
    for command in (["state"], ["backup"], ["verify"], ["run"], ["outbox", "list"], ["explain", "L00001"]):
        done = subprocess.run([COMMAND, *command, "--project", str(folder)], check=False, capture_output=True)
        assert done.returncode == 0, (command, done.stderr)
    bring(folder, 2, 2)
    watching.wait_for("ran", 2)
    assert watching.stop()[0] == 0


@pytest.mark.slow
def test_other_commands_come_in_between_two_of_its_runs(folder):
    watching = Watching(folder)
    watching.wait_for("started")
    is_over = threading.Event()

    def keep_bringing():
        for day in range(1, 29):
            if is_over.wait(0.3):
                return
            bring(folder, day, day)

    bringer = threading.Thread(target=keep_bringing)
    bringer.start()
    watching.wait_for("ran")
    codes = [
        subprocess.run([COMMAND, command, "--project", str(folder)], check=False, capture_output=True).returncode
        for command in ("backup", "run", "verify", "backup")
    ]
    is_over.set()
    bringer.join()
    assert watching.stop()[0] == 0
    assert codes == [0, 0, 0, 0]
    assert watching.of("failed") == []


def test_a_word_that_it_does_not_know_and_a_project_that_is_none_are_refused(tmp_path):
    done = subprocess.run([COMMAND, "watch", "--project", str(tmp_path)], check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "code=PROJECT_MISSING" in done.stderr
