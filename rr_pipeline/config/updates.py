"""The settings of ``updates``: what a policy makes of what deliveries tell of the items themselves.

Belongs here: the block and its words. Does not belong here: what follows from them (steps, sql/intermediate).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import duration

ARRIVES_CLOSED = "updates.arrives_closed"
"""The setting as messages name it."""


MOST_DAYS = 3650


class Again(StrictModel):
    """What is done about an item that is open again time after time."""

    times: int = Field(3, ge=1, le=100, description="From so many times on, each time it is open again.")
    do: Literal["notify_manager", "nothing"] = Field(
        "notify_manager", description="notify_manager: the manager of its owner gets a message `reopened`."
    )


class Reopened(StrictModel):
    """What becomes of an item that was closed and is open again."""

    do: Literal["owner", "rotate", "ignore"] = Field(
        "owner",
        description="owner: its last owner has it, if there; rotate: it is offered to all; ignore: nothing.",
    )
    within: Annotated[int, duration(MOST_DAYS)] = Field(
        30 * 86_400, description="So long after its closing; later it is decided as one that has just come."
    )
    again: Again = Field(Again(), description="What is done about an item that is open again time after time.")


def _as_block(value: Any) -> Any:
    return {"do": value} if isinstance(value, str) else value


class Updates(StrictModel):
    """What becomes of items by what deliveries tell of them."""

    owner_changed: Literal["accept", "ignore"] = Field(
        "accept", description="An owner whom somebody else than the router gave an item to."
    )
    manual_targets: Literal["notify", "none"] = Field(
        "notify", description="Targets of such an owner: the manager is told of misses, or there are none."
    )
    qualifies: Literal["decide", "ignore"] = Field(
        "decide", description="An item that was set aside, and qualifies by a later row."
    )
    reopened: Annotated[Reopened, BeforeValidator(_as_block)] = Field(
        Reopened(), description="An item that was closed and is open again by a later row: a word, or a block."
    )
    territory: Literal["reroute", "ignore"] = Field(
        "reroute",
        description="An item that waits, and by a later row or version is of another pool, or needs other skills.",
    )
    reroute_within: Annotated[int, duration(MOST_DAYS)] | None = Field(
        None, description="So long after it was given also one that somebody has and has not touched. Unset: never."
    )
    arrives_closed: Literal["set_aside", "decide"] = Field(
        "set_aside", description="An item that is closed, converted or deleted in its first row."
    )
