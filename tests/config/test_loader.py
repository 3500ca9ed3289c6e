from __future__ import annotations

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import Exit, RefusedError


def test_defaults_of_a_small_project(folder):
    project = folder.load()
    assert project.settings.name == "acme"
    assert project.settings.time_zone == "Europe/Oslo"
    assert project.settings.run_instant == "now"
    assert (project.landing, project.warehouse, project.published) == (
        folder.path / "landing",
        folder.path / "warehouse.duckdb",
        folder.path / "published",
    )
    assert project.sources == ()
    assert project.settings.limits.max_file_bytes == 4 * 10**9
    assert not project.landing.exists()


def test_a_full_project(folder):
    folder.write(
        "project.yaml",
        """\
        name: acme
        time_zone: America/New_York
        run_instant: last_record
        hash_key: ${RR_HASH_KEY}
        paths: {landing: in/files, warehouse: db/w.duckdb, published: out}
        standardise: {phone_region: NO, plus_tag_domains: [gmail.com], dot_domains: [gmail.com]}
        engine: {memory_limit: 1500MB, threads: 2}
        retention: {published_copies: 5}
        limits: {max_file_bytes: 1GB, max_field_bytes: 512KiB, max_columns: 50, max_quarantine_rate: 0.25}
        """,
    )
    project = folder.load({"RR_HASH_KEY": "k" * 32})
    assert project.hash_key == "k" * 32
    assert "k" * 32 not in repr(project)
    assert project.settings.standardise.phone_region == "NO"
    assert project.settings.engine.memory_limit == "1500MB"
    assert project.settings.limits.max_field_bytes == 512 << 10
    assert project.landing == folder.path / "in/files"
    assert project.warnings == ()


def test_without_a_key_the_hashes_go_by_the_name(folder):
    assert "acme" in folder.load().hash_key


def test_a_short_key_is_warned_of(folder):
    folder.write("project.yaml", "name: acme\nhash_key: ${K}\n")
    (warning,) = folder.load({"K": "short"}).warnings
    assert (warning.code, warning.row) == ("SECRET_SHORT", 2)
    assert "'short'" not in str(warning)


@pytest.mark.parametrize(
    ("line", "code", "field"),
    [
        ("hash_key: abcdefgh-literal", "LITERAL_SECRET", "hash_key"),
        ("hash_key: ${MISSING}", "ENV_MISSING", "hash_key"),
        ("hash_key: [a]", "SHAPE_TEXT", "hash_key"),
        ("hash_key:", "VALUE_MISSING", "hash_key"),
        ("paths: {landing: /srv/in}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: ../in}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: a/../../in}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: ~/in}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: 'C:\\in'}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: 's3://bucket/in'}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {landing: ''}", "PATH_INVALID", "paths.landing"),
        ("paths: {landing: .}", "PATH_INVALID", "paths.landing"),
        ("paths: {landing: link}", "PATH_OUTSIDE", "paths.landing"),
        ("paths: {published: landing}", "PATH_CLASH", "paths.published"),
        ("paths: {warehouse: landing/w.duckdb}", "PATH_CLASH", "paths.warehouse"),
        ("paths: {published: Landing}", "PATH_CLASH", "paths.published"),
        ("paths: {landing: policies}", "PATH_CLASH", "paths.landing"),
        ("paths: {warehouse: project.yaml}", "PATH_CLASH", "paths.warehouse"),
        ("paths: {landings: x}", "KEY_UNKNOWN", "paths.landings"),
        ("timezone: UTC", "KEY_UNKNOWN", "timezone"),
        ("time_zone: europe/oslo", "TIME_ZONE_UNKNOWN", "time_zone"),
        ("run_instant: last", "VALUE_UNKNOWN", "run_instant"),
        ("engine: {threads: 0}", "NUMBER_TOO_SMALL", "engine.threads"),
        ("engine: {memory_limit: lots}", "SIZE_INVALID", "engine.memory_limit"),
        ("retention: {published_copies: 0}", "NUMBER_TOO_SMALL", "retention.published_copies"),
        ("limits: {max_quarantine_rate: 2}", "SHARE_INVALID", "limits.max_quarantine_rate"),
        ("standardise: {phone_region: 'no'}", "REGION_UNKNOWN", "standardise.phone_region"),
        ("standardise: [x]", "SHAPE_MAPPING", "standardise"),
    ],
)
def test_what_is_refused(folder, line, code, field):
    (folder.path / "link").symlink_to("/")
    folder.write("project.yaml", f"name: acme\n{line}\n")
    problem = folder.only()
    assert (problem.file, problem.row, problem.field, problem.code) == ("project.yaml", 2, field, code)
    assert "abcdefgh" not in str(problem)
    assert len(problem.message) > 20


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "KEY_MISSING"),
        ("- a\n- b\n", "SHAPE_MAPPING"),
        ("just text\n", "SHAPE_MAPPING"),
        ("time_zone: UTC\n", "KEY_MISSING"),
    ],
)
def test_files_without_settings(folder, text, code):
    folder.write("project.yaml", text)
    assert folder.only().code == code


