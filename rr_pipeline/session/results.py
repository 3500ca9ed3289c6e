"""What a run hands back: frozen lines and the report that holds them.

Belongs here: the shape of results. Does not belong here: reading them from tables (report.py, afterwards.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from rr_pipeline.errors import Exit, Problem


@dataclass(frozen=True)
class FeedLine:
    """Rows of one source in this run by what became of them; ``rows`` is the sum of the others.

    ``left_out``: rows that the source's ``only_rows`` does not want.
    """

    source: str
    files: int
    rows: int
    outcomes: Mapping[str, int]
    repeated: int
    waiting: int
    left_out: int = 0


@dataclass(frozen=True)
class OwnerLine:
    """What one member of a pool got in this run, next to the turns its weight gives."""

    pool_id: str
    member_id: str
    assigned: int
    fair_share: float


@dataclass(frozen=True)
class AfterLine:
    """Owners of one pool's items (None: items that owners kept) whose row of ``marts.fct_sla`` this run wrote.

    ``owned`` counts every owner an item had; of those ``touched`` touched it, ``met`` and ``missed`` a target,
    ``running`` have a clock that still runs. ``moved_on``: somebody else got it; ``queued``: it went to a queue.
    """

    pool_id: str | None
    owned: int
    touched: int
    met: int
    missed: int
    running: int
    moved_on: int
    queued: int


@dataclass(frozen=True)
class RunReport:
    """The result of one run. ``run_id`` is None when there was nothing to do and nothing was written.

    ``next_at``: from when on time alone can give the next run something to do; the run's own instant where nobody can
    tell, None where it never can.
    """

    run_id: str | None
    status: str
    as_of: datetime | None
    until: datetime | None
    frontier: datetime | None
    feeds: tuple[FeedLine, ...] = ()
    owners: tuple[OwnerLine, ...] = ()
    refused: tuple[tuple[str, str, int], ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    warning_counts: tuple[tuple[str, str, int], ...] = ()
    follow_up: Mapping[str, int] = field(default_factory=dict)
    afterwards: tuple[AfterLine, ...] = ()
    held_total: int = 0
    decisions: int = 0
    message: str = ""
    published: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    next_at: datetime | None = None

    @property
    def exit_code(self) -> Exit:
        """Degraded when a delivered file was refused, else done."""
        return Exit.DEGRADED if self.problems else Exit.DONE

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines; instants as ISO text."""
        content = asdict(self)
        for name in ("as_of", "until", "frontier", "next_at"):
            value = content[name]
            content[name] = value.isoformat() if value else None
        content["exit_code"] = int(self.exit_code)
        return content
