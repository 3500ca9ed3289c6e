"""The settings of ``updates``: what a policy makes of what deliveries tell of the items themselves.

Belongs here: the block and its words. Does not belong here: what follows from them (steps, sql/intermediate).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rr_pipeline.config.strict import StrictModel

ARRIVES_CLOSED = "updates.arrives_closed"
"""The setting as messages name it."""


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
    arrives_closed: Literal["set_aside", "decide"] = Field(
        "set_aside", description="An item that is closed, converted or deleted in its first row."
    )
