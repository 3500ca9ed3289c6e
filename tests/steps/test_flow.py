"""The flow of a run: what its parts declare, what the SQL files say, and what a run performs, all one.

The second half plants faults and looks that each is found: a test that finds nothing keeps nothing.
"""

from datetime import UTC, date, datetime

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.runs import backfill
from rr_pipeline.runs.run import finish, perform
from rr_pipeline.session.session import open_session
from rr_pipeline.steps import measures
from rr_pipeline.steps.flow import build_flow, read_flow, spread
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.sequence import PARTS, REPORT, STEPS, Part
from rr_pipeline.warehouse.sql_files import parse_sql
from tests.tools.flow_faults import faults, too_early
from tests.tools.recorder import Recorder, understood

FLOW = read_flow()
KNOWN = frozenset(FLOW.relations)
RECALLING = (backfill.SET_ASIDE, backfill.RECALL_ROWS, backfill.RECALL_VERDICTS)
ALL_PARTS = (*PARTS, *RECALLING, backfill.COMPARISON)
FROM = datetime(2026, 6, 15, tzinfo=UTC)


def test_flow_of_a_run_has_no_fault():
    assert faults(FLOW, PARTS, (*RECALLING, backfill.COMPARISON)) == []


def test_restatement_reads_nothing_too_early():
    parts = [step.part for step in backfill.RESTATE_STEPS]
    lines = too_early(FLOW, [*parts, backfill.COMPARISON, REPORT])
    # It shows staged rows from where they are stored; what they were once made of is gone.
    assert [line for line in lines if not line.startswith("staging: staged_")] == []


def test_restatement_has_the_names_of_a_run():
    assert [step.name for step in backfill.RESTATE_STEPS] == [step.name for step in STEPS]


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    """What two runs and a restatement of a demo performed: by part (what was left, what was read) of each statement.

    And by table of the second run its columns.
    """
    folder = tmp_path_factory.mktemp("flow") / "demo"
    write_demo(folder, 300, 3, 30, lambda *_: None)
    project = load_project(folder)
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    _run(project, STEPS, found, until=FROM)
    columns = _run(project, STEPS, found)
    with open_session(project) as session:
        recorder = session.con = Recorder(session.con)
        backfill.restate(session, date(2026, 6, 10))
        _perform(session, backfill.RESTATE_STEPS, recorder, found)
    return found, columns


def _run(project, steps, found, **options):
    with open_session(project, **options) as session:
        recorder = session.con = Recorder(session.con)
        results = _perform(session, steps, recorder, found)
        recorder.statements.clear()
        measures.report_run(session, results)
        found.setdefault(REPORT.name, []).extend(understood(recorder.statements, KNOWN))
        rows = session.con.execute(
            "select table_name, list(column_name order by column_index) from duckdb_columns() "
            "where database_name = 'temp' and schema_name = 'main' group by all"
        ).fetchall()
        finish(session, results)
    return dict(rows)


def _perform(session, steps, recorder, found):
    results = Found()
    for step in steps:
        recorder.statements.clear()
        results = perform(session, step, results)
        found.setdefault(step.doing, []).extend(understood(recorder.statements, KNOWN))
    return results


@pytest.mark.parametrize(
    "part", [part for part in ALL_PARTS if part.leaves != ("ops.layout",)], ids=lambda part: part.doing
)
def test_part_declares_what_it_performs(part: Part, performed):
    statements = performed[0].get(part.doing) or performed[0].get(part.name)
    if statements is None:
        pytest.skip("of the comparison only its files tell")
    left = {name for name, _ in statements if name in KNOWN}
    read = {name for _, names in statements for name in names}
    own = set(spread(part.leaves))
    assert left <= own
    assert read - own <= set(spread(part.reads))


@pytest.mark.parametrize("name", sorted(one.name for one in FLOW.relations.values() if one.is_of_a_run))
def test_table_of_a_run_has_the_columns_of_its_header(name, performed):
    sql, columns = FLOW.relations[name].sql, performed[1].get(name)
    if columns is not None and not sql.columns_as:
        # A wide table's header says what a reader would not guess.
        assert set(sql.columns) <= set(columns)


def test_generated_statements_read_what_their_headers_say(performed):
    made: dict[str, set[str]] = {}
    for statements in performed[0].values():
        for name, read in statements:
            made.setdefault(name, set()).update(read - {name})
    generated = [one for one in FLOW.relations.values() if one.sql.kind == "generated"]
    # The rows of these come from the core or from readers; staged rows are stored by their own SELECT.
    by_sql = [
        one for one in generated if not one.name.startswith(("routed_", "staging.", "raw.")) and made.get(one.name)
    ]
    assert len(by_sql) > 10
    read: dict[str, set[str]] = {}
    for one in by_sql:
        assert made[one.name] <= set(one.reads), one.name
        read.setdefault(one.sql.description, set()).update(made[one.name])
    # One header may stand for several tables, of which each reads some of it.
    assert read == {one.sql.description: set(one.reads) for one in by_sql}


