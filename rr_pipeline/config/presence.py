"""The settings of owners who are away or gone: whose claims stand, and what becomes of their open items.

Belongs here: frozen models, and what each may say. Does not belong here: who is there when (routing), claims
(policy.py), and what the router does.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Duration, OneOf, refuse
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


class Departed(StrictModel):
    """Owners who are inactive in the users feed, or gone from its full list."""

    do: WhatOfItems = Field("reassign", description="keep, or reassign: offered to the others, touched or not.")


class Away(StrictModel):
    """Owners who are absent for long."""

    over: Duration | None = Field(None, description="Only absences longer than this count.")
    do: WhatOfItems = Field("keep", description="keep, or reassign: offered to the others.")
    touched: Literal["move", "leave"] = Field("move", description="leave: what the owner has touched stays.")

    @model_validator(mode="after")
    def _length_said(self) -> Away:
        if self.do != "keep" and self.over is None:
            raise refuse("KEY_MISSING", f"does {self.do}; say for absences of more than what length: 'over: 5d'")
        return self


class OwnersGone(StrictModel):
    """What becomes of the open items of owners who are gone, or away for long."""

    departed: Departed = Departed()
    away: Away = Away()

    @property
    def hands_over(self) -> bool:
        """Whether open items of some owner who is gone go to somebody else."""
        return any(one.do != "keep" for one in (self.departed, self.away))
