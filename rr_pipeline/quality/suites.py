"""Suites as data: what an expectation file says, and what running it gave.

Belongs here: the frozen shapes. Does not belong here: reading the files (``suite_files``) or running anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rr_pipeline.errors import Problem

Action = Literal["quarantine", "warn", "stop"]


@dataclass(frozen=True)
class Rule:
    """One expectation of a suite; ``kwargs`` may hold ``{"$PARAMETER": name}``."""

    rule: str
    type: str
    kwargs: Mapping[str, Any]
    code: str
    action: Action
    description: str
    fix: str
    field: str | None
    code_from: str | None
    fixes: Mapping[str, str]

    @property
    def column(self) -> str | None:
        """The column a reader should look at; None for a rule about the table or several columns."""
        return self.field or self.kwargs.get("column")


@dataclass(frozen=True)
class Suite:
    """All rules of one table, in order. ``key`` is the column that names a row to its owner, where there is one."""

    name: str
    key: str | None
    is_published: bool
    rules: tuple[Rule, ...]
    content: Mapping[str, Any]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters that ``run_suite`` must be given, sorted."""
        wanted = (value for rule in self.rules for value in rule.kwargs.values())
        return tuple(sorted({value["$PARAMETER"] for value in wanted if is_parameter(value)}))


@dataclass(frozen=True)
class SourceCount:
    """Rows of one source that a rule looked at, and how many of them failed with this code."""

    source: str | None
    code: str
    checked_count: int
    failed_count: int


@dataclass(frozen=True)
class RuleResult:
    """What one rule found in one table. ``counts`` has one entry per source and code; totals stand beside it.

    A rule with several codes repeats ``checked_count`` in each entry of a source: add up ``failed_count`` only.
    """

    rule: str
    type: str
    column: str | None
    code: str
    action: Action
    description: str
    fix: str
    checked_count: int
    failed_count: int
    counts: tuple[SourceCount, ...]

    @property
    def is_ok(self) -> bool:
        return self.failed_count == 0


@dataclass(frozen=True)
class SuiteResult:
    """What one suite found in one table, rules in suite order."""

    suite: str
    table: str
    row_count: int
    rules: tuple[RuleResult, ...]

    @property
    def stops(self) -> tuple[Problem, ...]:
        """The failed rules of action ``stop`` as problems to show."""
        return tuple(
            Problem(
                file=self.table,
                row=None,
                field=rule.column,
                code=rule.code,
                message=f"{rule.description} ({rule.failed_count} of {rule.checked_count}.) {rule.fix}",
            )
            for rule in self.stopping
        )

    @property
    def stopping(self) -> tuple[RuleResult, ...]:
        """The failed rules after which nothing may be published."""
        return tuple(rule for rule in self.rules if rule.action == "stop" and not rule.is_ok)


def is_parameter(value: object) -> bool:
    """Whether a kwarg is ``{"$PARAMETER": name}``, filled in when the suite runs."""
    return isinstance(value, dict) and set(value) == {"$PARAMETER"}
