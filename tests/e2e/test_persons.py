"""Who is one person over several runs: joined by a later item, and never mistaken for a stranger."""

import pytest

from tests.e2e import lives
from tests.e2e.projects import SOURCES_YAML, policy, rows, run_project, write_project

SOURCES = SOURCES_YAML + "      other_emails: Others\n"
PERSONS = "select item_id, person_id, outcome from marts.fct_items order by item_seq"


def deliver(folder, day, *leads):
    lines = [f"{name},2026-03-{day:02}T09:{minute:02}:00Z,{email},{others}" for minute, (name, email, others) in leads]
    path = folder / "landing" / f"leads_202603{day:02}T1000.csv"
    path.write_text("\n".join(["Id,Created,Email,Others,Name,Phone,Country,Skills,Priority,Consent,Account"] + [
        f"{line},,,,,,," for line in lines
    ]) + "\n")  # fmt: skip


def start(folder, **pool):
    made = write_project(folder, policy([{"user": "ann"}, {"user": "bob"}], **pool), sources=SOURCES)
    deliver(
        made, 2, (0, ("a", "a@x.example", "")), (1, ("b", "b@x.example", "")), (2, ("ab", "a@x.example", "b@x.example"))
    )
    return made


def test_the_number_of_a_joined_person_is_never_given_again(tmp_path):
    folder = start(tmp_path / "p", sticky_for="10d")
    run_project(folder)
    deliver(folder, 3, (0, ("c", "c@x.example", "")))
    run_project(folder)
    assert rows(folder, PERSONS) == [
        ("a", "P1", "assigned"), ("b", "P2", "assigned"), ("ab", "P1", "duplicate"), ("c", "P3", "assigned"),
    ]  # fmt: skip
    # bob had the last item of the second person; a stranger has no last owner.
    assert rows(folder, "select owner_id from marts.fct_items where item_id in ('b', 'c') order by 1") == [
        ("ann",),
        ("bob",),
    ]


def test_one_run_and_two_name_persons_alike(tmp_path):
    folder = start(tmp_path / "p")
    deliver(folder, 3, (0, ("c", "c@x.example", "")), (1, ("bc", "c@x.example", "b@x.example")))
    run_project(folder)
    twice = start(tmp_path / "q")
    run_project(twice)
    deliver(twice, 3, (0, ("c", "c@x.example", "")), (1, ("bc", "c@x.example", "b@x.example")))
    run_project(twice)
    assert rows(folder, PERSONS) == rows(twice, PERSONS)


def test_who_asks_again_long_after_a_closing_stays_with_the_last_owner(tmp_path):
    # Leads alone, all of them folded: the rotation would give the last one to ann.
    again = {**policy([{"user": "ann"}, {"user": "bob"}]), "identity": {"window": "5d"}}
    folder = write_project(tmp_path / "p", again, sources=SOURCES_YAML + "      closed_at: Others\n")
    deliver(folder, 2, (0, ("a", "a@x.example", "")), (1, ("b", "b@x.example", "")))
    deliver(folder, 3, (1, ("b", "b@x.example", "2026-03-03T09:00:00Z")))
    deliver(folder, 20, (0, ("again", "b@x.example", "")))
    run_project(folder)
    assert rows(folder, "select outcome, outcome_reason, owner_id from marts.fct_items where item_id = 'again'") == [
        ("kept", "survivor", "bob")
    ]


def test_what_was_kept_as_it_came_has_no_territory_whatever_becomes_of_it(tmp_path):
    def lived(folder, *, is_split):
        lives.project(
            folder, {"pool": {"members": lives.members("a", "b")}},
            territories=[{"name": "all", "pool": "pool", "when": {"priority": {"is_empty": True}}}],
        )  # fmt: skip
        deliveries = [
            ("10:00", {"users": [{"user_id": user, "is_active": "true"} for user in "ab"],
                       "leads": [lives.item("one", "09:00", email="p@x.example")]}),
            ("11:00", {"cases": [lives.item("two", "10:30", email="p@x.example")]}),
            ("12:00", {"users": [{"user_id": "a", "is_active": "false"}]}),
            ("13:00", {"leads": [lives.item("three", "12:30")]}),
        ]  # fmt: skip
        lives.live_through(folder, deliveries, at_once=not is_split)
        return rows(folder, "select item_id, outcome, owner_id, territory_id from marts.fct_items order by item_seq")

    whole, parts = (lived(tmp_path / str(split), is_split=split) for split in (False, True))
    assert whole == parts
    assert whole[1] == ("two", "assigned", "b", None)


