from __future__ import annotations

import pytest

from rr_pipeline.config import CANONICAL, REQUIRED, ColumnRule, RowFilter

BASE = "  web:\n    table: items\n    object_type: lead\n    location: web_*.csv\n"
MAPPING = "    mapping:\n      item_id: Id\n      created_at: Created\n"


def source(folder, text=BASE + MAPPING):
    folder.write("sources.yaml", "sources:\n" + text)
    (built,) = folder.load().sources
    return built


def rule(folder, text):
    return source(folder, f"{BASE}{MAPPING}      email: {text}\n").mapping["email"]


def test_a_small_feed_and_its_defaults(folder):
    web = source(folder)
    assert (web.name, web.table, web.object_type, web.location, web.format) == (
        "web",
        "items",
        "lead",
        "web_*.csv",
        "csv",
    )
    assert (web.delivered_at, web.optional, web.only_rows) == (None, False, ())
    assert web.mapping == {"item_id": ColumnRule(columns=("Id",)), "created_at": ColumnRule(columns=("Created",))}
    options = web.options
    assert (options.delimiter, options.quote, options.encoding, options.decimal) == (",", '"', "utf-8", ".")
    assert options.time_zone is None
    assert "" in options.null_values
    assert "NA" not in options.null_values  # Namibia


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mail", ColumnRule(columns=("Mail",))),
        ("17", ColumnRule(columns=("17",))),
        ("[Mail, Other]", ColumnRule(columns=("Mail", "Other"))),
        ("{column: Mail}", ColumnRule(columns=("Mail",))),
        ("{columns: [A, B], combine: join}", ColumnRule(columns=("A", "B"), combine="join")),
        ("{columns: [A, B], any_of: true}", ColumnRule(columns=("A", "B"), any_of=True)),
        ("{value: web}", ColumnRule(value="web")),
        ("{value: ''}", ColumnRule(value="")),
        (
            "{column: A, values: {'true': granted, no: NO}, default: unknown}",
            ColumnRule(columns=("A",), values={"true": "granted", "no": "NO"}, default="unknown"),
        ),
    ],
)
def test_forms_of_a_column_rule(folder, text, expected):
    assert rule(folder, text) == expected


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("{}", "COLUMN_RULE", "constant"),
        ("[]", "COLUMN_RULE", "constant"),
        ("{column: A, value: x}", "COLUMN_RULE", "just one"),
        ("{column: A, columns: [B]}", "COLUMN_RULE", "keep one"),
        ("{value: x, default: y}", "COLUMN_RULE", "constant"),
        ("[A, A]", "COLUMN_RULE", "twice"),
        ("{colum: A}", "KEY_UNKNOWN", "'column'"),
        ("{column: A, combine: concat}", "VALUE_UNKNOWN", "join"),
        ("{column: [A]}", "SHAPE_TEXT", ""),
        ("", "VALUE_MISSING", ""),
        ("' A'", "VALUE_BLANK", ""),
    ],
)
def test_column_rules_that_are_refused(folder, text, code, says):
    folder.write("sources.yaml", f"sources:\n{BASE}{MAPPING}      email: {text}\n")
    problem = folder.only()
    assert (problem.file, problem.row, problem.code) == ("sources.yaml", 9, code)
    assert problem.field.startswith("sources.web.mapping.email")
    assert says in problem.message


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("location: ../x.csv", "PATH_OUTSIDE", "location"),
        ("location: /data/x.csv", "PATH_OUTSIDE", "location"),
        ("location: a/../../x.csv", "PATH_OUTSIDE", "location"),
        ("location: https://user:pass@host/x.csv", "PATH_OUTSIDE", "location"),
        ("location: ''", "PATH_INVALID", "location"),
        ("format: excel", "VALUE_UNKNOWN", "format"),
        ("optional: yes", "SWITCH_INVALID", "optional"),
        ("delivered_at: web_%Y%m.csv", "TIME_PATTERN", "delivered_at"),
        ("delivered_at: web_%Y%Y%m%d.csv", "TIME_PATTERN", "delivered_at"),
        ("delivered_at: web_%Y%m%d_%Q.csv", "TIME_PATTERN", "delivered_at"),
        ("delivered_at: 'web_%Y%m%d_%'", "TIME_PATTERN", "delivered_at"),
        ("options: {delimiter: ',,'}", "DELIMITER_INVALID", "options.delimiter"),
        ("options: {delimiter: a}", "DELIMITER_INVALID", "options.delimiter"),
        ('options: {delimiter: "\'", quote: "\'"}', "DELIMITER_INVALID", "options"),
        ("options: {quote: x}", "QUOTE_INVALID", "options.quote"),
        ("options: {encoding: utf8000}", "ENCODING_UNKNOWN", "options.encoding"),
        ("options: {encoding: rot13}", "ENCODING_UNKNOWN", "options.encoding"),
        ("options: {time_zone: UTC+2}", "TIME_ZONE_UNKNOWN", "options.time_zone"),
        ("options: {time_format: '%H:%M'}", "TIME_PATTERN", "options.time_format"),
        ("options: {time_format: epoch}", "TIME_PATTERN", "options.time_format"),
        ("options: {date_format: epoch_s}", "TIME_PATTERN", "options.date_format"),
        ("delivered_at: epoch_s", "TIME_PATTERN", "delivered_at"),
        ("options: {decimal: ;}", "VALUE_UNKNOWN", "options.decimal"),
        ("options: {manifest: ../SUMS}", "PATH_OUTSIDE", "options"),
        ("options: {delimeter: ;}", "KEY_UNKNOWN", "options.delimeter"),
        ("optoins: {}", "KEY_UNKNOWN", "optoins"),
    ],
)
def test_settings_that_are_refused(folder, line, code, field):
    base = "".join(kept for kept in BASE.splitlines(True) if kept.split(":")[0] != line.split(":")[0].rjust(12))
    folder.write("sources.yaml", f"sources:\n{base}    {line}\n{MAPPING}")
    problem = folder.only()
    assert (problem.file, problem.code, problem.field) == ("sources.yaml", code, f"sources.web.{field}")
    assert "pass@" not in str(problem)


