"""``rr-pipeline outbox`` as its users meet it."""

import io
import json

import pytest

from rr_pipeline.errors import Exit
from tests import command_line
from tests.outbox.conftest import message


def say(*arguments):
    """Call a command of the outbox: (exit code, stdout, stderr)."""
    return command_line.say("outbox", *arguments)


@pytest.fixture
def folder(make):
    return make(message(1), message(2, kind="task"), message(3, kind="crm_owner_update", recipient=None)).folder


@pytest.mark.parametrize("command", ["list", "export", "mark", "send"])
def test_every_command_explains_itself(command):
    code, out, _ = say(command, "--help")
    assert code == 0
    assert "--project" in out


def test_list_shows_the_newest_first_and_how_they_stand(folder):
    assert say("mark", "m002", "--project", folder)[0] == 0
    code, out, _ = say("list", "--json", "--project", folder)
    told = json.loads(out)
    assert (code, told["count"]) == (0, 3)
    stands = [(one["message_id"], one["state"]) for one in told["messages"]]
    assert stands == [("m003", "pending"), ("m002", "delivered"), ("m001", "pending")]
    assert json.loads(say("list", "--pending", "--json", "--limit", 1, "--project", folder)[1])["count"] == 2
    assert json.loads(say("list", "--kind", "task", "--json", "--project", folder)[1])["count"] == 1


def test_list_is_a_table_for_people(folder, monkeypatch):
    from rr_pipeline.cli import screen

    shown = io.StringIO()
    monkeypatch.setattr(screen.out, "_file", shown)  # the property would give back a stream of its own
    monkeypatch.setattr(screen.out, "_width", 200)
    assert say("list", "--project", folder)[0] == 0
    assert "3 messages" in shown.getvalue()
    assert "crm_owner_update" in shown.getvalue()


def test_export_then_mark_then_nothing_is_pending(folder, tmp_path):
    path = tmp_path / "out.csv"
    assert say("export", "--output", path, "--pending", "--sink", "sheet", "--project", folder)[0] == 0
    assert say("mark", "--from", path, "--sink", "sheet", "--project", folder)[1] == (
        "3 messages marked as delivered to sheet\n"
    )
    told = say("export", "-o", path, "--format", "jsonl", "--pending", "--sink", "sheet", "--json", "-p", folder)[1]
    assert json.loads(told)["count"] == 0


def test_mark_wants_to_know_what(folder):
    for more in ([], ["m001", "--all"], ["--all", "--from", "x"]):
        code, _, err = say("mark", *more, "--project", folder)
        assert (code, "MARK_WHICH" in err) == (Exit.REFUSED, True)


def test_send_signs_with_a_secret_of_the_environment(folder, receiver, monkeypatch):
    monkeypatch.setenv("HOOK_KEY", "0123456789abcdef")
    code, out, _ = say("send", "--url", receiver.url, "--secret-env", "HOOK_KEY", "--json", "--project", folder)
    assert (code, json.loads(out)["delivered"]) == (0, 3)
    assert all(headers["x-rr-signature"].startswith("sha256=") for _, headers, _ in receiver.requests)


def test_send_says_when_not_everything_went(folder, receiver):
    receiver.script = [404]
    code, out, _ = say("send", "--url", receiver.url, "--json", "--project", folder)
    assert (code, json.loads(out)["failed"]) == (Exit.DEGRADED, 1)
    assert say("send", "--url", receiver.url, "--retry-failed", "--project", folder)[0] == 0


def test_send_refuses_what_cannot_work(folder, monkeypatch):
    monkeypatch.delenv("HOOK_KEY", raising=False)
    code, _, err = say("send", "--url", "http://127.0.0.1:9/", "--secret-env", "HOOK_KEY", "--project", folder)
    assert (code, "code=ENV_MISSING" in err) == (Exit.REFUSED, True)
    code, _, err = say("send", "--url", "file:///etc/passwd", "--project", folder)
    assert (code, "code=URL_INVALID" in err) == (Exit.REFUSED, True)
    code, _, err = say("list", "--kind", "tasks", "--project", folder)
    assert (code, "Did you mean 'task'" in err) == (Exit.REFUSED, True)
