"""Everything settled before the rotation: owners, duplicates, qualification, territories, skills, who is there.

One project with every feed and two deliveries, run once; each test reads its own part of the answer.
"""

import csv
import shutil
from datetime import UTC, datetime

import pytest

from tests.e2e.projects import rows, run_project, write_project

FEED = """
  {feed}:
    table: {table}
    location: {feed}_*.csv
    delivered_at: "{feed}_%Y%m%dT%H%M.csv"
    options: {{time_zone: UTC}}
    mapping: {{{mapping}}}
"""
LEAD_COLUMNS = (
    "item_id created_at email other_emails phone full_name country language needed_skills consent_status "
    "account_id contact_id"
)
FEEDS = {
    "leads": (
        "items, object_type: lead",
        LEAD_COLUMNS,
    ),
    "contacts": ("contacts", "contact_id account_id email owner_id"),
    "accounts": ("accounts", "account_id domain owner_id"),
    "deals": ("opportunities", "opportunity_id account_id contact_id owner_id is_open"),
    "users": ("users", "user_id is_active active_until"),
    "absences": ("absences", "user_id start end"),
}
FIRST, SECOND = "20260304T1800", "20260305T1800"

POOLS = {
    "pool": {"members": [{"user": "gone"}, {"user": "r1"}, {"user": "r2"}]},
    "north": {"members": [{"user": "n1"}]},
    "south": {"members": [{"user": "s1"}]},
    "words": {"members": [{"user": "w1"}, {"user": "w2", "skills": ["french"]}, {"user": "w3", "skills": ["german"]}]},
}
V1 = {
    "version": "v1",
    "effective_from": "2026-01-01",
    "skills": ["french", "german"],
    "pools": POOLS,
    "territories": [
        {"name": "nordic", "pool": "south", "when": {"country": ["NO", "SE"]}, "priority": 20},
        {"name": "norway", "pool": "north", "when": {"country": ["NO"]}, "priority": 10},
        {"name": "france", "pool": "words", "when": {"country": ["FR"]}, "needs": ["french"]},
        {"name": "belgium", "pool": "words", "when": {"country": ["BE"]}},
    ],
    "catch_all": "pool",
    "ownership": {"owners_gone": {"departed": {"do": "keep"}}},
    "skill_rules": [{"name": "speaks-german", "when": {"language": ["de"]}, "needs": ["german"]}],
    "qualification": [
        {"name": "no-consent", "when": {"consent_status": ["denied"]}},
        {"name": "embargo", "when": {"country": ["KP"], "consent_status": ["granted", "denied"]}},
    ],
}
V2 = {
    **V1,
    "version": "v2",
    "effective_from": "2026-03-04T12:00:00Z",
    "territories": [{"name": "norway", "pool": "south", "when": {"country": ["NO"]}}],
    "ownership": {
        "precedence": ["account", "contact", "opportunity"],
        "keep_inactive": "true",
        "owners_gone": {"departed": {"do": "keep"}},
    },
}

USERS = ("ann", "bob", "cat", "dan", "r1", "r2", "n1", "s1", "w1", "w2", "w3")
ACCOUNTS = [
    ("A1", "acme.example", "ann"),
    ("A2", "shared.example", "bob"),
    ("A3", "shared.example", "cat"),
    ("A6", "", "dan"),
    ("A7", "", "ann"),
    ("A8", "", "late"),
]
CONTACTS = [
    ("C1", "A1", "c1@contact.example", "bob"),
    ("C2", "", "c2@contact.example", "gone"),
    ("C3", "A6", "c3@contact.example", "gone"),
    ("C4", "", "c4@contact.example", "ghost"),
    ("C5", "A1", "c5@contact.example", ""),
    ("C6", "", "c6@contact.example", "bob"),
    ("C8", "", "c8@contact.example", "ann"),
    ("C9", "A1", "c9@contact.example", "bob"),
    ("D1", "", "", ""),
    ("D2", "", "", ""),
    ("D3", "", "", ""),
]
DEALS = [
    ("O1", "A1", "", "cat", "false"),
    ("O2", "", "C1", "cat", "true"),
    ("O7b", "A7", "", "bob", "true"),
    ("O7a", "A7", "", "cat", "true"),
    ("O7c", "A7", "", "dan", "false"),
    ("P1", "", "D1", "cat", "true"),
    ("P2", "", "D2", "bob", "true"),
    ("P3", "", "D3", "bob", "true"),
]


