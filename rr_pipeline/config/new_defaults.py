"""Defaults that a version changed, and how to have the earlier behaviour: what `check` lists once after an upgrade.

Belongs here: sentences, by the layout of the warehouse that came with the change. Does not belong here: the defaults
themselves (policy.py, pools.py, sources.py).
"""

from __future__ import annotations

NEW_DEFAULTS: tuple[tuple[int, str, str], ...] = (
    (
        11,
        "With run_instant: now, items are decided once delivered, not at the instant they were created.",
        "decide: created at the source",
    ),
    (
        11,
        "The owner an item is delivered with keeps it, before every other claim.",
        "ownership.precedence without item",
    ),
    (
        11,
        "What arrives closed, converted or deleted is set aside.",
        "updates: {arrives_closed: decide}",
    ),
    (
        11,
        "Open items of an owner who becomes inactive are offered to the others.",
        "ownership.owners_gone: {departed: {do: keep}}",
    ),
    (
        11,
        "A step that is to reassign an item and finds nobody waits for somebody.",
        "no setting: the item stays meanwhile",
    ),
)
"""(layout it came with, what holds now, how to have it as before)."""


def new_defaults_since(layout_version: int | None) -> tuple[str, ...]:
    """What changed since a layout, in words; nothing where no run has been published yet."""
    if layout_version is None:
        return ()
    return tuple(f"{now} As before: {before}." for since, now, before in NEW_DEFAULTS if since > layout_version)
