"""A mark in every column of every feed, in every format, in good and bad rows: none gets out of the warehouse.

Where a row needs an id, a time or a word to be taken up at all, a plain one stands beside the marks; further rows have
marks there too, written as an address, as a name with an address, and as a single name. The number of a mark says
which column it was put into.

Within the warehouse, a private file, three schemas hold marks beside raw and staging, in the columns of ``KEPT`` alone.
"""

import csv
import json
import re
import warnings
from datetime import date
from io import StringIO

import duckdb
import polars as pl
import pytest

from rr_pipeline.cli.screen import out, show_run
from rr_pipeline.config import CANONICAL, load_project
from rr_pipeline.errors import Exit
from rr_pipeline.outbox.files import export_messages
from rr_pipeline.outbox.messages import Wanted
from rr_pipeline.runs.shadow import simulate
from tests.e2e.projects import policy, rows, run_project, write_project

dg = pytest.importorskip("dagster")
warnings.simplefilter("ignore", dg.BetaWarning)

FORMATS = {"csv": "csv", "jsonl": "jsonl", "parquet": "parquet"}
AT = "2026-03-02T09:00:00Z"
PLAIN = {
    "items": {"item_id": "L{}", "object_type": "lead", "created_at": AT, "updated_at": AT, "priority": "1"},
    "accounts": {"account_id": "A{}"},
    "contacts": {"contact_id": "C{}"},
    "opportunities": {"opportunity_id": "O{}", "is_open": "true"},
    "users": {"user_id": "u{}", "is_active": "true", "time_zone": "UTC"},
    "absences": {"user_id": "a", "start": "2026-05-01", "end": "2026-05-02"},
    "activities": {"activity_id": "T{}", "occurred_at": "2026-03-02T09:01:00Z", "item_id": "L1", "kind": "call"},
    "ownership_history": {"object_type": "lead", "item_id": "L{}", "owner_id": "a", "from_at": AT},
}
"""What a row of each table needs to be taken up; {} is its number."""

STYLES = ("zq{n}@mark.no", "Zq Mark{n} (zq{n}@mark.no)", "Zqname")
MARK = re.compile(rb"zq(?!_)[a-z0-9]*@|zq mark|zqname|zqkey", re.IGNORECASE)

KEPT = {
    # Later deliveries and messages are matched by these ids; all of them are masked where they leave.
    **{
        name: {"items.item_id"}
        for name in (
            "intermediate.int_item_rows.item_id",
            "marts.fct_decisions.item_id",
            "marts.fct_items.item_id",
            "marts.fct_ownership.item_id",
            "marts.fct_sla.item_id",
            "ops.outbox.item_id",
            "ops.outbox.payload",
        )
    },
    "marts.fct_items.account_id": {"items.account_id"},
    "marts.fct_items.contact_id": {"items.contact_id"},
    "marts.fct_items.delivered_owner_id": {"items.owner_id"},
    # What a policy or publishing.values comes to declare later can be shown then.
    **{
        f"marts.fct_items.{column}": {f"items.{column}"}
        for column in ("source_channel", "campaign", "product_interest", "tier", "country")
    },
    # Whoever fixes a refused row looks for it by its id; of each table that is its first column.
    "ops.quarantine.item_id": {
        "items.item_id",
        "users.user_id",
        "absences.user_id",
        "activities.activity_id",
        "ownership_history.item_id",
    },
    # Names of columns, also the keys of JSON, which drift is told by; the tables of raw have them too.
    "ops.feed_columns.column_name": set(),
    # Persons are found again by these keys, which no table that is published has.
    "intermediate.int_identity_keys.key_text": {"items.email", "items.other_emails", "items.full_name"},
    "intermediate.int_key_names.key_text": {"items.email", "items.other_emails"},
    "intermediate.int_key_names.sign": {"items.full_name"},
    # Before a users feed has come, whoever is named as an owner is one; masked where they leave.
    **{
        name: set()
        for name in (
            "marts.fct_items.owner_id",
            "marts.fct_ownership.owner_id",
            "marts.fct_sla.owner_id",
            "marts.mart_reassignments.member_id",
            "marts.mart_sla_daily.member_id",
            "ops.clocks.member_id",
            "ops.outbox.recipient_id",
            "ops.router_open.member_id",
        )
    },
}
"""Columns outside raw and staging that hold delivered texts, and the columns these were delivered in."""