GIVEN = """-- given: rows of code.
-- kind: temp
-- grain: one row
-- columns:
--   a: a number
create or replace temp table given (a integer)"""
LEFT = """-- left_rows: rows made of those given.
-- kind: temp
-- grain: one row
-- key: a
-- columns:
--   a: a number
select a from given"""
LAST = """-- last_look: rows that are shown.
-- kind: query
-- step: two
select a from left_rows"""
ONE, TWO = Part("one", "", (), ("given",)), Part("two", "", ("given",), ("left_rows",))


def found(*texts, parts=(ONE, TWO)):
    return faults(build_flow([parse_sql(text, "planted.sql") for text in texts]), parts)


def test_flow_in_order_has_no_fault():
    assert found(GIVEN, LEFT, LAST) == []


PLANTED = {
    "a table without a file": (
        (GIVEN, LEFT, LAST),
        (ONE, Part("two", "", ("given",), ("left_rows", "nowhere"))),
        "two: nowhere has no file in sql/",
    ),
    "a file that reads what is nowhere": (
        (GIVEN, LEFT.replace("from given", "from given, nowhere"), LAST),
        (ONE, TWO),
        "left_rows: it reads nowhere, which has no file in sql/",
    ),
    "a file that nothing leaves": (
        (GIVEN, LEFT, LAST),
        (ONE, Part("two", "", ("given",), ())),
        "left_rows: it has a file, and no step leaves it",
    ),
    "a step that reads too early": (
        (GIVEN, LEFT, LAST),
        (TWO, ONE),
        "two: it reads given before any step leaves it",
    ),
    "a table of the step itself that is read too early": (
        (GIVEN, LEFT, LAST),
        (Part("two", "", (), ("left_rows", "given")),),
        "two: left_rows reads given before any step leaves it",
    ),
    "a reading that the step does not declare": (
        (GIVEN, LEFT, LAST),
        (ONE, Part("two", "", (), ("left_rows",))),
        "two: it does not say that it reads given (left_rows does)",
    ),
    "a table that is never read": (
        (GIVEN, LEFT),
        (ONE, TWO),
        "left_rows: it is left and never read",
    ),
    "a column the header does not have": (
        (GIVEN, LEFT.replace("select a", "select a, a + 1 as b"), LAST),
        (ONE, TWO),
        "left_rows: its header has the columns a, its statement a, b",
    ),
    "a key that is no column": (
        (GIVEN, LEFT.replace("key: a", "key: b"), LAST),
        (ONE, TWO),
        "left_rows: its key b is no column of its header",
    ),
    "a reading that is said twice": (
        (GIVEN, LEFT.replace("-- key", "-- reads: given\n-- key"), LAST),
        (ONE, TWO),
        "left_rows: its header says that it reads given, which its statement says already",
    ),
    "a cut by what is not read": (
        (GIVEN, LEFT.replace("-- key", "-- by: rows of nothing\n-- key"), LAST),
        (ONE, TWO),
        "left_rows: it may be cut by rows of nothing, which it does not read",
    ),
    "a cut in other words": (
        (GIVEN, LEFT.replace("-- key", "-- by: hand\n-- key"), LAST),
        (ONE, TWO),
        "left_rows: by is written as 'rows of <table>' or 'key(<column>)'",
    ),
    "rows put into a table that the step does not leave": (
        (GIVEN, LEFT, LAST.replace("kind: query", "kind: rows\n-- into: given")),
        (ONE, TWO),
        "two: it changes given (last_look), and does not say that it leaves it",
    ),
    "a statement of a step that is not there": (
        (GIVEN, LEFT, LAST.replace("step: two", "step: three")),
        (ONE, TWO),
        "last_look: there is no step three",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_faults_are_found(name):
    texts, parts, sentence = PLANTED[name]
    assert sentence in found(*texts, parts=parts)


def test_planted_cycle_is_found():
    ring = LEFT.replace("-- key: a\n", "").replace("left_rows", "{0}").replace("from given", "from {1}")
    texts = [
        ring.replace("{0}", one).replace("{1}", other) for one, other in (("a_rows", "b_rows"), ("b_rows", "a_rows"))
    ]
    lines = found(*texts, parts=(Part("one", "", (), ("a_rows", "b_rows")),))
    assert lines == [
        "one: a_rows reads b_rows before any step leaves it",
        "a_rows -> b_rows -> a_rows: a cycle",
    ]


def test_common_table_expression_hides_the_table_of_its_name():
    hidden = LEFT.replace("select a from given", "with left_out as (select a from given) select a from left_out")
    assert build_flow([parse_sql(hidden, "planted.sql")]).relations["left_rows"].reads == {"given"}