def test_not_a_project(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(RefusedError) as caught:
            load_project(folder, {})
        assert [problem.code for problem in caught.value.problems] == ["PROJECT_MISSING"]
        assert "rr-pipeline init" in str(caught.value)
        assert caught.value.exit_code == Exit.REFUSED


def test_every_problem_of_every_file_is_said_at_once(folder):
    folder.write("project.yaml", "name: acme\ntime_zone: Oslo\nnmae: x\n")
    folder.write(
        "sources.yaml", "sources:\n  a: {table: items, location: ../x}\n  b: {preset: salesforce.leads, location: x}\n"
    )
    folder.policy(("weight: 2", "weight: 1.5"), ("- user: cid", "- {user: cid, skills: [dutch]}"))
    folder.write("policies/2.yaml", "version: &a 2\n")
    problems = folder.problems()
    assert [(problem.file, problem.row, problem.code) for problem in problems] == [
        ("policies/1.yaml", 8, "NUMBER_FRACTION"),
        ("policies/1.yaml", 13, "SKILL_UNKNOWN"),
        ("policies/2.yaml", 1, "YAML_ANCHOR"),
        ("project.yaml", 2, "TIME_ZONE_UNKNOWN"),
        ("project.yaml", 3, "KEY_UNKNOWN"),
        ("sources.yaml", 2, "PATH_OUTSIDE"),
        ("sources.yaml", 3, "PRESET_UNKNOWN"),
    ]
    with pytest.raises(RefusedError, match="7 problems") as caught:
        folder.load()
    assert "file=project.yaml row=3 field=nmae code=KEY_UNKNOWN: is not a setting that exists here." in str(
        caught.value
    )


def test_many_mistakes_in_one_file_do_not_stop_the_checks_across_settings(folder):
    folder.policy(
        ("weight: 2", "wieght: 2"),
        ("- user: bob", "- {user: ann, limits: {daily: -1}, vacations: [{from: tomorrow, until: 2026-01-01}]}"),
    )
    assert [problem.code for problem in folder.problems()] == [
        "KEY_UNKNOWN",
        "NUMBER_NEGATIVE",
        "MEMBER_REPEATED",
        "TIME_INVALID",
    ]


def test_a_mistake_in_a_pool_does_not_make_its_name_unknown(folder):
    folder.policy(("  emea:\n    members:", "  emea:\n    membres:"))
    assert [(problem.code, problem.field) for problem in folder.problems()] == [
        ("KEY_MISSING", "pools.emea.members"),
        ("KEY_UNKNOWN", "pools.emea.membres"),
    ]


def test_loading_reads_only(folder):
    before = sorted(path.name for path in folder.path.rglob("*"))
    folder.load()
    assert sorted(path.name for path in folder.path.rglob("*")) == before
