from __future__ import annotations

import re

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.config.templates import STARTER, write_starter
from rr_pipeline.errors import RefusedError


def uncommented(text):
    """Return a starter file with every setting that stands in a comment switched on."""
    return re.sub(r"(?m)^( *)# (?=( {2}|- |[a-z_]+:( |$)))(?![a-z_ ]*: [a-z]+ [a-z]+ [a-z]+)", r"\1", text)


def test_a_new_project_is_valid_as_it_is(tmp_path):
    written = write_starter(tmp_path / "new")
    assert [path.relative_to(tmp_path / "new").as_posix() for path in written] == list(STARTER)
    project = load_project(tmp_path / "new", {})
    assert project.warnings == ()
    assert project.landing.is_dir()
    assert project.sources == ()


def test_the_examples_in_the_comments_are_valid_too(tmp_path):
    write_starter(tmp_path)
    texts = {name: uncommented(text) for name, text in STARTER.items()}
    texts["sources.yaml"] = texts["sources.yaml"].replace("sources: {}", "sources:")
    texts["policies/first.yaml"] = texts["policies/first.yaml"].replace("skills: []", "skills: [french]")
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    project = load_project(tmp_path, {"RR_HASH_KEY": "0123456789abcdef"})
    assert project.hash_key == "0123456789abcdef"
    assert [source.name for source in project.sources] == [
        "hubspot_contacts",
        "salesforce_accounts",
        "salesforce_leads",
        "salesforce_users",
        "web_leads",
    ]
    policy = project.policies[0]
    assert [rule.name for rule in policy.territories] == ["nordics"]
    assert [rule.name for rule in policy.qualification] == ["no-consent"]
    pool = policy.pool("everybody")
    assert pool.limits.hourly == 5
    assert [target.name for target in pool.sla] == ["large", "usual"]
    assert (pool.hold_for, pool.then, pool.queue) == (4 * 3600, "queue", "review")
    assert policy.working_time(pool, pool.members[1]).calendar == "office"
    assert [rule.name for rule in policy.preferences] == ["french-speakers"]
    assert [user.user for user in policy.users] == ["first-user"]
    assert project.warnings == ()
    assert len(policy.pool("everybody").members[1].vacations) == 1


def test_defaults_shown_in_the_comments_are_the_defaults(tmp_path):
    write_starter(tmp_path)
    plain = load_project(tmp_path, {}).settings
    text = uncommented(STARTER["project.yaml"])
    text = re.sub(r"(?m)^(hash_key|standardise|engine):.*\n( .*\n)*", "", text)
    (tmp_path / "project.yaml").write_text(text, encoding="utf-8")
    assert load_project(tmp_path, {}).settings == plain


@pytest.mark.parametrize("name", list(STARTER))
def test_nothing_is_overwritten(tmp_path, name):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(RefusedError) as caught:
        write_starter(tmp_path)
    assert [(problem.file, problem.code) for problem in caught.value.problems] == [(name, "FILE_EXISTS")]
    assert (tmp_path / name).read_text() == "mine"
    assert not any((tmp_path / other).exists() for other in STARTER if other != name)


def test_lines_are_short_enough_to_read():
    assert max(len(line) for text in STARTER.values() for line in text.splitlines()) <= 120
