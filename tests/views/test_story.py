"""The story of an item in words: given rows of the marts -> expected steps."""

import pytest

from rr_pipeline.core.model import ACCRUES, CAME_FIRST, REASONS, UNIT
from rr_pipeline.warehouse.sql_files import read_sql
from tests.steps.given import at, give, open_given, taken

LEAD = {"item_seq": 1, "source": "crm", "item_id": "L1"}
ROSTER = ("ann", "bob", "cem")
AWAY = {reason: number for number, reason in enumerate(REASONS, start=1)}


@pytest.fixture
def con():
    with open_given() as connection:
        for name in ("reason_name", "reason_words", "explain", "story"):
            connection.execute(read_sql("marts", name).statement)
        row = {"roster_id": 1, "pool_id": "emea", "policy_version": "v1"}
        give(connection, "ops.rosters", {**row, "member_ids": list(ROSTER), "weights": [1, 1, 2]})
        give(connection, "marts.dim_pools", {"pool_id": "emea", "policy_version": "v1"})
        for member, zone in zip(ROSTER, ("Europe/Oslo", "UTC", "Asia/Tokyo"), strict=True):
            one = {"pool_id": "emea", "policy_version": "v1", "valid_from_at": at(0), "member_id": member}
            give(
                connection, "marts.dim_members", {**one, "time_zone": zone, "max_open": 4 if member == "ann" else None}
            )
        yield connection


def item(con, **more):
    row = {"object_type": "lead", "created_at": at(0), "ingested_at": at(5), "decided_at": at(0), "outcome": "assigned"}
    give(con, "marts.fct_items", {**LEAD, **row, "territory_id": "nordics", "pool_id": "emea", **more})


def decide(con, number, minutes, kind, member=None, codes=(0, 0, 0), balances=(0, 0, 0), opens=None, **more):
    row = {
        **LEAD, "decision_id": f"d{number}", "decision_seq": number, "pool_id": "emea", "kind": kind,
        "member_id": member, "decided_at": at(minutes), "policy_version": "v1",
        "turn": number if kind in ("assign", "skip", "reassign") else None,
    }  # fmt: skip
    give(con, "marts.fct_decisions", {**row, **more})
    log = {"decision_seq": number, "roster_id": 1, "reasons": list(codes), "balances": [UNIT * one for one in balances]}
    give(con, "ops.considered_log", {**log, "open_counts": opens})


def steps(con):
    return [(row["step"], row["in_words"]) for row in taken(con, "from marts.story('L1')")]


def last(con):
    return steps(con)[-1][1]


def looks(con):
    return [(row["member_id"], row["in_words"]) for row in taken(con, "from marts.explain('L1')")]


def test_an_assignment_says_who_was_owed_the_most(con):
    item(con)
    decide(con, 7, 0, "assign", "cem", balances=(0.5, -1, 0.5))
    assert steps(con) == [
        ("arrived", "a lead of crm came in"),
        ("routed", "goes to the pool emea by the territory nordics"),
        ("assign", "cem gets it: was owed the most: +1.000 turns with its share of this item, next ann with +0.750"),
    ]
    assert looks(con) == [
        ("ann", "could take it; the winner was owed more"),
        ("bob", "could take it; the winner was owed more"),
        ("cem", "takes it, as turn 8 of the pool"),
    ]
    assert taken(con, "from marts.story('L1')")[-1]["time_zone"] == "Asia/Tokyo"


def test_a_tie_is_called_a_tie(con):
    item(con, territory_id=None)
    decide(con, 1, 0, "assign", "ann", codes=(0, 0, AWAY["vacation"]))
    assert last(con) == (
        "ann gets it: was owed as much as bob (+0.500 turns), but its last turn is longer ago or it stands first in "
        "the roster"
    )
    assert steps(con)[1] == ("routed", "goes to the pool emea")
    assert looks(con)[1:] == [
        ("bob", "could take it; was owed as much, but had its last turn later, or stands later in the roster"),
        ("cem", "was on vacation"),
    ]


def test_the_only_one_left_is_said_to_be_that(con):
    item(con)
    decide(con, 1, 0, "assign", "bob", codes=(AWAY["off_hours"], 0, AWAY["skill_missing"] + ACCRUES))
    assert last(con) == (
        "bob gets it: the only one who could take it: ann was outside working hours; cem lacks a skill the item needs"
    )
    assert looks(con)[2] == ("cem", "lacks a skill the item needs; earns its share all the same")


