"""The checks that count the router's state again: silent on what the kernel did, loud on a falsified count."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rr_pipeline.core.model import Limits, Member, Policy, Pool, Token, UserLimits
from tests.checks.counter_books import found, make_given, open_books
from tests.core.oracle_words import Arrival, World
from tests.core.world_parts import FEATURES
from tests.core.worlds import worlds
from tests.effort import examples

SOME = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
MINUTE, HOUR = 60_000_000, 3_600_000_000
MONDAY = 1_772_409_600_000_000
"""2026-03-02, midnight UTC."""
ANN, BOB = Member("ann", 2), Member("bob", limits=Limits(daily=3), time_zone="America/New_York")


def world(*later: Pool, users=(), tokens=()) -> World:
    """Ten days of an item every five hours, one of them bob's already; with pools of a later version."""
    first, end = Pool("p", (ANN, BOB), count_kept=True), MONDAY + 240 * HOUR
    middle = MONDAY + 121 * HOUR if later else end + 1
    policies = [Policy("v1", MONDAY, middle, (first,), users)]
    policies += [Policy("v2", middle, end + 1, (pool,), users) for pool in later]
    arrivals = [
        Arrival(number, "p", MONDAY + number * 5 * HOUR + MINUTE, kept_by="bob" if number % 7 == 0 else None)
        for number in range(1, 48)
    ]
    return World(policies, arrivals, end, tokens=tokens)


PLAIN = world(users=(UserLimits("bob", Limits(weekly=40), time_zone="America/New_York"),),
              tokens=[Token("t1", "p", "bob", "redo"), Token("t2", "p", "ann", "skip"), Token("t3", "p", "ann", "redo",
                      from_us=MONDAY + 10**15)])  # fmt: skip
CUTS = (None, MONDAY + 60 * HOUR, MONDAY + 232 * HOUR)


@pytest.mark.parametrize("until", CUTS)
def test_what_the_kernel_counts_is_found_right(until):
    with open_books(PLAIN, until) as con:
        kept, given_count = con.execute(
            "select count(*) filter (decision_seq is null), count(*) from int_given"
        ).fetchall()[0]
        assert 0 < kept < given_count
        assert found(con) == {}


@SOME
@given(worlds(features=FEATURES), st.sampled_from([None, 0.2, 0.5, 0.8]))
def test_nothing_is_found_in_any_world(one: World, cut: float | None) -> None:
    until = None if cut is None else one.arrivals[int(len(one.arrivals) * cut)].time
    with open_books(one, until) as con:
        assert found(con) == {}


