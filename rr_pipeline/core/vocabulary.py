"""The words that settings, decisions and tables share: each stands here once, with what it says.

Belongs here: the words of pools, outcomes, reasons, kinds of events and claims. Does not belong here: windows of limits
(``limits``), canonical columns (config/canonical.py), or what follows from a word. Settings take their choices from
here, the kernel its codes, and headers of SQL files their lists (``<<item_outcomes>>``); a test looks up every literal
of sql/ here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rr_pipeline.core.limits import WINDOWS


@dataclass(frozen=True)
class Reason:
    """Why a member is not eligible. ``words``: said of the member. ``may_accrue``: ``accrue_while`` may list it."""

    name: str
    words: str
    may_accrue: bool = True


_REASONS = (
    # Nobody earns before joining or with weight 0; whoever uses a skip token has had the turn.
    Reason("not_member", "was not a member of the pool", may_accrue=False),
    Reason("inactive", "was not an active user"),
    Reason("weight_zero", "has weight 0", may_accrue=False),
    Reason("vacation", "was on vacation"),
    Reason("holiday", "had a holiday"),
    Reason("off_hours", "was outside working hours"),
    Reason("skill_missing", "lacks a skill the item needs"),
    Reason("previous_owner", "has had this item before"),
    Reason("limit_total", "had reached the limit in all"),
    Reason("limit_week", "had reached the limit of the week"),
    Reason("limit_day", "had reached the limit of the day"),
    Reason("limit_hour", "had reached the limit of the hour"),
    Reason("at_capacity", "had as many open items as allowed"),
    Reason("skip_token", "passed this turn with a skip token", may_accrue=False),
    Reason("paused", "was paused by the operator"),
)
REASON_WORDS = (
    *_REASONS,
    *(
        Reason(one.reason, f"had reached the limit of the {one.span}")
        for one in WINDOWS
        if one.reason not in {known.name for known in _REASONS}
    ),
)
"""Their numbers are stored, so a new one comes last, as do those of windows of limits that were added."""

_TOLD_BEFORE = {"paused": "at_capacity"}
"""Reasons that are told before another one, although their number is higher."""


def told_order() -> tuple[str, ...]:
    """Return the reasons in the order in which the first that holds is the one that is told."""
    order = [one.name for one in REASON_WORDS if one.name not in _TOLD_BEFORE]
    for name, following in _TOLD_BEFORE.items():
        order.insert(order.index(following), name)
    return tuple(order)


_DECISION_KINDS = {
    "assign": "the item goes to a member in turn",
    "redo": "a redo token was used",
    "skip": "a skip token was used: the turn is charged, the item offered to the next",
    "hold": "the item waits",
    "reassign": "the item goes from its owner to another member",
    "failover": "the item goes on to another pool",
    "queue": "the item goes to a queue",
    "keep": "the item stays with the last owner of its person, or with its own when it is open again",
    "withdraw": "the item was closed while it waited",
    "alert": "the managers are told that the item waits",
    "raise": "the item goes ahead of others that wait",
    "drop": "the item needs some skills no longer",
    "handover": "the item goes to another member, because its owner is gone or does nothing",
    "give": "a person gave the item to somebody",
    "stand_in": "the item goes to the deputy of its owner, who is gone or does nothing",
    "reroute": "the item waits there no longer: it belongs elsewhere now, and is decided again",
}


def _kinds(names: str) -> dict[str, str]:
    return {name: _DECISION_KINDS[name] for name in names.split()}


VOCABULARY: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "reasons": {one.name: one.words for one in REASON_WORDS},
        "reasons_told": {name: f"place {place}" for place, name in enumerate(told_order(), start=1)},
        "limits": {one.setting: one.words for one in WINDOWS},
        "decision_kinds": _DECISION_KINDS,
        # Whoever asks for all kinds that do one thing takes them from here.
        "owner_kinds": _kinds("assign redo reassign handover stand_in keep give"),
        "told_kinds": _kinds("assign redo reassign handover stand_in keep"),
        "turn_kinds": _kinds("assign redo reassign handover"),
        "moving_kinds": _kinds("reassign handover stand_in"),
        "bare_kinds": _kinds("keep withdraw give stand_in reroute alert raise drop"),
        "causes": {
            "nobody": "nobody was eligible",
            "hold_expired": "it had waited as long as it may",
            "breach": "its owner missed the target",
            "decline": "its owner declined it",
            "closed": "it was closed",
            "waited": "it had waited that long",
            "departed": "its owner is no active user any more",
            "away": "its owner is away for long",
            "manual": "a person gave it to somebody",
            "idle": "its owner did nothing about it for long",
            "elsewhere": "it belongs to another territory now, or needs other skills",
        },
        "event_kinds": {
            "give": "a person gave the item to somebody",
            "touch": "somebody got in touch",
            "close": "the item was closed",
            "return": "the item was returned as bad",
            "decline": "the owner declined",
            "withdraw": "the file that alone told of it was withdrawn",
            "reopen": "the item is open again",
            "qualify": "a newer row makes the item qualify, which was set aside",
            "reroute": "it belongs elsewhere by a newer row, or as a version of the policy begins",
        },
        "again_purposes": {
            "qualify": "it was set aside, and may qualify",
            "reopen": "it was closed, and may be open again",
            "reroute": "it may wait, and belong elsewhere",
            "before": "the row before one that may say so",
            "version": "it may wait, and belong elsewhere as a version of the policy begins",
            "version_before": "the same row, by the version before",
        },
        "breach_kinds": {
            "breach": "the target was missed",
            "decline": "the owner declined",
            "ahead": "the target is about to be missed",
            "later": "the target was missed before",
        },
        "breach_outcomes": {
            "notified": "the manager is told",
            "reassigned": "somebody else is to have it",
            "queued": "it goes to a queue",
            "stayed": "it stays with its owner",
            "waits": "nobody could take it yet: the step waits for somebody",
            "reminded": "the owner is reminded",
            "told": "another system is told to act",
            "returned": "it waits in its pool again",
        },
        "item_outcomes": {
            "assigned": "a member has it",
            "kept": "its existing owner keeps it",
            "duplicate": "it was folded into an earlier item of the same person",
            "disqualified": "it was set aside by a rule",
            "quarantined": "its row was refused",
            "held": "it waits in a pool",
            "queued": "it is in a queue, which is nobody's",
        },
        "outcome_reasons": {
            "rotation": "it had its turn in the rotation",
            "redo": "a redo token was used",
            "reassigned": "it was taken from another owner",
            "manual": "a person gave it to its owner",
            "survivor": "the owner of the item it was folded into has it",
            "reopened": "it was closed and is open again: its last owner has it",
            "history": "the ownership history names the owner",
            "item_owner": "the owner that it came with keeps it",
            "opportunity_owner": "the owner of an open opportunity keeps it",
            "contact_owner": "the owner of its contact keeps it",
            "account_owner": "the owner of its account keeps it",
            "same_person": "it is of the person of an earlier item",
            "nobody_eligible": "nobody was eligible",
            "closed_on_arrival": "it was closed, converted or deleted when it came",
            "closed_while_waiting": "it was closed while it waited",
            "withdrawn": "the file that alone told of it was withdrawn while it waited",
        },
        "route_flags": {
            "owner_inactive": "its existing owner is not active",
            "owner_unknown": "its existing owner is no known user",
            "owner_away": "its existing owner is away, and nobody stands in",
            "skill_unknown": "it asks for a skill that the policy does not know",
            "country_unknown": "its country is not known",
        },
        "claims": {
            "item": "its own row names an owner",
            "opportunity": "an open opportunity of its contact or account has an owner",
            "contact": "its contact has an owner",
            "account": "its account has an owner",
            "survivor": "an earlier item of the same person has an owner",
            "history": "the ownership history names an owner",
        },
        "ownership_causes": {
            "rotation": "the item came by turn",
            "redo": "a redo token was used",
            "kept": "the existing owner kept it",
            "reassigned": "it was taken from another owner",
            "manual": "a person gave it to the owner, as the ownership history or the item itself says",
        },
        "key_doubts": {
            "role": "the address is a role's, such as info or post",
            "test": "the address is one for tests",
            "placeholder": "the address stands where none was given",
            "no_reply": "the address sends only",
            "shared": "it came with too many names",
        },
        "sla_states": {
            "met": "touched in time",
            "breached": "not touched in time",
            "running": "the clock still runs",
        },
        "row_roles": {
            "due": "to be decided by this run",
            "repeated": "told before",
            "waiting": "for a later run",
        },
        "restated": {
            "superseded": "it no longer stands",
            "new": "it was not there before",
            "altered": "it was otherwise before",
        },
        "noticed": {
            "duplicate": "an owner's person asked again",
            "given": "somebody was given an item",
            "queued": "an item went to a queue",
            "held": "an item waits for long",
            "breach": "a target was missed",
            "remind": "an owner is reminded",
            "alternate_channel": "another system is to act",
            "withdrawn": "the file that an item came with was withdrawn",
            "reopened": "an item was closed and is open again, as often as the policy says",
        },
        "activity_kinds": {
            "status_change": "the status of an item changed",
            "stage_change": "the stage of an item changed",
            "meeting": "a meeting, which may not have taken place",
        },
        "message_kinds": {
            "assignment": "an owner got an item",
            "breach": "an owner missed a target",
            "crm_owner_update": "the owner to be written into the source",
            "task": "a task for the owner",
            "held": "an item waits",
            "queued": "an item is in a queue",
            "remind": "the owner is reminded of a target",
            "duplicate": "somebody asked again whose item the owner has",
            "alternate_channel": "another system is to act on a target",
            "withdrawn": "the item ended, because its file was withdrawn",
            "reopened": "an item is open again, and not for the first time",
        },
        "run_statuses": {"done": "all went well", "degraded": "a file was refused"},
        "file_statuses": {
            "loaded": "its records were taken up",
            "empty": "no record is in it",
            "refused": "it was refused whole",
        },
        "strategies": {"fair": "turns by weight", "least_loaded": "fewest open items for its max_open, then turns"},
        "when_nobody": {
            "hold": "wait until somebody is eligible",
            "failover": "go on to another pool",
            "queue": "go to a queue",
            "default_owner": "go to one user",
        },
        "exception_kinds": {
            "skip": "the holder passes a turn",
            "redo": "the holder gets one more first",
            "pause": "nobody new gets any",
            "resume": "a pause ends",
            "withdraw": "a delivered file no longer counts",
        },
        "absence_kinds": {"works": "the user is there all the same, whatever the week says"},
        "when_away": {
            "keep": "the owner keeps the claim",
            "rotate": "the next claim counts, then rotation",
            "deputy": "the deputy has it",
        },
        "owners_gone": {
            "keep": "it stays with its owner",
            "reassign": "it is offered to the others",
            "deputy": "the owner's deputy has it, where one is there; else it is offered to the others",
            "queue": "it goes to a queue",
        },
        "reopens_to": {
            "owner": "its last owner has it again, if there",
            "rotate": "it is offered to all",
            "ignore": "it stays closed",
        },
        "capacity_ends": {"closed": "until the item is closed", "touched": "until the owner's first touch"},
        "clocks": {"calendar": "all hours", "working": "the owner's working hours only"},
        "wait_steps": {
            "alert": "the managers are told that it waits",
            "raise": "it goes ahead of others that wait",
            "drop": "it needs some skills no longer",
            "failover": "it goes on to another pool",
            "queue": "it goes to a queue",
            "default_owner": "it goes to one user",
        },
        "steps": {
            "notify_manager": "the manager is told",
            "reassign": "somebody else is to have it",
            "queue": "it goes to a queue",
            "remind": "the owner is reminded",
            "failover": "somebody of another pool is to have it",
            "alternate_channel": "another system is told to act",
            "return": "it waits in its pool again, for those who have not had it",
        },
        "clock_starts": {
            "told": "when its owner is told",
            "assigned": "when its owner gets the item",
            "created": "when the item was created, whoever owns it",
        },
        "target_kinds": {"first_touch": "the first touch", "resolve": "the closing"},
        "object_types": {
            "lead": "a lead",
            "contact": "a contact",
            "account": "an account",
            "opportunity": "an opportunity",
            "case": "a case",
            "task": "a task",
            "conversation": "a conversation",
        },
    }
)
"""Group -> its words in order, each with what it says. Of kinds of decisions, those by which somebody has the item
(``owner_kinds``), and is told by the router (``told_kinds``), or got it as a member of a pool (``turn_kinds``), those
that take it from an owner (``moving_kinds``), and those that consider no members (``bare_kinds``). The order of kinds,
causes, events, steps, and kinds and outcomes of breaches is that of their codes in the kernel."""


def words(group: str) -> tuple[str, ...]:
    """Return the words of a group, in order. Raises KeyError for a group that does not exist."""
    return tuple(VOCABULARY[group])


def listed(group: str, *, is_said: bool = False) -> str:
    """Return the words of a group as a sentence lists them: ``a, b or c``; each with what it says, if ``is_said``."""
    *most, last = (f"{word} ({text})" if is_said else word for word, text in VOCABULARY[group].items())
    return f"{', '.join(most)} or {last}" if most else last
