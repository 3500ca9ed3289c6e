"""Headers of SQL files, tables that come out of a run, comments in the published copy, and docs/tables.md: all one."""

from pathlib import Path

import duckdb
import pytest

from rr_pipeline.warehouse.contract import EXAMPLES, IN_FULL, LAYERS, WIDTH, call_of, render_tables
from rr_pipeline.warehouse.sql_files import SqlFile, layer_files
from tests.e2e.projects import lead, policy, published, run_project, write_leads, write_project

pytestmark = pytest.mark.usefixtures("real_expectations")

PAGE = Path(__file__).parents[2] / "docs" / "tables.md"
CONTRACTS = [sql for layer in IN_FULL for sql in layer_files(layer) if sql.kind != "macro"]
MACROS = [sql for layer in IN_FULL for sql in layer_files(layer) if sql.kind == "macro"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project after one run that assigned, refused and held something."""
    folder = tmp_path_factory.mktemp("contract") / "project"
    write_project(folder, policy([{"user": "ann"}, {"user": "bob", "skills": ["french"]}], skills=["french", "dutch"]))
    rows = [lead(number) for number in range(6)]
    rows += [lead(6, Skills="french"), lead(7, Skills="dutch"), lead(8, Id="")]
    write_leads(folder, rows)
    run_project(folder)
    return folder


@pytest.fixture(scope="module")
def columns(project) -> dict[str, list[str]]:
    """Columns of every table and view of marts and ops, in order, by qualified name."""
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() "
            "where schema_name in (select unnest(?)) and database_name = 'warehouse' order by 1, column_index",
            [list(IN_FULL)],
        ).fetchall()
    found: dict[str, list[str]] = {}
    for name, column in rows:
        found.setdefault(name, []).append(column)
    return found


@pytest.fixture(scope="module")
def comments(project) -> dict[str, str | None]:
    """Comments in the published copy: of tables and views by name, of columns by name.column."""
    with published(project) as con:
        rows = con.execute(
            """
            select schema_name || '.' || table_name, comment from duckdb_tables()
            union all
            select schema_name || '.' || view_name, comment from duckdb_views() where not internal
            union all
            select schema_name || '.' || table_name || '.' || column_name, comment from duckdb_columns()
            """
        ).fetchall()
    return dict(rows)


def test_every_table_of_a_run_has_a_file_and_every_file_its_table(columns):
    assert set(columns) == {sql.name for sql in CONTRACTS}


@pytest.mark.parametrize("sql", CONTRACTS, ids=lambda sql: sql.name)
def test_header_names_the_columns_that_came_out(sql: SqlFile, columns):
    assert list(sql.columns) == columns[sql.name]


@pytest.mark.parametrize("sql", CONTRACTS, ids=lambda sql: sql.name)
def test_published_copy_carries_the_meanings(sql: SqlFile, comments):
    assert comments[sql.name] == f"{sql.description} Grain: {sql.grain}"
    assert {name: comments[f"{sql.name}.{name}"] for name in sql.columns} == sql.columns


@pytest.mark.parametrize("sql", MACROS, ids=lambda sql: sql.name)
def test_example_of_a_macro_runs_for_an_analyst(sql: SqlFile, project):
    with published(project) as con:
        con.execute(EXAMPLES[sql.name]).fetchall()


def test_every_macro_has_an_example_and_every_example_its_macro():
    assert set(EXAMPLES) == {sql.name for sql in MACROS}


def test_call_shows_name_and_parameters():
    macro = SqlFile(
        "marts.half", "macro", "Half.", "", {}, "create or replace macro marts.half(amount) as (amount / 2)"
    )
    assert call_of(macro) == "marts.half(amount)"
    with pytest.raises(ValueError, match="half"):
        call_of(SqlFile("marts.half", "macro", "Half.", "", {}, "select 1"))


def test_page_of_tables_is_not_stale():
    assert PAGE.read_text(encoding="utf-8") == render_tables(), "run: make docs"


def test_page_shows_every_table_and_fits_its_width():
    page = render_tables()
    assert all(len(line) <= WIDTH for line in page.splitlines())
    assert all(sql.name in page for layer in LAYERS for sql in layer_files(layer))


OURS = """
    accrue_while action calendar capacity_until cause change code content_hash decision_id doubt duplicate_of_source
    ended_by failover_pool_id field file_name grant_id holidays into_person_id key_hash kind limits lost_cause message
    message_id nobody_reason object_type meant outcome outcome_reason person_id policy_version pool_id queue_id
    resolve_status resolve_target route_flag rule run_id sent_to sha256
    source status step strategy suite superseded_by target target_kind targets territory_id time_zone token_id
    user_limits value_hash
    version wait_version when_hold_ends when_nobody while_waiting word_hash working_hours
"""
"""Text columns with words of ours, names from the config, keys, and names of files; never what a file says."""

OF_POLICIES = """
    dim_members.skills dim_pools.alert_to exception_tokens.member_id exception_tokens.skill rosters.member_ids
    router_grants.member_id
    router_holds.needs router_holds.previous router_holds.skipped router_holds.wishes router_holds.prefers
    router_open.previous
    router_open.needs router_open.wishes router_open.prefers
"""
"""Users and skills that only a policy can have named."""


def test_every_column_of_text_is_masked_or_surely_ours(project):
    """A new column of a published table that holds what was delivered has to be named in the header's masks."""
    with duckdb.connect(str(project / "warehouse.duckdb"), read_only=True) as con:
        rows = con.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() inner join duckdb_tables() "
            "using (database_name, schema_name, table_name) where schema_name in (select unnest(?)) "
            "and database_name = 'warehouse' and data_type not in "
            "('BIGINT', 'INTEGER', 'DOUBLE', 'BOOLEAN', 'DATE', 'TIMESTAMP WITH TIME ZONE', 'UTINYINT[]', 'BIGINT[]', "
            "'INTEGER[]', 'TINYINT[]')",
            [list(IN_FULL)],
        ).fetchall()
    masks = {sql.name: sql.masks for sql in CONTRACTS}
    ours, of_policies = OURS.split(), OF_POLICIES.split()
    open_columns = {
        f"{name}.{column}"
        for name, column in rows
        if column not in ours and column not in masks[name] and f"{name.split('.')[1]}.{column}" not in of_policies
    }
    assert open_columns == set()
