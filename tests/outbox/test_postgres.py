"""The marts in a real Postgres server, which the test starts for itself."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from rr_pipeline.cli import app
from rr_pipeline.errors import RefusedError
from rr_pipeline.outbox.postgres import LEFT_OUT, check_target, postgres_type, publish_to_postgres
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

PASSWORD = "not-a-real-secret-0451"


def program(name):
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    return found or pytest.skip(f"no {name} on this machine: apt install postgresql")


def as_other_user():
    """Postgres refuses to be run by root."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv") or pytest.skip("no setpriv: Postgres cannot be started by root")
    return [setpriv, "--reuid=nobody", "--clear-groups", "--"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
    prefix, folder = as_other_user(), Path(tempfile.gettempdir()) / f"rr_postgres_{os.getpid()}"
    folder.mkdir(mode=0o755)
    try:
        if prefix:
            shutil.chown(folder, "nobody")
        (folder / "pw").write_text(PASSWORD)
        data, port = folder / "data", free_port()
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c timezone=Asia/Tokyo"
        initdb = [program("initdb"), "-D", str(data), "-U", "rr", "-A", "scram-sha-256", "--pwfile", str(folder / "pw")]
        control = [program("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        subprocess.run([*prefix, *initdb, "-E", "UTF8", "--no-sync"], check=True, capture_output=True, cwd="/")
        subprocess.run([*prefix, *control, "-o", options, "start"], check=True, capture_output=True, cwd="/")
        try:
            yield f"postgresql://rr:{PASSWORD}@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([*prefix, *control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/")
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def ask(server):
    from adbc_driver_postgresql import dbapi

    def ask(query):
        with dbapi.connect(server, autocommit=True) as con, con.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall() if cursor.description else None

    yield ask
    ask("drop schema if exists rr_pipeline cascade")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("postgres") / "project"
    write_project(folder, policy([{"user": "a", "skills": ["x"]}, {"user": "b"}], skills=["x"]))
    write_leads(folder, [lead(number, Name="Zoë 'O") for number in range(20)], "leads_20260302T0930.csv")
    run_project(folder)
    return folder


def copy(folder):
    return folder / "published" / "routing.duckdb"


def test_every_mart_arrives_with_its_rows_types_and_comments(server, ask, project):
    counts = publish_to_postgres(copy(project), server, "rr_pipeline")
    there = rows(
        project,
        "select table_name, estimated_size from duckdb_tables() where schema_name = 'marts'",
    )
    assert {name: counts[name] for name, _ in there} == dict(there)
    assert counts["runs"] == 1
    assert {"mart_sla_daily", "mart_fairness", "dim_members"} <= counts.keys()
    assert not LEFT_OUT & counts.keys()
    kinds = ask(
        "select column_name::text, data_type::text from information_schema.columns where table_schema = 'rr_pipeline' "
        "and table_name = 'fct_items' and column_name in ('item_seq', 'created_at', 'item_id')"
    )
    assert sorted(kinds) == [
        ("created_at", "timestamp with time zone"), ("item_id", "text"), ("item_seq", "bigint"),
    ]  # fmt: skip
    assert ask("select obj_description('rr_pipeline.fct_items'::regclass)")[0][0].startswith("every item")


def test_values_are_those_of_the_published_copy(server, ask, project):
    publish_to_postgres(copy(project), server, "rr_pipeline")
    query = "select item_seq, item_id, outcome, owner_id, {at} from {schema}.fct_items order by item_seq"
    here = rows(project, query.format(at="epoch_us(created_at)", schema="marts"))
    at = "(extract(epoch from created_at) * 1000000)::bigint"
    assert ask(query.format(at=at, schema="rr_pipeline")) == here
    lists = "select member_id, skills from {}.dim_members order by 1"
    assert ask(lists.format("rr_pipeline")) == rows(project, lists.format("marts"))


def test_again_it_replaces_and_views_and_indexes_stay(server, ask, project):
    publish_to_postgres(copy(project), server, "rr_pipeline")
    ask("create view rr_pipeline.mine as select outcome, count(*) as n from rr_pipeline.fct_items group by 1")
    ask("create index mine_ix on rr_pipeline.fct_items (item_id)")
    assert publish_to_postgres(copy(project), server, "rr_pipeline")["fct_items"] == 20
    assert ask("select n from rr_pipeline.mine where outcome = 'assigned'") == [(20,)]
    assert ask("select count(*) from pg_indexes where indexname = 'mine_ix'") == [(1,)]


def test_other_columns_make_the_table_anew_unless_something_depends_on_it(server, ask, project):
    publish_to_postgres(copy(project), server, "rr_pipeline")
    ask("alter table rr_pipeline.fct_items add column extra text")
    assert publish_to_postgres(copy(project), server, "rr_pipeline")["fct_items"] == 20
    ask("alter table rr_pipeline.fct_items add column extra text")
    ask("create view rr_pipeline.mine as select extra from rr_pipeline.fct_items")
    ask("delete from rr_pipeline.fct_decisions")
    with pytest.raises(RefusedError, match="TABLE_IN_USE"):
        publish_to_postgres(copy(project), server, "rr_pipeline")
    assert ask("select count(*) from rr_pipeline.fct_decisions") == [(0,)]


def test_readers_see_the_old_rows_until_all_are_there(server, ask, project, monkeypatch):
    publish_to_postgres(copy(project), server, "rr_pipeline")
    ask("delete from rr_pipeline.dim_days where true")
    seen = []

    def progress(_what, done, _of):
        # No lock of the publishing transaction may hold this up.
        seen.append((done, ask("select count(*) from rr_pipeline.dim_days")[0][0]))

    publish_to_postgres(copy(project), server, "rr_pipeline", progress)
    assert {count for _, count in seen} == {0}
    assert ask("select count(*) > 0 from rr_pipeline.dim_days") == [(True,)]


def test_a_failure_on_the_way_changes_nothing(server, ask, project, monkeypatch):
    publish_to_postgres(copy(project), server, "rr_pipeline")
    ask("create function rr_pipeline.no() returns trigger language plpgsql as $$begin raise 'secret cell'; end$$")
    ask("create trigger no before insert on rr_pipeline.fct_items for each row execute function rr_pipeline.no()")
    ask("delete from rr_pipeline.fct_decisions")
    with pytest.raises(RefusedError, match="DATABASE_REFUSED") as refused:
        publish_to_postgres(copy(project), server, "rr_pipeline")
    assert "secret cell" not in str(refused.value)
    assert ask("select count(*) from rr_pipeline.fct_decisions") == [(0,)]


def test_the_password_is_in_no_message(server, project):
    wrong = server.replace("0451", "0452")
    with pytest.raises(RefusedError, match="DATABASE_UNREACHABLE") as refused:
        publish_to_postgres(copy(project), wrong, "rr_pipeline")
    assert "not-a-real" not in str(refused.value)


@pytest.mark.parametrize("option", [["--to-env", "RR_TARGET"], ["--to", "${RR_TARGET}"]])
def test_the_command_takes_the_url_from_a_variable(server, ask, project, option):
    from typer.testing import CliRunner

    done = CliRunner().invoke(app, ["publish", "-p", str(project), *option], env={"RR_TARGET": server})
    assert done.exit_code == 0, done.output
    assert "run-000001 in rr_pipeline" in done.output
    assert ask("select count(*) from rr_pipeline.fct_items") == [(20,)]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--to", f"postgresql://rr:{PASSWORD}@127.0.0.1/postgres"], "LITERAL_SECRET"),
        (["--to", f"postgresql://127.0.0.1/postgres?user=rr&password={PASSWORD}"], "LITERAL_SECRET"),
        (["--to-env", "RR_NOT_SET"], "ENV_MISSING"),
        (["--to", "${RR_NOT_SET}"], "ENV_MISSING"),
        (["--to", "mysql://host/base"], "URL_INVALID"),
        (["--to", "postgresql://h/b", "--schema", "pg_x"], "SCHEMA_INVALID"),
        (["--to", "postgresql://h/b", "--schema", 'a"b'], "SCHEMA_INVALID"),
    ],
)
def test_what_is_no_target_is_refused_without_quoting_it(project, arguments, code):
    from typer.testing import CliRunner

    done = CliRunner().invoke(app, ["publish", "-p", str(project), *arguments])
    assert isinstance(done.exception, RefusedError)
    assert code in str(done.exception)
    assert PASSWORD not in str(done.exception)


def test_a_port_that_is_none_is_refused():
    with pytest.raises(RefusedError, match="URL_INVALID"):
        check_target("postgresql://host:port/base", "s")


def test_types():
    assert [postgres_type(kind) for kind in ("VARCHAR[]", "TIMESTAMP WITH TIME ZONE")] == ["text[]", "timestamptz"]
