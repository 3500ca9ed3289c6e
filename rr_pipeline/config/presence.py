"""The settings of owners who are away, gone or idle: whose claims stand, and what becomes of their open items.

Belongs here: frozen models, and what each may say. Does not belong here: who is there when (routing), claims
(policy.py), and what the router does.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Duration, Name, OneOf, refuse
from rr_pipeline.core.vocabulary import words

WhatOfClaims = Annotated[str, OneOf(words("when_away"))]
WhatOfItems = Annotated[str, OneOf(words("owners_gone"))]


class WhenAway(StrictModel):
    """What becomes of the claim of an owner who is away."""

    over: Duration | None = Field(None, description="Only absences longer than this count; unset: each of them.")
    do: WhatOfClaims = Field(
        "keep", description="keep: the owner has it. rotate: it goes on to the next claim, then to rotation. deputy: "
        "the deputy has it."
    )  # fmt: skip


class Gone(StrictModel):
    """What becomes of the open items of owners who are not there."""

    do: WhatOfItems = Field(
        "keep", description="keep. reassign: offered to the others. deputy: the owner's deputy has it, else the "
        "others. queue: it goes to a queue."
    )  # fmt: skip
    queue: Name | None = Field(None, description="Of queue: where it goes, from the queues at the top.")

    @model_validator(mode="after")
    def _queue_said(self) -> Self:
        if self.do == "queue" and self.queue is None:
            raise refuse("KEY_MISSING", "does queue; say into which one: 'queue: review'")
        if self.do != "queue" and self.queue is not None:
            raise refuse("SETTING_UNUSED", f"names a queue, which means nothing with do: {self.do}; remove it")
        return self


class Departed(Gone):
    """Owners who are inactive in the users feed, or gone from its full list; what they touched goes too."""

    do: WhatOfItems = Field("reassign", description="keep, reassign, deputy or queue, touched or not.")


class Away(Gone):
    """Owners who are absent for long."""

    over: Duration | None = Field(None, description="Only absences longer than this count.")
    touched: Literal["move", "leave"] = Field("move", description="leave: what the owner has touched stays.")

    @model_validator(mode="after")
    def _length_said(self) -> Away:
        if self.do != "keep" and self.over is None:
            raise refuse("KEY_MISSING", f"does {self.do}; say for absences of more than what length: 'over: 5d'")
        return self


class Idle(Gone):
    """Owners who do nothing about an item for long."""

    over: Duration | None = Field(
        None, description="So long after the owner was told of the item, or last touched it, it is idle."
    )

    @model_validator(mode="after")
    def _length_said(self) -> Idle:
        if self.do != "keep" and self.over is None:
            raise refuse("KEY_MISSING", f"does {self.do}; say after how long without a touch: 'over: 14d'")
        return self


class OwnersGone(StrictModel):
    """What becomes of the open items of owners who are gone, away for long, or do nothing."""

    departed: Departed = Departed()
    away: Away = Away()
    idle: Idle = Idle()

    @property
    def queues(self) -> tuple[str, ...]:
        """The queues that items of owners who are gone go to."""
        return tuple(one.queue for one in (self.departed, self.away, self.idle) if one.queue is not None)

    @property
    def hands_over(self) -> bool:
        """Whether open items of some owner who is gone go to somebody else."""
        return any(one.do != "keep" for one in (self.departed, self.away))
