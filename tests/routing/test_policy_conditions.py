"""Conditions as SQL against the plain meaning of a condition, on random items and random conditions."""

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.config.matching import Matcher, fold
from rr_pipeline.routing.policy_conditions import FOLD_FUNCTION, condition, folded
from tests.effort import examples

TEXTS = ["NO", "no", " No ", "Norge", "straße", "STRASSE", "ÅS", "ås", "ﬁne", "fine", "o'neil", "a;b", None, "x" * 40]
words = st.sampled_from([text.strip() for text in TEXTS if text])


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as connection:
        connection.create_function(FOLD_FUNCTION, fold, ["VARCHAR"], "VARCHAR")
        yield connection


def holds(matcher, value):
    """What a condition on a text field means, said plainly."""
    text = None if value is None else fold(value)
    checks = []
    if matcher.any_of is not None:
        checks.append(text in {fold(entry) for entry in matcher.any_of})
    if matcher.none_of is not None:
        checks.append(text not in {fold(entry) for entry in matcher.none_of})
    if matcher.starts_with is not None:
        checks.append(text is not None and any(text.startswith(fold(start)) for start in matcher.starts_with))
    if matcher.is_empty is not None:
        checks.append((value is None) == matcher.is_empty)
    return all(checks)


@st.composite
def matchers(draw):
    kinds = draw(st.sets(st.sampled_from(["any_of", "not", "starts_with", "is_empty"]), min_size=1, max_size=3))
    content = {kind: draw(st.lists(words, min_size=1, max_size=3)) for kind in kinds - {"is_empty"}}
    if "is_empty" in kinds:
        content["is_empty"] = False
    return Matcher.model_validate(content)


@settings(max_examples=examples(60), deadline=None)
@given(matcher=matchers(), values=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8))
def test_text_conditions_mean_the_same_in_sql(con, matcher, values):
    con.execute("create or replace table items (place integer, country_raw varchar)")
    con.executemany("insert into items values (?, ?)", list(enumerate(values)))
    found = con.execute(
        f"select {condition('country', matcher)} from (select place, {folded('country_raw')} as country from items) "
        "order by place"
    ).fetchall()
    assert [row[0] for row in found] == [holds(matcher, value) for value in values]


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        (Matcher(min=10, max=20), 10, True),
        (Matcher(min=10, max=20), 20, True),
        (Matcher(min=10, max=20), 21, False),
        (Matcher(min=10), None, False),
        (Matcher(any_of=("10", "11")), 11, True),
        (Matcher.model_validate({"not": ["10"]}), None, True),
        (Matcher(is_empty=True), None, True),
    ],
)
def test_number_conditions(con, matcher, value, expected):
    query = f"select {condition('employee_count', matcher)} from (select ?::bigint as employee_count)"
    assert con.execute(query, [value]).fetchall() == [(expected,)]


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        (Matcher(any_of=("french",)), ["french", "german"], True),
        (Matcher(any_of=("french",)), ["german"], False),
        (Matcher(any_of=("french",)), None, False),
        (Matcher.model_validate({"not": ["french"]}), None, True),
        (Matcher(is_empty=True), [], True),
        (Matcher(is_empty=False), ["x"], True),
        (Matcher(starts_with=("fr",)), ["german", "french"], True),
    ],
)
def test_list_conditions(con, matcher, value, expected):
    query = f"select {condition('needed_skills', matcher)} from (select ?::varchar[] as needed_skills)"
    assert con.execute(query, [value]).fetchall() == [(expected,)]


def test_values_are_data_and_never_run(con):
    matcher = Matcher(any_of=("x'); drop table items; --",))
    con.execute("create or replace table items (place integer)")
    con.execute(f"select {condition('country', matcher)} from (select 'no' as country)").fetchall()
    assert con.execute("select count(*) from items").fetchall() == [(0,)]