PROJECT = """
outbox: {messages: [assignment, breach, crm_owner_update, task]}
publishing: {parquet: true}
limits: {max_quarantine_rate: 1}
"""


def feeds():
    return [(table, kind, f"{table}_{kind}") for table in PLAIN for kind in FORMATS]


def mapping(table):
    return {column: column for column in CANONICAL[table]}


def numbered(table, number, place=0):
    """The number of a mark: of its table, its row and its column."""
    return ((list(PLAIN).index(table) + 1) * 1000 + number) * 100 + place


def marked(table, style, number):
    return {column: style.format(n=numbered(table, number, place)) for place, column in enumerate(CANONICAL[table])}


def origins(found):
    """The columns that marks were put into, as far as these are numbered."""
    numbers = (int(digits) for text in found for digits in re.findall(r"\d+", text))
    places = ((number // 100_000 - 1, number % 100) for number in numbers if number >= 100_000)
    return {f"{table}.{CANONICAL[table][place]}" for number, place in places for table in [list(PLAIN)[number]]}


def table_rows(table, kind):
    """Rows taken up with all the marks that leave them sound, rows with a mark everywhere."""
    first = {"csv": 1, "jsonl": 101, "parquet": 201}[kind]
    for number, style in enumerate(STYLES, start=first):
        plain = {column: text.format(number) for column, text in PLAIN[table].items()}
        yield {**marked(table, style, number), **plain}
        yield {**marked(table, style, number), **plain, CANONICAL[table][0]: style.format(n=numbered(table, number))}
        yield marked(table, style, number)
        if table == "items":
            reached = {"item_id": f"L{number + 50}", "phone": f"+47 912 34 {number:03}"}
            yield {**marked(table, style, number), **plain, **reached}


def as_csv(table):
    names = [*CANONICAL[table], "zq900@mark.no"]
    text = StringIO(newline="")
    writer = csv.DictWriter(text, names, restval="zq901@mark.no")
    writer.writeheader()
    writer.writerows(table_rows(table, "csv"))
    ragged, stray = "zq902@mark.no,Zqname\n", f'"zq903@mark.no"x{",Zqname" * (len(names) - 1)}\n'
    control = ",".join(f"zq{904 + place}@mark.no" for place in range(len(names))) + "\x07\n"
    return (text.getvalue() + ragged + stray + control).encode()


def as_jsonl(table):
    lines = [json.dumps({**row, "zq900@mark.no": "Zqname", "Zqkey": "Zqname"}) for row in table_rows(table, "jsonl")]
    key = CANONICAL[table][0]
    bad = [f'{{"{key}": "zq901@mark.no", "Zqkey": ', f'{{"Zqkey": 1, "{key}": "Zqname\\u0007"}}', '["zq902@mark.no"]']
    return "\n".join([*lines, *bad, f'{{"{key}": 1, "{key}": "zq903@mark.no"}}']).encode()


def write_feeds(folder):
    landing = folder / "landing"
    for table, kind, name in feeds():
        path = landing / f"{name}.{kind}"
        if kind == "parquet":
            bad = {column: f"Zqname{place}\x07" for place, column in enumerate(CANONICAL[table])}
            pl.DataFrame([*table_rows(table, kind), bad]).rename({}).with_columns(
                pl.lit("Zqname").alias("zq900@mark.no")
            ).write_parquet(path)
        else:
            path.write_bytes(as_csv(table) if kind == "csv" else as_jsonl(table))
    (landing / "items_csv_2.csv").write_text("Zqname,zq1@mark.no,Emil\nZqname,zq2@mark.no,Emil\n")
    (landing / "items_csv_3.csv").write_text('item_id,created_at\n"zq_open@mark.no,x\n')
    (landing / "items_jsonl_2.jsonl").write_text('{"Zqkey": 1, "zq5@mark.no": 2}\n')


@pytest.fixture
def folder(tmp_path):
    sources = {
        name: {
            "table": table,
            "format": kind,
            "location": f"{name}*.{kind}",
            "mapping": mapping(table),
            **({"object_type": "lead"} if table == "items" else {}),
        }
        for table, kind, name in feeds()
    }
    sla = [{"first_touch_within": "5m", "on_breach": ["notify_manager", "reassign"]}]
    rules = policy([{"user": "a"}, {"user": "u1"}], sla=sla, declines=True, redo_on_return=True)
    rules |= {"updates": {"arrives_closed": "decide"}, "ownership": {"precedence": ["contact", "account", "survivor"]}}
    folder = write_project(tmp_path / "project", rules, sources=json.dumps({"sources": sources}))
    (folder / "project.yaml").open("a").write(PROJECT)
    write_feeds(folder)
    return folder


def found_in(text):
    return sorted({match.group().decode() for match in MARK.finditer(text.encode() if isinstance(text, str) else text)})


def marks_in_files(place):
    return {str(path): found for path in place.rglob("*") if path.is_file() and (found := found_in(path.read_bytes()))}


def marks_in_tables(path):
    with duckdb.connect(str(path), read_only=True) as con:
        columns = con.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
        return {
            f"{schema}.{table}.{column}": found
            for schema, table, column in columns
            if (found := found_in(str(con.execute(f'select "{column}"::varchar from {schema}."{table}"').fetchall())))
        }


def test_no_mark_leaves_the_warehouse_and_few_columns_of_it_hold_any(folder, tmp_path, capsys):
    with out.capture() as printed:
        done = run_project(folder)
        show_run(load_project(folder), done)
    assert done.exit_code == Exit.DEGRADED
    # They are there, and have gone all the way: kept, refused, touched, reassigned, told of.
    outcomes = dict(rows(folder, "select outcome, count(*) from marts.fct_items group by all"))
    assert outcomes["assigned"] >= 9
    assert outcomes["quarantined"] >= 9
    assert found_in((folder / "warehouse.duckdb").read_bytes())
    counts = (
        f"count_if(starts_with({name}, 'hash:'))" for name in ("item_id", "campaign", "country", "delivered_owner_id")
    )
    inner = {
        name: origins(found)
        for name, found in marks_in_tables(folder / "warehouse.duckdb").items()
        if not name.startswith(("raw.", "staging."))
    }
    assert inner == KEPT
    hidden = f"select {', '.join(counts)} from marts.fct_items"
    assert all(count > 5 for count in rows(folder, hidden)[0])
    assert rows(folder, "select count(*) > 9 from ops.outbox where starts_with(payload->>'item_id', 'hash:')") == [
        (True,)
    ]

    assert marks_in_files(folder / "published") == {}
    assert marks_in_tables(folder / "published" / "routing.duckdb") == {}
    for path in (folder / "published" / "parquet").rglob("*.parquet"):
        assert found_in(str(pl.read_parquet(path, hive_partitioning=False).to_dicts())) == []
    assert found_in((folder / "runs.log").read_bytes()) == []
    said = printed.get() + str(capsys.readouterr()) + str(done.as_json())
    assert found_in(said) == []
    _, _, compared = simulate(load_project(folder), "again", date(2026, 3, 2))
    assert compared.total("items")["one_count"] > 9
    shadow = compared.path.parent
    assert marks_in_tables(compared.path) == marks_in_tables(shadow / "published" / "routing.duckdb") == {}
    assert marks_in_files(shadow) == {
        str(shadow / "warehouse.duckdb"): found_in((shadow / "warehouse.duckdb").read_bytes())
    }
    assert found_in(str(compared.as_json())) == []
    for form in ("csv", "jsonl"):
        assert export_messages(load_project(folder), form, tmp_path / form, Wanted()) > 9
        assert found_in((tmp_path / form).read_bytes()) == []


@pytest.mark.slow
def test_no_mark_reaches_what_dagster_keeps(folder, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("RR_PROJECT", str(folder))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    from rr_pipeline import definitions

    job = definitions.build(folder).resolve_job_def("rr_pipeline")
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, partition_key="2026-03-05")
        kept = str(result.all_events)
    assert result.success
    assert rows(folder, "select count(*) > 9 from marts.fct_items") == [(True,)]
    assert marks_in_files(tmp_path / "dagster") == {}
    assert found_in(kept + str(capfd.readouterr())) == []