def test_who_came_first_is_the_last_owner_or_preferred(con):
    item(con, person_id=5)
    give(con, "marts.fct_items", {"item_seq": 9, "source": "crm", "item_id": "L9", "person_id": 5})
    decide(con, 2, 60, "assign", "bob", codes=(0, CAME_FIRST, 0), balances=(3, 0, -3))
    assert last(con) == "bob gets it: the only one preferred"
    con.execute("update marts.dim_pools set sticky_for_seconds = 86400")
    give(con, "marts.fct_ownership", {"item_seq": 9, "owner_id": "bob", "from_at": at(0), "decision_id": "d1"})
    assert last(con) == "bob gets it: the last owner of this person"
    assert looks(con)[0] == ("ann", "could take it; somebody else came first")


def test_several_preferred_race_each_other(con):
    item(con)
    decide(con, 2, 0, "assign", "bob", codes=(0, CAME_FIRST, CAME_FIRST), balances=(3, 0, -3))
    assert last(con) == (
        "bob gets it: was owed the most: +0.250 turns with its share of this item, next cem with -2.500; "
        "one of 2 preferred"
    )


def test_the_least_loaded_is_told_by_its_open_items(con):
    item(con)
    decide(con, 2, 0, "assign", "ann", opens=[2, 1, 3], balances=(0, 5, -5))
    assert last(con) == "ann gets it: has the fewest open items for its room: 2 of 4"
    assert looks(con)[1] == ("bob", "could take it; has more open items for its room")


def test_tokens_are_named(con):
    item(con)
    decide(con, 1, 0, "skip", "ann", token_id="t1")
    decide(con, 2, 0, "redo", "bob", codes=(AWAY["skip_token"], 0, 0), token_id="t2")
    assert [words for _, words in steps(con)[2:]] == [
        "ann was next, but passes it on with a skip token; the turn is charged",
        "bob gets it: used a redo token; no turn is charged",
    ]
    assert looks(con)[3:] == [
        ("ann", "passed this turn with a skip token"),
        ("bob", "takes it on a redo token; no turn is charged"),
        ("cem", "could take it; a redo token goes before"),
    ]


def test_waiting_failing_over_and_queues(con):
    item(con, outcome="queued", queue_id="late")
    nobody = (AWAY["off_hours"], AWAY["off_hours"], AWAY["limit_day"])
    decide(con, 1, 0, "hold", codes=nobody)
    decide(con, 2, 60, "failover", codes=nobody, cause="hold_expired", sent_to="backup")
    decide(con, 3, 60, "queue", codes=nobody, cause="nobody", sent_to="late")
    who = "ann was outside working hours; bob was outside working hours; cem had reached the limit of the day"
    assert [words for _, words in steps(con)[2:]] == [
        f"waits in emea, nobody could take it: {who}",
        f"has waited as long as it may: {who}. It goes to the pool backup",
        f"nobody could take it: {who}. It goes to the queue late",
    ]


def test_many_with_one_reason_are_counted(con):
    item(con)
    con.execute("update ops.rosters set member_ids = ['ann', 'bob', 'cem', 'dag', 'eve'], weights = [1, 1, 1, 1, 1]")
    decide(con, 1, 0, "assign", "eve", codes=(AWAY["vacation"],) * 4 + (0,), balances=(0,) * 5)
    assert last(con) == "eve gets it: the only one who could take it: 4 members, each of whom was on vacation"


def test_the_whole_life_of_an_item_in_the_order_of_time(con):
    item(con)
    decide(con, 1, 0, "assign", "ann", codes=(0, 0, 6), target="fast", due_at=at(30))
    breach = {**LEAD, "pool_id": "emea", "kind": "breach", "target": "fast", "due_at": at(30), "decided_at": at(40)}
    give(con, "marts.fct_breaches", {**breach, "member_id": "ann", "is_notified": True, "outcome": "reassigned"})
    more = {"cause": "breach", "previous_member_id": "ann"}
    decide(con, 2, 40, "reassign", "bob", codes=(AWAY["previous_owner"], 0, 6), **more)
    for owner, start, end in (("ann", 0, 40), ("bob", 40, None)):
        until = None if end is None else at(end)
        give(con, "marts.fct_ownership", {**LEAD, "owner_id": owner, "from_at": at(start), "until_at": until})
    events = ((25, 90, "touch", "ann"), (50, 50, "touch", "bob"), (55, 55, "decline", "cem"), (60, 60, "close", None))
    for occurred, counted, kind, user in events:
        row = {**LEAD, "kind": kind, "user_id": user, "occurred_at": at(occurred), "counted_at": at(counted)}
        give(con, "marts.fct_item_events", row)
    late = "(a touch in time became known only later)"
    others = "ann has had this item before; cem was outside working hours"
    told = taken(con, "from marts.story('L1')")
    assert [(row["step_no"], row["happened_at"], row["step"]) for row in told] == [
        (1, at(0), "arrived"), (2, at(0), "routed"), (3, at(0), "assign"), (4, at(25), "touch"), (5, at(40), "breach"),
        (6, at(40), "reassign"), (7, at(50), "touch"), (8, at(55), "decline"), (9, at(60), "close"),
    ]  # fmt: skip
    assert told[2]["in_words"].endswith("The clock of target fast starts")
    assert (told[2]["due_at"], told[3]["counted_at"]) == (at(30), at(90))
    assert [row["in_words"] for row in told[3:]] == [
        "ann touched it",
        f"ann missed the target fast: somebody else is to have it; the manager is told {late}",
        f"bob gets it in place of ann: the only one who could take it: {others}",
        "bob touched it",
        "cem declined it, who did not have it then",
        "was closed",
    ]