OF_BOB = "where member_id = 'bob' and run_id = getvariable('run_id')"
CHANGES = {
    "hour": (f"update ops.router_state set hour_count = hour_count + 1 {OF_BOB}", "counters"),
    "hour before": (f"update ops.router_state set hour_window = hour_window - 1 {OF_BOB}", "counters"),
    "day": (f"update ops.router_state set day_count = day_count - 1 {OF_BOB}", "counters"),
    "other day": (f"update ops.router_state set day_window = day_window - 1 {OF_BOB}", "counters"),
    "week": (f"update ops.router_state set week_count = week_count + 1 {OF_BOB}", "counters"),
    "other week": (f"update ops.router_state set week_window = week_window + 7 {OF_BOB}", "counters"),
    "total": (f"update ops.router_state set total_count = total_count + 1 {OF_BOB}", "totals_counted"),
    "shares": (f"update ops.fair_shares set assigned_count = assigned_count + 1 {OF_BOB}", "totals_counted"),
    "user hour": ("update ops.router_users set hour_count = 7 where user_id = 'bob'", "user_counters"),
    "user day": ("update ops.router_users set day_count = 7 where user_id = 'bob'", "user_counters"),
    "user week": ("update ops.router_users set week_count = 1 where user_id = 'bob'", "user_counters"),
    "user total": ("update ops.router_users set total_count = 1 where user_id = 'bob'", "totals_counted"),
    "no user": ("delete from ops.router_users where user_id = 'bob'", "user_counters"),
    "spent": ("insert into ops.router_tokens values ('t3')", "spent_tokens"),
    "not spent": ("delete from ops.router_tokens where token_id = 't1'", "spent_tokens"),
    "spent twice": ("update marts.fct_decisions set token_id = 't1' where decision_seq = 9", "spent_tokens"),
    "a decision": ("delete from marts.fct_decisions where decision_seq = (select max(decision_seq) from int_given)",
                   "counters"),
    "a kept item": ("delete from intermediate.int_counted_kept where item_seq > 40", "counters"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("until", CUTS[:2])
def test_a_falsified_count_is_found(name, until):
    change, check = CHANGES[name]
    with open_books(PLAIN, until) as con:
        con.execute(change)
        make_given(con)
        assert check in found(con)


COLUMNS = ("hour_count", "hour_window", "total_count")


@SOME
@given(worlds(features=FEATURES), st.sampled_from(COLUMNS), st.randoms(use_true_random=False))
def test_a_falsified_hour_or_total_is_found_in_any_world(one: World, column: str, dice: random.Random) -> None:
    until = one.arrivals[len(one.arrivals) // 2].time
    with open_books(one, until) as con:
        touched = con.execute(
            "select distinct pool_id, member_id from int_given where is_of_run order by all"
        ).fetchall()
        if touched:
            key = dice.choice(touched)
            con.execute(
                f"update ops.router_state set {column} = {column} + 1 "
                "where run_id = getvariable('run_id') and pool_id = $1 and member_id = $2",
                list(key),
            )
            assert key[1] in set().union(*found(con).values())


def test_who_got_nothing_is_left_as_the_run_before_left_them():
    with open_books(PLAIN, CUTS[2]) as con:
        (idle,) = con.execute(
            "select member_id from ops.router_state where run_id = getvariable('run_id') "
            "and member_id not in (select member_id from int_given where is_of_run)"
        ).fetchall()
        con.execute(f"update ops.router_state set day_count = 9 {OF_BOB.replace('bob', idle[0])}")
        assert found(con) == {"totals_counted": {idle[0]}}


@pytest.mark.parametrize(
    "later",
    [Pool("p", (ANN, Member("bob", time_zone="Asia/Tokyo"))), Pool("p", (ANN, BOB), week_start=6), Pool("p", (ANN,))],
    ids=["another zone", "another first day", "has left"],
)
@pytest.mark.parametrize("hours", [None, 122, 130, 170])
def test_changed_calendars_are_no_false_alarm(later, hours):
    with open_books(world(later), None if hours is None else MONDAY + hours * HOUR) as con:
        assert found(con) == {}


@pytest.mark.parametrize("column", ["day_count", "week_count"])
def test_days_of_a_member_who_has_moved_are_counted_where_it_was_then(column):
    later = Pool("p", (ANN, Member("bob", time_zone="Asia/Tokyo")))
    with open_books(world(later), MONDAY + 130 * HOUR) as con:
        con.execute(f"update ops.router_state set {column} = {column} + 1 {OF_BOB}")
        assert found(con) == {"counters": {"bob"}}


def test_a_week_that_begins_on_another_day_is_no_false_alarm_for_who_was_given_nothing_since():
    with open_books(world(Pool("p", (Member("ann", weight=0), BOB), week_start=6)), MONDAY + 241 * HOUR // 2) as con:
        of_ann = OF_BOB.replace("bob", "ann")
        weeks = con.execute(
            "select (week_window + 3) % 7 from ops.router_state where member_id = 'ann' order by run_id"
        )
        assert weeks.fetchall() == [(0,), (6,)]
        assert found(con) == {}
        con.execute(f"update ops.router_state set day_count = 9 {of_ann}")
        assert found(con) == {"totals_counted": {"ann"}}
