"""Dagster as a user runs it: its webserver and daemon as processes, asked in the words that its page uses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).parents[2]
PATIENCE_SECONDS = 600
LOCATION = {"repositoryName": "__repository__", "repositoryLocationName": "rr_pipeline.definitions"}
DONE = {"SUCCESS", "FAILURE", "CANCELED"}
BACKFILL_DONE = {"COMPLETED", "COMPLETED_SUCCESS", "COMPLETED_FAILED", "FAILED", "CANCELED"}

ALL_ASSETS = "{ assetNodes { assetKey { path } } }"
BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
    ... on PartitionKeysNotFoundError { message }
  }
}
"""
BACKFILL_STATE = """
query ($id: String!) {
  partitionBackfillOrError(backfillId: $id) {
    __typename
    ... on PartitionBackfill { status error { message } }
  }
}
"""
LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on InvalidSubsetError { message }
    ... on PipelineConfigValidationInvalid { errors { message } }
  }
}
"""
RUNS = """
{
  runsOrError(limit: 100) {
    ... on Runs { results { runId status tags { key value } assetMaterializations { assetKey { path } } } }
  }
}
"""
FAILURES = """
query ($id: ID!) {
  logsForRun(runId: $id) {
    ... on EventConnection {
      events { __typename ... on ExecutionStepFailureEvent { error { message } } }
    }
  }
}
"""


@dataclass(frozen=True)
class Run:
    """One run as the page lists it: what came of it, the assets it shows as made, and what it says went wrong."""

    run_id: str
    status: str
    tags: dict[str, str]
    made: frozenset[str]
    said: str


@dataclass(frozen=True)
class Page:
    """The page of one project's Dagster."""

    url: str

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of one call."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            content = json.load(answer)
        assert not content.get("errors"), content["errors"]
        return content["data"]

    def assets(self) -> list[list[str]]:
        """The paths of all assets of the graph."""
        return [node["assetKey"]["path"] for node in self.ask(ALL_ASSETS)["assetNodes"]]

    def backfill(self, assets: list[list[str]], days: list[str], tags: dict[str, str] | None = None) -> str:
        """Press "Materialize" for days of some assets; the status in which the backfill ends."""
        params = {
            "assetSelection": [{"path": path} for path in assets],
            "partitionNames": days,
            "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
        }
        launched = self.ask(BACKFILL, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched

        def status() -> str:
            state = self.ask(BACKFILL_STATE, id=launched["backfillId"])["partitionBackfillOrError"]
            return str(state["status"])

        return _until(status, BACKFILL_DONE)

    def launch(self, assets: list[list[str]], day: str, checks: list[dict[str, Any]] | None = None) -> Run:
        """Press "Materialize" for one day of some assets; the run when it has ended."""
        params = {
            "selector": {
                **LOCATION,
                "pipelineName": "__ASSET_JOB",
                "assetSelection": [{"path": path} for path in assets],
                "assetCheckSelection": checks,
            },
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": day}]},
        }
        launched = self.ask(LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        run_id = launched["run"]["runId"]
        _until(lambda: next(run.status for run in self.runs() if run.run_id == run_id), DONE)
        return next(run for run in self.runs() if run.run_id == run_id)

    def runs(self) -> list[Run]:
        """All runs, the first one first."""
        return [self._run(one) for one in reversed(self.ask(RUNS)["runsOrError"]["results"])]

    def _run(self, one: dict[str, Any]) -> Run:
        events = self.ask(FAILURES, id=one["runId"])["logsForRun"].get("events", [])
        said = " ".join(event["error"]["message"] for event in events if event.get("error"))
        made = frozenset("/".join(event["assetKey"]["path"]) for event in one["assetMaterializations"])
        tags = {tag["key"]: tag["value"] for tag in one["tags"]}
        return Run(one["runId"], one["status"], tags, made, said)


@contextmanager
def dagster_page(project: Path, home: Path) -> Iterator[Page]:
    """`dagster dev` over the project, with the shipped dagster.yaml; stopped at the end of the block."""
    home.mkdir()
    shutil.copy(TOP / "dagster.yaml", home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "dagster", "dev", "-m", "rr_pipeline.definitions", "-p", str(port)]
    environment = {**os.environ, "RR_PROJECT": str(project), "DAGSTER_HOME": str(home)}
    with (home / "said").open("w") as said:
        started = subprocess.Popen(
            [*command, "-h", "127.0.0.1"], stdout=said, stderr=said, env=environment, cwd=home, start_new_session=True
        )
    try:
        page = Page(f"http://127.0.0.1:{port}/graphql")
        _until(lambda: "up" if _is_up(page, started, home) else "down", {"up"})
        yield page
    finally:
        started.send_signal(signal.SIGINT)
        try:
            started.wait(timeout=30)
        finally:
            # What it started may outlive it; all of it is in the session that began with it.
            _end_session(started.pid)


def _is_up(page: Page, started: subprocess.Popen[bytes], home: Path) -> bool:
    assert started.poll() is None, (home / "said").read_text()
    try:
        return bool(page.assets())
    except (urllib.error.URLError, OSError):
        return False


def _end_session(session: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)


def _until(state: Any, ends: set[str]) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (now := state()) not in ends:
        assert time.monotonic() < deadline, f"still {now}"
        time.sleep(1)
    return str(now)
