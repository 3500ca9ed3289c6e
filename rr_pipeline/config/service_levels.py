"""The settings of what happens after an assignment: targets, and the words of activities that count.

Belongs here: frozen models of service levels, their steps, and touches, returns and closings. Does not belong here:
clocks and steps themselves (core), reading activities (pipeline).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rr_pipeline.config.matching import When, fold
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import NAME_PATTERN, Name, OneOf, Plain, ReadBy, duration, read_name, refuse
from rr_pipeline.core.vocabulary import words
from rr_pipeline.errors import nearest

MAX_TARGET_DAYS = 90
QUEUE_STEP = "queue:"
_STEPS = words("steps")


def _read_step(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"queue"}:
        return QUEUE_STEP + read_name(value["queue"])
    if isinstance(value, str) and value.startswith(QUEUE_STEP):
        return QUEUE_STEP + read_name(value.removeprefix(QUEUE_STEP).strip())
    if isinstance(value, str) and value in _STEPS:
        return value
    hint = nearest(value, (*_STEPS, "queue")) if isinstance(value, str) else ""
    raise refuse("VALUE_UNKNOWN", f"must be notify_manager, reassign, or with a name, queue: NAME.{hint}")


_STEP_SCHEMA = {
    "anyOf": [
        {"enum": list(_STEPS)},
        {
            "type": "object",
            "properties": {"queue": {"type": "string", "pattern": f"^{NAME_PATTERN}$"}},
            "required": ["queue"],
            "additionalProperties": False,
        },
    ]
}
Step = Annotated[str, ReadBy(_read_step, _STEP_SCHEMA)]
"""``notify_manager``, ``reassign``, or ``queue:NAME``."""


class SlaTarget(StrictModel):
    """One service level of a pool. Without ``when`` it is the default: it applies to every item."""

    name: Name = Field("first_touch", description="Name of the target, in tables.")
    when: When | None = Field(None, description="Only for items that meet these conditions; unset: for all.")
    first_touch_within: Annotated[int, duration(MAX_TARGET_DAYS)] = Field(
        description="Time to the owner's first touch, such as 15m."
    )
    clock: Annotated[str, OneOf(words("clocks"))] = Field(
        "calendar", description="working: the clock runs in the owner's working hours only."
    )
    on_breach: tuple[Step, ...] = Field(
        ("notify_manager",), description="What follows when it is missed, in this order."
    )


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Targets = Annotated[
    tuple[SlaTarget, ...],
    BeforeValidator(_as_list, json_schema_input_type=tuple[SlaTarget, ...] | SlaTarget),
]
"""Service levels of a pool: a list, or one block for a single one."""


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({fold(word) for word in words}))


WordSet = Annotated[tuple[Plain, ...], AfterValidator(_folded)]
"""Words of a list, sorted. Data meets them as ``fold_word`` compares: case, width, blanks, ``-`` and ``_`` alike."""


class Returns(StrictModel):
    """Which activities say that an owner returned an item as bad."""

    outcomes: WordSet = Field(
        ("duplicate", "out_of_territory", "spam"), description="Outcomes of status changes that mean: returned as bad."
    )


_CLOSING = (
    "cancelled", "canceled", "closed", "closed - converted", "closed - not converted", "closed lost", "closed won",
    "closedlost", "closedwon", "completed", "converted", "disqualified", "done", "lost", "resolved", "solved",
    "unqualified", "won",
)  # fmt: skip


KNOWN_OPEN = (
    "active", "appointment scheduled", "appointmentscheduled", "assigned", "attempted", "attempted to contact",
    "attempting", "bad timing", "connected", "contacted", "contract sent", "contractsent", "customer",
    "decision maker bought in", "decisionmakerboughtin", "discovery", "escalated", "evangelist", "follow up",
    "in progress", "lead", "marketing qualified lead", "marketingqualifiedlead", "mql", "needs analysis", "negotiation",
    "negotiation/review", "new", "not contacted", "not started", "nurture", "nurturing", "on hold", "open",
    "open - not contacted", "open deal", "opportunity", "other", "pending", "presentation scheduled",
    "presentationscheduled", "proposal", "proposal/price quote", "prospect", "prospecting", "qualification",
    "qualified", "qualified to buy", "qualifiedtobuy", "reopened", "sales qualified lead", "salesqualifiedlead",
    "sql", "subscriber", "unread", "value proposition", "waiting", "waiting on customer", "working",
    "working - contacted",
)  # fmt: skip
"""Words of common systems for what is still open: besides ``still_open``, nobody is warned of these."""


class Closing(StrictModel):
    """Which words say that an item is closed, besides a closing time, conversion and deletion."""

    statuses: WordSet = Field(_folded(_CLOSING), description="Statuses of items that mean: closed.")
    outcomes: WordSet = Field(_folded(_CLOSING), description="Outcomes of status and stage changes that mean: closed.")
    still_open: WordSet = Field(
        (), description="Words of status, outcome and stage that mean nothing here, so that nobody is warned of them."
    )


class Touches(StrictModel):
    """Which activities can be a touch; only outbound ones by a person are."""

    kinds: WordSet = Field(
        ("call", "email", "meeting", "message", "reply", "sms"), description="Kinds of activities that can be a touch."
    )

    @model_validator(mode="after")
    def _some(self) -> Touches:
        if not self.kinds:
            raise refuse("VALUE_MISSING", "names no kind, so that nothing could be a touch; list one or remove it")
        return self