def test_declining_without_anybody_else(con):
    item(con)
    decide(con, 1, 0, "assign", "ann")
    row = {**LEAD, "pool_id": "emea", "kind": "decline", "member_id": "ann", "decided_at": at(5)}
    give(con, "marts.fct_breaches", {**row, "is_notified": True, "outcome": "stayed"})
    assert last(con) == "ann declined it: nobody else could take it, so it stays; the manager is told"


def test_an_item_that_has_been_moved_enough_stays(con):
    item(con)
    con.execute("update marts.dim_pools set max_reassignments = 1")
    decide(con, 1, 0, "assign", "ann")
    decide(con, 2, 60, "reassign", "bob", previous_member_id="ann", cause="breach")
    row = {**LEAD, "pool_id": "emea", "policy_version": "v1", "kind": "breach", "target": "fast", "outcome": "stayed"}
    give(con, "marts.fct_breaches", {**row, "member_id": "bob", "due_at": at(120), "decided_at": at(120)})
    assert last(con) == "bob missed the target fast: it has been moved as often as it may, so it stays"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"outcome": "duplicate", "duplicate_of": "L0", "duplicate_of_source": "crm"},
         "is the same person as L0 of crm: folded into it"),
        ({"outcome": "disqualified", "outcome_reason": "no-consent"}, "was set aside by the rule no-consent"),
        ({"outcome": "quarantined", "outcome_reason": "ID_MANGLED", "created_at": None, "decided_at": None},
         "was refused: ID_MANGLED (ops.quarantine says which field, and how to fix it)"),
    ],
)  # fmt: skip
def test_what_never_met_the_rotation_says_why(con, more, words):
    item(con, **more)
    assert [step for step, _ in steps(con)] == ["arrived", more["outcome"]]
    assert last(con) == words


def test_kept_items_stay_with_their_owner(con):
    item(con, outcome="kept", outcome_reason="account", owner_id="ann")
    give(con, "marts.fct_ownership", {**LEAD, "owner_id": "ann", "from_at": at(0), "cause": "kept"})
    assert last(con) == "stays with ann, who has the account it belongs to; no turn is charged"


def test_kept_by_the_last_owner_and_closed_while_waiting(con):
    item(con, outcome="kept", outcome_reason="survivor", owner_id="ann")
    give(
        con, "marts.fct_ownership", {**LEAD, "owner_id": "ann", "from_at": at(0), "cause": "kept", "decision_id": "d1"}
    )
    decide(con, 1, 0, "keep", "ann", codes=(), balances=())
    assert [step for step, _ in steps(con)] == ["arrived", "keep"]
    assert last(con) == "stays with ann, the last owner of this person; no turn is charged"
    con.execute("update marts.fct_decisions set kind = 'withdraw', member_id = null")
    assert last(con) == "waits no longer: it was closed"


def test_a_late_item_says_from_when_on_it_counts(con):
    item(con, decided_at=at(90))
    told = taken(con, "from marts.story('L1')")[0]
    assert told["counted_at"] == at(90)
    assert told["in_words"] == "a lead of crm came in, delivered when later things had been decided already"


def test_a_live_item_says_that_nobody_knew_of_it_before(con):
    item(con, decided_at=at(5), known_at=at(5))
    told = taken(con, "from marts.story('L1')")[0]
    assert told["counted_at"] == at(5)
    assert told["in_words"] == "a lead of crm came in, known once its delivery had closed"


def test_one_that_was_decided_when_it_came_is_not_late(con):
    item(con, decided_at=at(0), known_at=at(5))
    told = taken(con, "from marts.story('L1')")[0]
    assert (told["counted_at"], told["in_words"]) == (None, "a lead of crm came in")
