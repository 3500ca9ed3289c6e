"""Tokens inside the fold: which one may be spent on an item, redos that the router grants, and what is spent.

Belongs here: compiled helpers over tokens and grants. Does not belong here: what a token does to a turn (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import REDO
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.state import State


@helper
def find_token(state: State, kind: int, holder: int, pool: int, group: int) -> int:
    """Return the first token of the kind that may be spent on the item now, or -1; a granted redo as -2 - its row.

    ``holder``: only tokens of this slot; -1: of anybody who is eligible.
    """
    own, tokens, now = state.pools[pool], state.tokens, state.progress.now_us
    while own.first_token < own.end_token and _is_spent(state, own.first_token, now):
        own.first_token += 1
    found = -1
    for k in range(own.first_token, own.end_token):
        token = tokens[k]
        if token.kind == kind and token.slot >= 0 and token.from_us <= now and not _is_spent(state, k, now):
            fits = token.skill < 0 or state.needed[token.skill, state.groups[group].needs] != 0
            if fits and (token.slot == holder or (holder < 0 and state.bits[token.slot - own.first_slot] == 0)):
                found = k
                break
    if kind == REDO:
        granted = _find_grant(state, pool, found)
        if granted >= 0:
            return -2 - granted
    return found


@helper
def _find_grant(state: State, pool: int, found: int) -> int:
    """Return the first grant of the pool that may be used and comes before the token found, -1 without."""
    own, granted = state.pools[pool], state.pools[pool].first_grant
    while granted >= 0 and (found < 0 or state.grants[granted].from_us < state.tokens[found].from_us):
        grant = state.grants[granted]
        is_member = own.first_slot <= grant.slot < own.end_slot
        if grant.is_used == 0 and is_member and state.bits[grant.slot - own.first_slot] == 0:
            return granted  # type: ignore[no-any-return]
        if grant.is_used != 0 and granted == own.first_grant:
            own.first_grant = grant.following
        granted = grant.following
    return -1


@helper
def _is_spent(state: State, token: int, now: int) -> bool:
    return state.tokens[token].is_used != 0 or state.tokens[token].until_us <= now  # type: ignore[no-any-return]


@helper
def spend(state: State, token: int) -> None:
    """Note that a token is used up."""
    if token >= 0:
        state.tokens[token].is_used = 1
    elif token <= -2:
        state.grants[-2 - token].is_used = 1


@helper
def grant_redo(state: State, item_seq: int, slot: int, pool: int) -> None:
    """Grant a member a redo for an item returned as bad."""
    own, at = state.pools[pool], state.progress.grants
    state.progress.grants = at + 1
    grant = state.grants[at]
    grant.slot, grant.from_us, grant.item_seq = slot, state.progress.now_us, item_seq
    grant.following, grant.is_used = -1, 0
    if own.first_grant < 0:
        own.first_grant = at
    else:
        state.grants[own.last_grant].following = at
    own.last_grant = at