FLOOD = [
    ("10:00", {"cases": [lives.item(f"c{n}", f"09:{n + 10}", email="ward@x.example") for n in range(6)]}),
    ("1d 10:00", {"cases": [lives.item("next", "1d 09:00", email="ward@x.example")]}),
]


def flooded(folder, *, at_once, limits, **ownership):
    """Who gets the cases of one person, and how, where each member may have so many a day."""
    lives.project(
        folder, {"pool": {"members": lives.members("a", "b"), "limits": limits}},
        ownership=ownership, identity={"deduplicate": ["lead"]},
    )  # fmt: skip
    lives.live_through(folder, FLOOD, at_once=at_once)
    return rows(folder, "select item_id, outcome, owner_id from marts.fct_items order by item_seq")


@pytest.mark.parametrize("at_once", [True, False])
def test_the_claim_of_a_persons_last_owner_holds_within_limits(tmp_path, at_once):
    found = flooded(tmp_path / "p", at_once=at_once, limits={"daily": 2})
    assert found == [
        ("c0", "assigned", "a"), ("c1", "kept", "a"),
        ("c2", "assigned", "b"), ("c3", "kept", "b"),
        ("c4", "assigned", "b"), ("c5", "assigned", "a"),
        ("next", "kept", "a"),
    ]  # fmt: skip
    # They waited until their owners might have some again.
    assert lives.steps(tmp_path / "p", "c4", "c5") == [
        "c4 hold at 09:14", "c5 hold at 09:15", "c4 assign b at 1d 00:00", "c5 assign a at 1d 00:00"
    ]  # fmt: skip


def test_or_whatever_the_limits_where_the_policy_says_so(tmp_path):
    found = flooded(tmp_path / "p", at_once=True, limits={"daily": 2}, survivor_within_limits=False)
    assert {row[1:] for row in found[1:]} == {("kept", "a")}


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("rule", "owner"), [("keep", "kept a"), ("rotate", "assigned b"), ("deputy", "kept c")])
def test_that_claim_is_no_ones_or_the_deputys_while_the_owner_is_away(tmp_path, at_once, rule, owner):
    folder = lives.project(
        tmp_path / "p", {"pool": {"members": lives.members("a", "b", "c")}},
        identity={"deduplicate": ["lead"]}, users=[{"user": "a", "deputy": "c"}],
        ownership={"when_away": {"over": "2d", "do": rule}},
    )  # fmt: skip
    away = {"user_id": "a", "start": lives.clock("1d 08:00").isoformat(), "end": lives.clock("4d 08:00").isoformat()}
    deliveries = [
        ("08:00", {"users": [{"user_id": user, "is_active": "true"} for user in "abc"], "absences": [away]}),
        ("10:00", {"cases": [lives.item("one", "09:00", email="p@x.example")]}),
        ("1d 10:00", {"cases": [lives.item("two", "1d 09:00", email="p@x.example")]}),
    ]
    lives.live_through(folder, deliveries, at_once=at_once)
    found = rows(folder, "select outcome || ' ' || owner_id from marts.fct_items where item_id = 'two'")
    assert found == [(owner,)]


@pytest.mark.parametrize("at_once", [True, False])
def test_who_turned_out_to_be_one_person_is_told(tmp_path, at_once):
    folder = start(tmp_path / "p")
    if not at_once:
        run_project(folder)
    deliver(folder, 3, (0, ("c", "c@x.example", "")), (1, ("abc", "b@x.example", "c@x.example")))
    run_project(folder)
    assert rows(folder, "select person_id, into_person_id, item_id from ops.persons order by all") == [
        ("P2", "P1", "ab"), ("P3", "P1", "abc")
    ]  # fmt: skip