@pytest.mark.parametrize(
    ("text", "code", "field"),
    [
        ("  web: {location: x, mapping: {item_id: A, created_at: B}}", "KEY_MISSING", "table"),
        ("  web: {table: items, location: x, mapping: {item_id: A, created_at: B}}", "KEY_MISSING", "object_type"),
        ("  web: {table: users, object_type: lead, location: x, mapping: {user_id: A}}", "KEY_UNKNOWN", "object_type"),
        ("  web: {table: users, location: x, mapping: {user: A, user_id: B}}", "COLUMN_UNKNOWN", "mapping.user"),
        ("  web: {table: users, location: x}", "COLUMN_UNMAPPED", "mapping.user_id"),
        ("  web: {table: item, object_type: lead, location: x}", "VALUE_UNKNOWN", "table"),
        ("  web: {preset: salesforce.leads, location: x}", "PRESET_UNKNOWN", "preset"),
        ("  web: {preset: salesforce.lead, table: users, location: x}", "PRESET_TABLE", "preset"),
        ("  web: {preset: salesforce.lead}", "KEY_MISSING", "location"),
        ("  web: text", "SHAPE_MAPPING", ""),
    ],
)
def test_what_does_not_fit_the_table(folder, text, code, field):
    folder.write("sources.yaml", f"sources:\n{text}\n")
    problem = folder.only()
    assert (problem.row, problem.code, problem.field) == (2, code, f"sources.web.{field}".rstrip("."))


def test_the_name_of_a_feed_names_a_table(folder):
    folder.write("sources.yaml", f"sources:\n{BASE.replace('web:', 'Web leads:')}{MAPPING}")
    assert folder.only().code == "NAME_INVALID"


def test_options(folder):
    web = source(
        folder,
        BASE + "    options: {delimiter: tab, quote: '', encoding: Latin-1, decimal: ',', null_values: ['', none],"
        " time_zone: Europe/Oslo, time_format: '%d.%m.%Y %H:%M', date_format: '%d.%m.%Y', manifest: SHA256SUMS}\n"
        "    delivered_at: web_%Y%m%dT%H%M.csv\n    optional: true\n    only_rows: {Kind: [new, open]}\n" + MAPPING,
    )
    assert (web.options.delimiter, web.options.quote, web.options.encoding) == ("\t", "", "iso8859-1")
    assert web.options.null_values == ("", "none")
    assert web.only_rows == (RowFilter(columns=("Kind",), values=("new", "open")),)


@pytest.mark.parametrize("word", ["epoch_s", "epoch_ms"])
def test_times_may_be_counts_since_1970(folder, word):
    assert source(folder, f"{BASE}    options: {{time_format: {word}}}\n{MAPPING}").options.time_format == word


def test_a_preset_is_overridden_column_by_column(folder):
    web = source(
        folder, "  web:\n    preset: salesforce.lead\n    location: x\n    mapping: {email: Mail, tier: Tier}\n"
    )
    assert (web.table, web.object_type) == ("items", "lead")
    assert web.mapping["email"] == ColumnRule(columns=("Mail",))
    assert web.mapping["item_id"].columns == ("Id", "id")
    assert [column for column in CANONICAL["items"] if column in web.mapping] == list(web.mapping)


def test_a_preset_can_feed_another_table_or_object(folder):
    assert source(folder, "  web: {preset: salesforce.contact, location: x}\n").table == "contacts"
    contact = source(folder, "  web: {preset: salesforce.contact, table: items, location: x}\n")
    assert (contact.table, contact.object_type) == ("items", "contact")
    person = source(folder, "  web: {preset: hubspot.contacts, object_type: contact, location: x}\n")
    assert (person.table, person.object_type) == ("items", "contact")


def test_feeds_are_sorted_by_name(folder):
    users = "{table: users, location: x, mapping: {user_id: id}}"
    folder.write("sources.yaml", f"sources:\n  b: {users}\n  a: {users}\n  c: {users}\n")
    project = folder.load()
    assert [feed.name for feed in project.sources] == ["a", "b", "c"]
    assert project.source("b").name == "b"


@pytest.mark.parametrize("text", ["", "sources: {}\n", "# nothing yet\n"])
def test_no_feed_yet_is_fine(folder, text):
    folder.write("sources.yaml", text)
    assert folder.load().sources == ()


def test_required_columns_are_canonical_ones():
    assert set(REQUIRED) == set(CANONICAL)
    assert all(set(REQUIRED[table]) <= set(CANONICAL[table]) for table in CANONICAL)