def at(day, hour, minute=0):
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def lead(item, created, **more):
    return {"item_id": item, "created_at": created.isoformat(), "email": f"{item}@person.example".lower(), **more}


OWNED = [
    lead("by-deal", at(2, 9, 1), contact_id="C1"),
    lead("by-contact", at(2, 9, 2), contact_id="C6"),
    lead("by-email", at(2, 9, 3), email="C8@Contact.example"),
    lead("by-account", at(2, 9, 4), account_id="A1"),
    lead("by-domain", at(2, 9, 5), email="someone@acme.example"),
    lead("two-domains", at(2, 9, 6), email="someone@shared.example"),
    lead("inactive", at(2, 9, 7), contact_id="C2"),
    lead("unknown", at(2, 9, 8), contact_id="C4"),
    lead("next-claim", at(2, 9, 9), contact_id="C3"),
    lead("tied", at(2, 9, 10), account_id="A7"),
    lead("no-contact-owner", at(2, 9, 11), contact_id="C5"),
    lead("before-end", at(2, 9, 29), account_id="A8"),
    lead("after-end", at(2, 9, 30), account_id="A8"),
]
PERSONS = [
    lead("ada", at(2, 10, 0), email="ada@lovelace.example"),
    lead("ada-case", at(2, 10, 1), email=" ADA@Lovelace.Example "),
    lead("ada-second", at(2, 10, 2), other_emails="ada@lovelace.example"),
    lead("ada-chain", at(2, 10, 3), email="ada-second@person.example", consent_status="denied"),
    lead("phone", at(2, 10, 4), phone="+47 22 00 00 00", full_name="Kari Nordmann"),
    lead("phone-name", at(2, 10, 5), phone="+47 (22) 00-00-00", full_name="KARI  nordmann"),
    lead("phone-other", at(2, 10, 6), phone="+4722000000", full_name="Ola Nordmann"),
]
RULES = [
    lead("denied", at(2, 11, 0), consent_status="denied", contact_id="C6"),
    lead("embargo", at(2, 11, 1), consent_status="granted", country="KP"),
    lead("norway", at(2, 11, 2), country="Norway"),
    lead("sweden", at(2, 11, 3), country="SE"),
    lead("france-1", at(2, 11, 4), country="FR"),
    lead("france-2", at(2, 11, 5), country="FR"),
    lead("german-1", at(2, 11, 6), country="BE", language="German"),
    lead("german-2", at(2, 11, 7), country="BE", language="de", needed_skills="German"),
    lead("both", at(2, 11, 8), country="FR", language="de"),
    lead("klingon", at(2, 11, 9), country="NO", needed_skills="klingon"),
]
AWAY = [lead(f"away-{number}", at(3, 9, number)) for number in range(4)]
CHANGE = [
    lead("last-v1", datetime(2026, 3, 4, 11, 59, 59, 999999, tzinfo=UTC), country="NO"),
    lead("first-v2", at(4, 12), country="NO"),
    lead("account-first", at(4, 12, 1), contact_id="C9"),
    lead("kept-inactive", at(4, 12, 2), email="c2@contact.example"),
    lead("deal-before", at(4, 12, 4), contact_id="D1"),
    lead("unknown-v2", at(4, 12, 3), email="c4@contact.example"),
]
LATER = [lead(f"later-{number}", at(5, 9, number)) for number in range(3)]


