"""Words for the settings of policies, as the comparison of two versions uses them.

Belongs here: names only. Does not belong here: what is compared; a setting without an entry goes by its own name.
"""

from __future__ import annotations

from rr_pipeline.config.pools import PoolSettings
from rr_pipeline.core.limits import WINDOWS

KEYS = ("pool_id", "user", "name")
"""Fields that name an entry of a list."""

NOUNS = {
    "pools": "pool",
    "members": "",
    "users": "user",
    "territories": "territory",
    "calendars": "calendar",
    "skill_rules": "skill rule",
    "preferences": "preference",
    "qualification": "qualification rule",
    "sla": "target",
}
"""Settings that hold entries with names, and what one entry is called."""

_LABELS = {
    "effective_from": "takes effect",
    "catch_all": "pool of what no territory matches:",
    "limits": "limits",
    **{one.setting: one.words for one in WINDOWS},
    **{name: one.title for name, one in PoolSettings.model_fields.items() if one.title},
    "max_open": "most open items",
    "from": "joins",
    "until": "leaves",
    "time_zone": "time zone",
    "vacations": "time away",
    "first_touch_within": "first touch within",
    "resolve_within": "closed within",
    "on_breach": "when missed:",
    "after": "after",
    "do": "does",
    "drop": "drops",
    "precedence": "precedence of owners",
    "keep_inactive": "inactive owners keep items:",
    "deduplicate": "duplicates are folded of",
    "needs": "needs",
    "pool": "leads to pool",
    "when": "when",
    "any_of": "is",
    "not": "is not",
    "none_of": "is not",
    "starts_with": "starts with",
    "is_empty": "is empty:",
    "min": "from",
    "max": "up to",
    "dates": "days off",
    "not_holidays": "days that are worked",
}
_TIMES = frozenset({
    "sticky_for", "hold_for", "first_touch_within", "resolve_within", "activity_delay", "activity_wait", "after", "at",
    "window",
})  # fmt: skip
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def label(setting: str) -> str:
    """The words for a dotted setting: ``limits.daily`` is ``limits a day``."""
    return " ".join(_LABELS.get(part, part.replace("_", " ")) for part in setting.split(".")) if setting else ""


def says_time(name: str) -> bool:
    """Whether the numbers of a setting are seconds."""
    return name in _TIMES


def duration_text(seconds: int) -> str:
    """A length of time as policies write it: 1h30m."""
    told = "-" if seconds < 0 else ""
    seconds = abs(seconds)
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        told += f"{count}{unit}" if count else ""
    return told or "0s"
