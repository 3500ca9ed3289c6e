"""The windows in which what somebody is given is counted against a limit: one entry is one kind of limit.

Belongs here: names, words and order of the windows, and where each begins. Does not belong here: who has which limit
(``model``), or counting (``kernel``). From this table come the settings of policies and their words, the columns of the
router's state, the reasons against a member, and what the invariants count again (sql/checks, by ``limit_window``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

FirstDay = Callable[[Any, Any], Any]
"""(local day, first weekday) -> first local day of the window that holds it; of whole numbers or arrays of them."""


def of_day(day: Any, first_weekday: Any) -> Any:
    """A local day is a window of its own."""
    return day


def of_week(day: Any, first_weekday: Any) -> Any:
    """Weeks begin on ``first_weekday``, 0 being Monday; day 0 was a Thursday."""
    return day - (day + 3 - first_weekday) % 7


@dataclass(frozen=True)
class Window:
    """A stretch of time, and what a policy calls the limit of it.

    ``setting``: in policies; ``span``: in the state and in the reason; ``words``: of a limit, as people read them.
    ``about``: what the setting says, in ``of`` somebody. ``begins``: what the state's number of a window is.
    ``most_days``: of the calendar that it can last; None: it never ends. ``first_day``: of a window that begins with a
    local date. A clock turned back over midnight can show a date twice, so the window before is kept as well.
    """

    setting: str
    span: str
    words: str
    about: str
    begins: str
    most_days: int | None = None
    first_day: FirstDay | None = None

    @property
    def reason(self) -> str:
        """Why a member who has reached the limit is not eligible."""
        return f"limit_{self.span}"

    @property
    def is_total(self) -> bool:
        """It never ends."""
        return self.most_days is None


_HOUR_BEGINS = (
    "when the hour of the local clock began that the hour count is of, in microseconds since 1970; negative: an hour "
    "of UTC (since 1970) as earlier versions counted, to be counted again"
)

WINDOWS = (
    Window("hourly", "hour", "an hour", "In an hour of the member's clock.", _HOUR_BEGINS, most_days=1),
    Window(
        "daily", "day", "a day", "In a local day of the member.", "local day (since 1970) the day count is of",
        most_days=1, first_day=of_day,
    ),
    Window(
        "weekly", "week", "a week", "In a local week of the member.", "local week the week count is of",
        most_days=7, first_day=of_week,
    ),
    Window(
        "total", "total", "in all", "Since the member joined the pool.",
        "instant since which the total counts, in microseconds since 1970",
    ),
)  # fmt: skip
"""From the shortest to the longest."""

ENDING = tuple(one for one in WINDOWS if not one.is_total)
DATED = tuple(one for one in WINDOWS if one.first_day is not None)


def _columns() -> dict[str, str]:
    found: dict[str, str] = {}
    for one in WINDOWS:
        given = "items given since then" if one.is_total else "items given in it"
        found |= {f"{one.span}_window": one.begins, f"{one.span}_count": given}
    for one, why in zip(
        DATED, ("for zones whose clock goes back over midnight", *["likewise"] * len(DATED)), strict=False
    ):
        found[f"previous_{one.span}_window"] = f"local {one.span} before, {why}"
        found[f"previous_{one.span}_count"] = "items given in it"
    return found


STATE_COLUMNS = MappingProxyType(_columns())
"""Columns of the state that hold windows and what was given in them, and what each says."""