def write(folder, feed, columns, records, delivered):
    with (folder / "landing" / f"{feed}_{delivered}.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns.split(), restval="")
        writer.writeheader()
        for record in records:
            writer.writerow(record if isinstance(record, dict) else dict(zip(columns.split(), record, strict=False)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    sources = "sources:" + "".join(
        FEED.format(
            feed=feed,
            table=table.replace(", ", "\n    "),
            mapping=", ".join(f"{name}: {name}" for name in columns.split()),
        )
        for feed, (table, columns) in FEEDS.items()
    )
    folder = write_project(tmp_path_factory.mktemp("owners") / "project", [V1, V2], sources=sources)
    users = [(user, "true") for user in USERS] + [("gone", "false"), ("late", "true", "2026-03-02T09:30:00Z")]
    first = {
        "leads": OWNED + PERSONS + RULES + AWAY + CHANGE,
        "contacts": CONTACTS,
        "accounts": ACCOUNTS,
        "deals": DEALS,
        "users": users,
        "absences": [("r2", "2026-03-03", "2026-03-03")],
    }
    for feed, records in first.items():
        write(folder, feed, FEEDS[feed][1], records, FIRST)
    write(folder, "users", FEEDS["users"][1], [("r1", "false")], SECOND)
    write(folder, "leads", FEEDS["leads"][1], LATER, SECOND)
    report = run_project(folder)
    assert report.exit_code == 0
    assert not report.refused
    return folder


@pytest.fixture(scope="module")
def items(folder):
    """Outcome, reason, owner of every item."""
    found = rows(folder, "select item_id, outcome, outcome_reason, owner_id from marts.fct_items")
    return {item: tuple(rest) for item, *rest in found}


@pytest.fixture(scope="module")
def routed(folder):
    """Territory and pool of every item."""
    return {
        item: tuple(rest) for item, *rest in rows(folder, "select item_id, territory_id, pool_id from marts.fct_items")
    }


def test_existing_owners_keep_in_the_order_of_claims(items):
    assert {item: items[item] for item in ("by-deal", "by-contact", "by-email", "by-account", "by-domain")} == {
        "by-deal": ("kept", "opportunity_owner", "cat"),
        "by-contact": ("kept", "contact_owner", "bob"),
        "by-email": ("kept", "contact_owner", "ann"),
        "by-account": ("kept", "account_owner", "ann"),
        "by-domain": ("kept", "account_owner", "ann"),
    }
    assert items["no-contact-owner"] == ("kept", "account_owner", "ann")


def test_where_an_item_was_found_to_belong_is_kept_with_it(folder):
    found = rows(folder, "select item_id, contact_id, account_id from marts.fct_items")
    belongs = {item: (contact, account) for item, contact, account in found}
    assert belongs["by-deal"] == ("C1", "A1")
    assert belongs["by-email"] == ("C8", None)
    assert belongs["by-domain"] == (None, "A1")
    # Two accounts have the domain: neither is guessed.
    assert belongs["two-domains"] == (None, None)
    assert belongs["next-claim"] == ("C3", "A6")


def test_an_owner_who_is_not_there_leaves_the_item_to_the_rotation_and_says_so(items):
    assert items["inactive"][:2] == ("assigned", "owner_inactive")
    assert items["unknown"][:2] == ("assigned", "owner_unknown")
    assert items["two-domains"][:2] == ("assigned", "rotation")
    assert {items[item][2] for item in ("inactive", "unknown", "two-domains")} <= {"r1", "r2"}
    assert items["next-claim"] == ("kept", "account_owner", "dan")


def test_an_owner_counts_until_the_instant_the_users_feed_ends_it(items):
    assert items["before-end"] == ("kept", "account_owner", "late")
    assert items["after-end"][:2] == ("assigned", "owner_inactive")


def test_of_two_open_deals_the_smallest_id_stands_and_the_tie_is_noted(folder, items):
    assert items["tied"] == ("kept", "opportunity_owner", "cat")
    tied = rows(folder, "select item_id, tied_owner_count from marts.fct_items where tied_owner_count is not null")
    assert dict(tied)["tied"] == 2
    assert {count for item, count in tied if item != "tied"} == {1}


def test_kept_items_cost_nobody_a_turn(folder, items):
    decided = {item for (item,) in rows(folder, "select item_id from marts.fct_decisions")}
    assert decided == {item for item, (outcome, *_) in items.items() if outcome in ("assigned", "held")}
    causes = dict(rows(folder, "select item_id, cause from marts.fct_ownership"))
    assert {causes[item] for item, (outcome, *_) in items.items() if outcome == "kept"} == {"kept"}
    # With nobody kept charged, the two who are there alternate all day.
    query = (
        "select member_id from marts.fct_decisions where pool_id = 'pool' and decided_at < '2026-03-03' order by turn"
    )
    owners = [owner for (owner,) in rows(folder, query)]
    assert owners == ["r1", "r2"] * (len(owners) // 2) + ["r1"] * (len(owners) % 2)
    assert len(owners) >= 6


def test_one_person_is_one_person(folder, items):
    found = rows(folder, "select item_id, duplicate_of, person_id from marts.fct_items where item_seq is not null")
    duplicates = {item: survivor for item, survivor, _ in found if survivor}
    assert duplicates == {"ada-case": "ada", "ada-second": "ada", "ada-chain": "ada", "phone-name": "phone"}
    assert all(items[item] == ("duplicate", "same_person", items[of][2]) for item, of in duplicates.items())
    persons = {item: person for item, _, person in found}
    assert len({persons[item] for item in ("ada", "ada-case", "ada-second", "ada-chain")}) == 1
    # A telephone alone is shared by households.
    assert persons["phone-other"] != persons["phone"]


def test_what_does_not_qualify_is_set_aside_by_the_first_rule(items):
    assert items["denied"] == ("disqualified", "no-consent", None)
    assert items["embargo"] == ("disqualified", "embargo", None)


def test_the_territory_of_the_lowest_priority_number_wins(items, routed):
    assert (routed["norway"], items["norway"][2]) == (("norway", "north"), "n1")
    assert (routed["sweden"], items["sweden"][2]) == (("nordic", "south"), "s1")
    assert routed["two-domains"] == (None, "pool")
    assert routed["by-deal"] == (None, None)


def test_needed_skills_come_from_territories_rules_and_the_item(folder, items):
    assert [items[item][2] for item in ("france-1", "france-2", "german-1", "german-2")] == ["w2", "w2", "w3", "w3"]
    # French and German: nobody has both.
    assert items["both"] == ("held", "nobody_eligible", None)
    query = """
        select considered.member_id, considered.reason
        from marts.fct_considered as considered inner join marts.fct_decisions using (decision_id)
        where item_id = '{}' and fct_decisions.policy_version = 'v1' order by roster_position
    """
    assert rows(folder, query.format("france-1")) == [("w1", "skill_missing"), ("w2", None), ("w3", "skill_missing")]
    assert rows(folder, query.format("both")) == [(member, "skill_missing") for member in ("w1", "w2", "w3")]


def test_a_skill_nobody_knows_goes_to_the_catch_all_and_says_so(items, routed):
    assert routed["klingon"] == (None, "pool")
    assert items["klingon"][:2] == ("assigned", "skill_unknown")


def test_who_the_feeds_say_is_away_is_passed_over(folder, items):
    assert {items[f"away-{number}"][2] for number in range(4)} == {"r1"}
    query = """
        select distinct considered.member_id, considered.reason
        from marts.fct_considered as considered inner join marts.fct_decisions using (decision_id)
        where item_id like '{}' and not is_eligible order by all
    """
    assert rows(folder, query.format("away-%")) == [("gone", "inactive"), ("r2", "vacation")]
    # The second delivery says that r1 has left: from then on, not before.
    assert {items[f"later-{number}"][2] for number in range(3)} == {"r2"}
    assert rows(folder, query.format("later-%")) == [("gone", "inactive"), ("r1", "inactive")]


def test_a_policy_begins_at_its_instant(folder, items, routed):
    versions = dict(rows(folder, "select item_id, policy_version from marts.fct_items"))
    assert (versions["last-v1"], routed["last-v1"]) == ("v1", ("norway", "north"))
    assert (versions["first-v2"], routed["first-v2"]) == ("v2", ("norway", "south"))
    assert items["account-first"] == ("kept", "account_owner", "ann")
    assert items["unknown-v2"][:2] == ("assigned", "owner_unknown")
    assert items["kept-inactive"] == ("kept", "contact_owner", "gone")


def test_a_newer_row_of_a_deal_counts_for_later_items(folder, items, tmp_path):
    assert items["deal-before"] == ("kept", "opportunity_owner", "cat")
    shutil.copytree(folder, tmp_path / "project")
    folder, delivered = tmp_path / "project", "20260306T0900"
    deals = [("P1", "", "D1", "dan", "true"), ("Z2", "", "D2", "ann", "true"), ("P3", "", "D3", "bob", "false")]
    write(folder, "deals", FEEDS["deals"][1], deals, delivered)
    names = {"handed-on": "D1", "newest": "D2", "closed": "D3"}
    leads = [lead(name, at(6, 8, n), contact_id=contact) for n, (name, contact) in enumerate(names.items())]
    write(folder, "leads", FEEDS["leads"][1], leads, delivered)
    run_project(folder)
    query = "select item_id, outcome, outcome_reason, owner_id, tied_owner_count from marts.fct_items"
    after = {item: tuple(rest) for item, *rest in rows(folder, query)}
    assert {item: after[item][:3] for item in items} == items
    assert after["handed-on"] == ("kept", "opportunity_owner", "dan", 1)
    assert after["newest"] == ("kept", "opportunity_owner", "ann", 2)
    assert after["closed"][:2] == ("assigned", "rotation")
