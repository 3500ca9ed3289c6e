"""What the steps of one run have found, for the steps after them and for who ends the run.

Belongs here: values, each by the step that finds it. Does not belong here: rows, which are in tables (``sequence``),
and the run itself (``session``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rr_pipeline.ingest import IngestReport
from rr_pipeline.quality import SuiteResult
from rr_pipeline.routing.user_versions import People


@dataclass(frozen=True)
class Instants:
    """The instant of a run, and the one up to which it decides."""

    as_of: datetime
    until: datetime


@dataclass(frozen=True)
class Rotation:
    """What the router did: rows it left, and up to when all is final once they are committed."""

    decision_count: int = 0
    breach_count: int = 0
    new_frontier: datetime | None = None


@dataclass(frozen=True)
class Found:
    """What was found so far; what a step still to come finds is empty.

    ``ingest``: by raw, and by staging where files turn out to wait; ``instants``: by staging; ``suites``: by quality;
    ``due_count``: by arrivals and territories; ``people``: by owners; ``event_count``: by events; ``rotation``: by
    router; ``checks``: violations by the name of the check, by invariants.
    """

    ingest: IngestReport = field(default_factory=IngestReport)
    instants: Instants | None = None
    suites: tuple[SuiteResult, ...] = ()
    due_count: int = 0
    people: People = field(default_factory=People)
    event_count: int = 0
    rotation: Rotation = field(default_factory=Rotation)
    checks: Mapping[str, int] = field(default_factory=dict)

    @property
    def has_new_files(self) -> bool:
        """Whether the run took files up: not so in a restatement, whose rows were warned of when they came."""
        return bool(self.ingest.new_file_ids)

    @property
    def as_of(self) -> datetime | None:
        """The run's instant; None until the delivered rows are typed."""
        return None if self.instants is None else self.instants.as_of

    @property
    def until(self) -> datetime | None:
        """Up to when the run decides; None until the delivered rows are typed."""
        return None if self.instants is None else self.instants.until
