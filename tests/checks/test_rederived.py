"""The checks that work the rule out again: silent on what the plain second router did, loud on anything else."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rr_pipeline.core.model import UNIT, Member, Pause, Policy, Pool, Token
from tests.checks.ledger import found, open_ledger
from tests.core.oracle_words import Arrival, World
from tests.core.world_parts import FEATURES
from tests.core.worlds import worlds
from tests.effort import examples

SOME = settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
MINUTE = 60_000_000
START = 1_767_225_600_000_000


def world(pool: Pool, count: int, *, needs=(), tokens=(), later: Pool | None = None) -> World:
    """A pool that gets an item a minute; from the middle on, perhaps, as a later version has it."""
    middle, end = START + count // 2 * MINUTE, START + count * MINUTE
    versions = [Policy("v1", START - MINUTE, end + MINUTE, (pool,))]
    if later is not None:
        versions = [Policy("v1", START - MINUTE, middle, (pool,)), Policy("v2", middle, end + MINUTE, (later,))]
    arrivals = [
        Arrival(number + 1, pool.pool_id, START + number * MINUTE, needs=tuple(needs) if number % 3 else ())
        for number in range(count)
    ]
    return World(versions, arrivals, end, tokens=tokens)


def pool(*members: Member, **options) -> Pool:
    return Pool("p", members, **options)


ANN, BOB, CEM = Member("ann"), Member("bob", 2), Member("cem", 3, frozenset({"a"}))
WORLDS = {
    "equal": world(pool(ANN, Member("bob"), Member("cem")), 12),
    "weights": world(pool(ANN, BOB, CEM), 20),
    "skills": world(pool(ANN, BOB, CEM), 20, needs=("a",)),
    "debt": world(pool(ANN, BOB, CEM, debt_limit=1), 20, needs=("a",)),
    "roster": world(pool(ANN, BOB, CEM), 20, later=pool(CEM, Member("dag"), ANN)),
    "tokens": world(pool(ANN, BOB, CEM), 12, tokens=[Token("t1", "p", "cem", "skip"), Token("t2", "p", "ann", "redo")]),
    "redo charged": world(pool(ANN, BOB, charge_redo=True), 6, tokens=[Token("t2", "p", "bob", "redo")]),
    "paused": replace(
        world(pool(ANN, BOB, CEM), 20), pauses=[Pause("p", "bob", START + 4 * MINUTE, START + 9 * MINUTE)]
    ),
    "least loaded": world(pool(ANN, Member("bob", max_open=3), strategy="least_loaded"), 9),
}


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("until", [None, START + 5 * MINUTE])
def test_what_the_rule_says_is_found_right(name, until):
    with open_ledger(WORLDS[name], until) as con:
        assert con.execute("select count(*) from marts.fct_decisions").fetchall() >= [(6,)]
        assert found(con) == {}


@SOME
@given(worlds(features=FEATURES), st.sampled_from([None, 0.5]))
def test_nothing_is_found_in_any_world(one: World, cut: float | None) -> None:
    until = None if cut is None else one.arrivals[int(len(one.arrivals) * cut)].time
    with open_ledger(one, until) as con:
        assert found(con) == {}


def rivals(con) -> list[tuple[int, str, int]]:
    """Every (decision, other member that came as far as the winner, its balance)."""
    return con.execute(
        """
        select decision_seq, member_id, balance
        from (
            select decisions.decision_seq, decisions.member_id as winner_id, log.reasons, unnest(rosters.member_ids)
                as member_id, unnest(log.reasons) as code, unnest(log.balances) as balance
            from marts.fct_decisions as decisions
            inner join ops.considered_log as log using (decision_seq)
            inner join ops.rosters as rosters using (roster_id)
            where decisions.kind in ('assign', 'skip') or (decisions.kind = 'reassign' and decisions.token_id is null)
        )
        where member_id <> winner_id and code = if(list_contains(reasons, 128::utinyint), 128, 0)
        order by all
        """
    ).fetchall()


@SOME
@given(worlds(features=FEATURES), st.randoms(use_true_random=False))
def test_any_other_winner_is_found(one: World, dice: random.Random) -> None:
    with open_ledger(one) as con:
        others = rivals(con)
        assume(others)
        decision, member, balance = dice.choice(others)
        con.execute(
            "update marts.fct_decisions set member_id = $1, balance_before = $2, "
            "balance_after = balance_after - balance_before + $2 where decision_seq = $3",
            [member, balance, decision],
        )
        assert decision in found(con).get("winner_rederived", set())


def changed(column: str, **cells: str) -> str:
    """SET of a list with other cells: ``_2="cell + 1"`` is the second one."""
    cases = " ".join(f"when {place[1:]} then {what}" for place, what in cells.items())
    return f"set {column} = list_transform({column}, lambda cell, place: case place {cases} else cell end)"


UNEARNED = changed("reasons", _1="7::utinyint", _2="7::utinyint")
CHANGES = {
    "price": "update marts.fct_decisions set balance_after = balance_after - 1 where decision_seq = 4",
    "nothing charged": "update marts.fct_decisions set balance_after = balance_before where decision_seq = 4",
    "turn": "update marts.fct_decisions set turn = turn + 1 where decision_seq >= 4",
    "no turn": "update marts.fct_decisions set turn = null where decision_seq = 9",
    "balance": f"update ops.considered_log {changed('balances', _3='cell + 1')} where decision_seq = 5",
    "first balance": f"update ops.considered_log {changed('balances', _3='cell + 1')} where decision_seq = 1",
    "last state": "update ops.router_state set balance = balance + 1 where member_id = 'bob'",
    "earned": f"update ops.considered_log {changed('reasons', _1='67::utinyint')} where decision_seq = 4",
    "not earned": f"update ops.considered_log {UNEARNED} where decision_seq = 2",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_cell_is_found(name):
    with open_ledger(WORLDS["skills"]) as con:
        con.execute(CHANGES[name])
        assert found(con) != {}


def test_what_is_given_in_a_pause_is_found():
    with open_ledger(WORLDS["paused"]) as con:
        assert found(con) == {}
        con.execute("update ops.exception_tokens set effective_at = make_timestamptz($1)", [START])
        assert found(con)["paused"]
        con.execute(
            "insert into ops.exception_tokens select 'r', pool_id, member_id, 'resume', make_timestamptz($1), null, 9 "
            "from ops.exception_tokens",
            [START],
        )
        assert "paused" not in found(con)


def test_who_earned_is_not_taken_on_trust_where_it_can_be_known():
    with open_ledger(WORLDS["skills"]) as con:
        # Nobody lacks a limit here that could have kept them away besides the skill: not earning is wrong.
        con.execute(CHANGES["not earned"])
        assert 2 in found(con)["earning_rederived"]
        con.execute("update marts.dim_members set limits = '{\"daily\": 3}'")
        assert "earning_rederived" not in found(con)
        # And a reason that the pool does not list lets nobody earn.
        con.execute("update marts.dim_pools set accrue_while = []")
        assert "earning_rederived" in found(con)


def test_the_oldest_turn_of_an_earlier_run_breaks_a_tie():
    with open_ledger(WORLDS["equal"], START + MINUTE) as con:
        assert found(con) == {}
        con.execute(
            "update ops.router_state set last_turn = if(member_id = 'ann', 1, 0) "
            "where run_id = 'run-000001' and member_id in ('ann', 'bob')"
        )
        assert found(con) == {"winner_rederived": {4}}


def test_a_price_is_cut_where_the_winner_would_owe_too_much_to_those_who_are_not_eligible():
    with open_ledger(WORLDS["debt"]) as con:
        (lowest,) = con.execute("select min(balance_after) from marts.fct_decisions").fetchall()
        assert lowest == (-UNIT,)
        con.execute("update marts.dim_pools set debt_limit = 2")
        assert "turns_rederived" in found(con)
