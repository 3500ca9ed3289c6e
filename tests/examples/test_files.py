"""Every delivered file reads by the dialect that sources.yaml declares, and holds what its mapping names."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from datetime import UTC, datetime
from fnmatch import fnmatch

import phonenumbers
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo.feeds import FEEDS
from rr_pipeline.examples.demo.people import FREE_MAIL, RIVAL_MAIL, SPAM_MAIL
from rr_pipeline.examples.demo.places import countries


@pytest.fixture(scope="module")
def project(demo):
    return load_project(demo.folder, {})


@pytest.fixture(scope="module")
def delivered(project, landing):
    """Source -> rows of its files: (file name, row) with the row as cells by header, or a list where it is ragged."""
    return {
        source.name: [row for path in files_of(source, landing) for row in read(source, path)]
        for source in project.sources
    }


def files_of(source, landing):
    return sorted(path for path in landing.iterdir() if fnmatch(path.name, source.location))


def read(source, path):
    text = path.read_bytes().decode("utf-8-sig" if source.options.encoding == "utf-8" else source.options.encoding)
    if source.format == "jsonl":
        for line in text.removesuffix("\n").split("\n"):
            try:
                yield path.name, json.loads(line)
            except json.JSONDecodeError:
                yield path.name, [line]
        return
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=source.options.delimiter, strict=True)
    header = next(rows)
    for row in rows:
        yield path.name, dict(zip(header, row, strict=True)) if len(row) == len(header) else row


def whole(rows):
    return [row for _, row in rows if isinstance(row, dict)]


def test_settings_load_without_a_warning(project):
    assert project.warnings == ()
    assert len(project.sources) == 15


def test_every_file_belongs_to_one_source_and_names_its_delivery(project, landing):
    for path in landing.iterdir():
        owners = [source for source in project.sources if fnmatch(path.name, source.location)]
        assert len(owners) == 1
        stamp = datetime.strptime(path.name + "+0000", owners[0].delivered_at + "%z")  # noqa: DTZ007
        assert datetime(2026, 6, 7, tzinfo=UTC) <= stamp <= datetime(2026, 7, 1, 0, 5, tzinfo=UTC)


def test_counts_per_file(demo, project, delivered):
    counted = Counter(name for rows in delivered.values() for name, _ in rows)
    assert counted == {file.name: file.row_count for file in demo.files}


def test_mapped_columns_are_in_the_files(project, delivered):
    for source in project.sources:
        headers = set(whole(delivered[source.name])[0])
        for column, rule in source.mapping.items():
            missing = [name for name in rule.columns if name not in headers]
            assert not missing or rule.any_of, (source.name, column, missing)
            if (
                column in {"item_id", "created_at", "email", "owner_id", "occurred_at", "consent_status"}
                and rule.any_of
            ):
                found = [name for name in rule.columns if name in headers]
                assert found or source.name in {"crm_cases", "crm_opportunities"}, (source.name, column)


def test_ragged_and_broken_rows_are_those_planted(demo, delivered):
    torn = {name: sum(isinstance(row, list) for _, row in rows) for name, rows in delivered.items()}
    planted = demo.spoilt
    assert torn["partner_leads"] == planted["json_broken"]
    assert sum(torn.values()) == planted["json_broken"] + planted["ragged_short"] + planted["ragged_long"]


def test_times_follow_the_declared_pattern(project, delivered):
    for source in project.sources:
        if source.table != "items" or source.options.time_format is None:
            continue
        column = source.mapping["created_at"].columns[0]
        bad = 0
        for row in whole(delivered[source.name]):
            try:
                datetime.strptime(row[column], source.options.time_format)  # noqa: DTZ007 (local times: only the pattern counts)
            except ValueError:
                bad += 1
        assert 0 < bad < 0.02 * len(delivered[source.name])


def test_dialects_differ(landing):
    lead, web = (min(landing.glob(pattern)).read_bytes() for pattern in ("Lead_*", "webskjema_*"))
    assert lead.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in lead
    assert b"\r\n" not in web
    assert "Løpenr;Fornavn".encode("cp1252") in web
    assert re.search(rb";\d\d\.0\d\.2026 \d\d:\d\d;", web)


def test_duplicates_are_really_there(demo, delivered):
    leads = [tuple(row.values()) for row in whole(delivered["crm_leads"])]
    web = [tuple(row.values()) for row in whole(delivered["web_leads"])]
    repeated = sum(count - 1 for rows in (leads, web) for count in Counter(rows).values())
    assert 0.3 * demo.duplicates["exact_copy"] < repeated <= demo.duplicates["exact_copy"]
    tagged = sum(
        "+news@" in (row["Email"] or "") or "+crm2026@" in row["Email"] for row in whole(delivered["crm_leads"])
    )
    assert tagged > 0


def test_one_mailbox_is_one_person_but_for_the_planted(demo, delivered):
    addresses: Counter[str] = Counter()
    for source, column in (
        ("crm_leads", "Email"),
        ("web_leads", "E-post"),
        ("event_contacts", "Email"),
        ("partner_leads", "mail"),
    ):
        addresses.update(
            str(row[column]).casefold() for row in whole(delivered[source]) if row[column] and "@" in row[column]
        )
    again = sum(count - 1 for count in addresses.values())
    assert again <= sum(demo.duplicates.values()) + demo.spoilt["email_role"] + demo.spoilt["email_test"]


def test_phones_are_valid_where_not_planted(demo, delivered):
    codes = {country.name: country.code for country in countries()}
    told = [(row["Phone"], row["Country"]) for row in whole(delivered["crm_leads"]) if row["Phone"]]
    bad = sum(not is_valid_phone(phone, codes.get(country, country)) for phone, country in told)
    planted = ("phone_invalid", "phone_null_word", "country_unknown", "country_missing")
    assert 0 < bad <= sum(demo.spoilt[kind] for kind in planted)
    assert 0.45 < len(told) / len(delivered["crm_leads"]) < 0.65


def is_valid_phone(text: str, country: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, "NO" if text.startswith("00") else country))
    except phonenumbers.NumberParseException:
        return False


def test_no_address_can_be_anybodys(delivered):
    domains = {
        str(row["Email"]).rpartition("@")[2].strip("\u200b\ufeff\u00a0 \t").casefold()
        for row in whole(delivered["crm_leads"])
        if "@" in str(row["Email"])
    }
    reserved = {"test.com", "example.com", "a.test", "example.org"}
    assert {domain.rpartition(".")[2] for domain in domains - reserved} == {"corp", "mail"}
    assert {*FREE_MAIL, *SPAM_MAIL, RIVAL_MAIL} <= domains


def test_owners_and_members_are_known_users(project, delivered):
    users = {row["Id"] for row in whole(delivered["crm_users"])}
    assert {member.user for policy in project.policies for pool in policy.pools for member in pool.members} <= users
    owners = {row["OwnerId"] for row in whole(delivered["crm_accounts"])}
    inactive = {row["Id"] for row in whole(delivered["crm_users"]) if row["IsActive"] == "false"}
    assert owners & inactive
    assert owners - users == {"queue-inbound", "integration", "xformer"}
    assert {row["OwnerId"] for row in whole(delivered["crm_tasks"])} <= users


def test_activities_are_of_delivered_items_and_follow_them(project, delivered):
    created = {}
    for source in project.sources:
        if source.table == "items":
            column = source.mapping["item_id"].columns[0]
            created |= {row[column]: row for row in whole(delivered[source.name]) if row.get(column)}
    for name, column in (("crm_tasks", "WhoId"), ("crm_events", "WhoId"), ("crm_changes", "RecordId")):
        told = whole(delivered[name])
        assert {row[column] for row in told} <= set(created), name
        assert len({row["Id"] for row in told}) == len(told)
    leads = {row["Id"]: row["CreatedDate"] for row in whole(delivered["crm_leads"])}
    calls = [row for row in whole(delivered["crm_tasks"]) if row["WhoId"] in leads]
    assert all(leads[row["WhoId"]] < row["CompletedDateTime"] for row in calls)
    ends = Counter((row["Field"], row["NewValue"]) for row in whole(delivered["crm_changes"]))
    for end in (
        ("Status", "Closed"),
        ("Status", "Spam"),
        ("Owner_Response__c", "Declined"),
        ("StageName", "Closed Won"),
    ):
        assert ends[end] > 0, end


def test_hot_items_are_called_by_colleagues_on_duty(delivered):
    hot = {row["Id"] for row in whole(delivered["crm_leads"]) if row["Rating"] == "Hot"}
    callers = Counter(row["WhoId"] for row in whole(delivered["crm_tasks"]))
    called = [callers[item] for item in hot if callers[item]]
    assert len(called) > 0.6 * len(hot)
    assert 1.8 < sum(called) / len(called) < 4
    others = [count for item, count in callers.items() if item.startswith("00Q") and item not in hot]
    assert sum(others) / len(others) < 1.6


def test_links_point_at_delivered_records(delivered):
    accounts = {row["Id"] for row in whole(delivered["crm_accounts"])}
    contacts = {row["Id"] for row in whole(delivered["crm_contacts"])}
    for source, column, known in (
        ("crm_leads", "Account__c", accounts),
        ("crm_cases", "AccountId", accounts),
        ("crm_cases", "ContactId", contacts),
        ("crm_opportunities", "ContactId", contacts),
        ("crm_contacts", "AccountId", accounts),
        ("crm_pipeline", "AccountId", accounts),
    ):
        told = {row[column] for row in whole(delivered[source]) if row[column]}
        assert told, (source, column)
        assert told <= known, (source, column)


def test_people_write_in_several_alphabets(delivered):
    letters = "".join(str(row["LastName"]) for row in whole(delivered["crm_leads"]))
    for sign in ("å", "ß", "Ł", "佐", "Π", "Ш", "श"):
        assert sign.casefold() in letters.casefold(), sign


def test_feeds_and_sources_are_the_same_list(project):
    assert {feed.name for feed in FEEDS} == {source.name for source in project.sources if source.table == "items"}
