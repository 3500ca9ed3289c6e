"""The settings of what happens after an assignment: targets, and the words of activities that count.

Belongs here: frozen models of service levels, their steps, and touches, returns and closings. Does not belong here:
clocks and steps themselves (core), reading activities (pipeline).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from rr_pipeline.config.matching import When, fold
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Name, OneOf, Plain, ReadBy, duration, refuse, whole_number
from rr_pipeline.core.vocabulary import words
from rr_pipeline.errors import nearest

MAX_TARGET_DAYS, MAX_LEVEL, MAX_STEPS = 90, 10, 15
QUEUE_STEP = "queue:"
_STEPS = words("steps")
_TO = {"queue": "queue", "failover": "pool"}
_PLAIN = tuple(step for step in _STEPS if step not in _TO)
_LENGTH = duration(MAX_TARGET_DAYS)


def _read_at(value: Any) -> int:
    """Return seconds after the due instant, below 0 before it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = value if isinstance(value, str) else ""
    if re.fullmatch(r"-?0+[dhms]?", text):
        return 0
    return -_LENGTH.reader(text[1:]) if text.startswith("-") else int(_LENGTH.reader(value))


_AT_SCHEMA = {"type": "string", "pattern": r"^-?[0-9]+[dhms]?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"}


class StepRule(StrictModel):
    """A step of a ladder: what is done, and when."""

    do: Annotated[str, OneOf(_STEPS)] = Field(description="What is done.")
    at: Annotated[int, ReadBy(_read_at, _AT_SCHEMA)] = Field(
        0, description="When, from the due instant on in the target's clock: 30m after it, -5m before it."
    )
    level: Annotated[int, whole_number(1, MAX_LEVEL)] = Field(
        1, description="Of notify_manager: which one up; 2 is the manager's manager."
    )
    queue: Name | None = Field(None, description="Of queue: the queue it goes to, from the queues at the top.")
    pool: Name | None = Field(None, description="Of failover: the pool in which somebody is looked for.")

    @model_validator(mode="after")
    def _fits(self) -> StepRule:
        wanted = _TO.get(self.do)
        for name in ("queue", "pool"):
            if name == wanted and getattr(self, name) is None:
                raise refuse("KEY_MISSING", f"says {self.do}, but not where to; add '{name}: NAME'")
            if name != wanted and getattr(self, name) is not None:
                raise refuse("SETTING_UNUSED", f"has a {name}, which means nothing with {self.do}; remove it")
        if self.do != "notify_manager" and self.level != 1:
            raise refuse("SETTING_UNUSED", f"has a level, which means nothing with {self.do}; remove it")
        return self


def _whole_step(value: Any) -> Any:
    """Return a step as a block of settings, also where it is written as a name."""
    if isinstance(value, str) and value.startswith(QUEUE_STEP):
        return {"do": "queue", "queue": value.removeprefix(QUEUE_STEP).strip()}
    if isinstance(value, str):
        if value in _STEPS:
            return {"do": value}
        raise refuse("VALUE_UNKNOWN", f"must be one of {', '.join(_STEPS)}.{nearest(value, _STEPS)}")
    if isinstance(value, dict) and set(value) == {"queue"}:
        return {"do": "queue", **value}
    return value


def _plain_step(step: StepRule) -> StepRule | str:
    """Return a step at the due instant that is a name, or a queue, as such: so it means what it always did."""
    if step.at == 0 and step.level == 1 and step.pool is None:
        return step.do if step.queue is None else QUEUE_STEP + step.queue
    return step


def _dump_step(step: StepRule | str) -> Any:
    return step if isinstance(step, str) else step.model_dump(exclude_defaults=True)


Step = Annotated[
    StepRule,
    BeforeValidator(_whole_step, json_schema_input_type=StepRule | Literal[_PLAIN] | dict[Literal["queue"], Name]),
    AfterValidator(_plain_step),
    PlainSerializer(_dump_step),
]
"""A step as a text (``notify_manager``, ``queue:NAME``) where it comes at the due instant, else a ``StepRule``."""


_DEFAULT_STEPS: Any = ("notify_manager",)


def step_rule(step: StepRule | str) -> StepRule:
    """Return a step as a block of settings."""
    return step if isinstance(step, StepRule) else StepRule.model_validate(_whole_step(step))


class SlaTarget(StrictModel):
    """One service level of a pool. Without ``when`` it is the default of its kind: it applies to every item."""

    name: Name = Field("first_touch", description="Name of the target, in tables; by default its kind.")
    when: When | None = Field(None, description="Only for items that meet these conditions; unset: for all.")
    first_touch_within: Annotated[int, _LENGTH] | None = Field(
        None, description="Time to the owner's first touch, such as 15m."
    )
    resolve_within: Annotated[int, _LENGTH] | None = Field(
        None, description="Time until the item is closed, such as 8h, in place of first_touch_within."
    )
    clock: Annotated[str, OneOf(words("clocks"))] = Field(
        "calendar", description="working: the clock runs in the owner's working hours only."
    )
    starts: Annotated[str, OneOf(words("clock_starts"))] | None = Field(
        None,
        description="When the clock starts: told (the owner), assigned, or created (the item, whoever owns it). Unset: "
        "told where items are decided once delivered, else assigned.",
    )
    on_breach: tuple[Step, ...] = Field(
        _DEFAULT_STEPS, description="What follows when it is missed, or is about to be: a ladder of steps."
    )

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        if isinstance(value, dict) and "resolve_within" in value and "name" not in value:
            return {**value, "name": "resolve"}
        return value

    @model_validator(mode="after")
    def _one_kind(self) -> SlaTarget:
        if (self.first_touch_within is None) == (self.resolve_within is None):
            what = "says neither first_touch_within nor resolve_within; add one, such as first_touch_within: 15m"
            if self.resolve_within is not None:
                what = "says both first_touch_within and resolve_within; write two targets"
            raise refuse("KEY_MISSING" if self.resolve_within is None else "SETTING_TWICE", what)
        return self

    @property
    def kind(self) -> str:
        """What is to be done in time: first_touch or resolve."""
        return "resolve" if self.first_touch_within is None else "first_touch"

    @property
    def within(self) -> int:
        """Within how many seconds."""
        return self.first_touch_within or self.resolve_within or 0

    @property
    def steps(self) -> tuple[StepRule, ...]:
        """The steps as written."""
        return tuple(step_rule(step) for step in self.on_breach)


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
    """Which activities say that an owner's item was bad: changes of status, and meetings."""

    outcomes: WordSet = Field(
        ("duplicate", "out_of_territory", "spam"),
        description="Outcomes of status changes and meetings that mean: returned as bad.",
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


KNOWN_HELD = ("attended", "completed", "held", "scheduled", "took place")
"""Words of common systems for meetings that took place or still may: nobody is warned of these."""


class Touches(StrictModel):
    """Which activities can be a touch; only outbound ones by a person are."""

    kinds: WordSet = Field(
        ("call", "email", "meeting", "message", "reply", "sms"), description="Kinds of activities that can be a touch."
    )
    not_held: WordSet = Field(
        ("canceled", "cancelled", "did not attend", "no show", "noshow", "not held", "postponed", "rescheduled"),
        description="Outcomes of meetings that mean: it did not take place, so it is no touch.",
    )

    @model_validator(mode="after")
    def _some(self) -> Touches:
        if not self.kinds:
            raise refuse("VALUE_MISSING", "names no kind, so that nothing could be a touch; list one or remove it")
        return self
