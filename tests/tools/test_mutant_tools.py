"""The faults that ``make mutants`` puts in: where they may be, and that the same sample comes again."""

from __future__ import annotations

import ast

import duckdb
import pytest

from tests.tools import mutant_python, mutant_sql, mutants
from tests.tools.mutant_map import LineMap

SQL = """\
-- checks.x: rows where a = b and c is null
select distinct a, 'a = b or 7' as "x and y"
from t left join u using (k) -- or none
where a >= 2 and b is not null and c between 3 and 4
order by a desc
"""


def words_of_sql(text: str) -> list[str]:
    return [mutant_sql.mutated(text, number).words.partition("->")[2].strip() for number in range(count(text))]


def count(text: str) -> int:
    return len(mutant_sql.lines(text))


def test_predicates_joins_and_orders_of_sql_are_changed_and_texts_are_not() -> None:
    assert words_of_sql(SQL) == [
        "select a, 'a = b or 7' as \"x and y\"",
        "from t join u using (k) -- or none",
        "where a > 2 and b is not null and c between 3 and 4",
        "where a < 2 and b is not null and c between 3 and 4",
        "where a >= 3 and b is not null and c between 3 and 4",
        "where a >= 2 or b is not null and c between 3 and 4",
        "where a >= 2 and b is null and c between 3 and 4",
        "where a >= 2 and b is not null or c between 3 and 4",
        "where a >= 2 and b is not null and c between 4 and 4",
        "where a >= 2 and b is not null and c between 3 and 5",
        "order by a asc",
    ]
    assert mutant_sql.lines(SQL) == [2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5]


def test_mutated_sql_can_be_parsed() -> None:
    with duckdb.connect() as con:
        for number in range(count(SQL)):
            statement = mutant_sql.mutated(SQL, number).text.replace("'", "''")
            ((told,),) = con.execute(f"select json_serialize_sql('{statement}')").fetchall()
            assert '"error":false' in told, statement


PYTHON = '''\
def f(a: int = 1) -> int:
    """Not 1."""
    if a < 2 and a is not None:
        print(a + 3)
    raise ValueError(f"{a + 1}")
'''


def test_functions_are_changed_and_signatures_and_errors_are_not() -> None:
    found = [mutant_python.mutated(PYTHON, number) for number in range(len(mutant_python.lines(PYTHON)))]
    assert [one.words for one in found] == [
        "if a < 2 and a is not None:  ->  if not (a < 2 and a is not None):",
        "a < 2 and a is not None  ->  a < 2 or a is not None",
        "a < 2  ->  a <= 2",
        "a < 2  ->  a >= 2",
        "2  ->  3",
        "a is not None  ->  a is None",
        "print(a + 3)  ->  pass",
        "a + 3  ->  a - 3",
        "3  ->  4",
    ]
    assert [one.line for one in found] == [3, 3, 3, 3, 3, 3, 4, 4, 4]
    assert all(ast.parse(one.text) for one in found)


@pytest.mark.parametrize("kind", mutants.KINDS)
def test_there_are_places_of_every_kind(kind: str) -> None:
    places = mutants.places_of(kind)
    assert len(places) > 1000
    assert {place.kind for place in places} == {kind}


def test_a_sample_has_of_every_kind_and_comes_again() -> None:
    places = {kind: [mutants.Place(kind, "file", number, 1) for number in range(50)] for kind in mutants.KINDS}
    chosen = mutants.sample(places, 30, seed=4)
    assert [sum(one.kind == kind for one in chosen) for kind in mutants.KINDS] == [10, 10, 10]
    assert mutants.sample(places, 30, seed=4) == chosen != mutants.sample(places, 30, seed=5)


def test_tests_of_a_line_are_those_about_little_else_first() -> None:
    lines = {"a.py": {1: ["wide", "narrow"], 2: ["wide"]}, "b.py": {1: ["wide"]}, "c.sql": {0: ["wide"]}}
    seconds = {"wide": 3.0, "narrow": 5.0}
    tests = LineMap(lines, seconds)
    assert tests.tests_of("a.py", 1) == ["narrow", "wide"]
    assert tests.tests_of("a.py", 2) == ["wide"]
    assert tests.tests_of("a.py", 3) == tests.tests_of("d.py", 1) == []
    assert tests.tests_of("c.sql", 7) == ["wide"]
    assert LineMap(lines, seconds, frozenset({"a.py"})).tests_of("a.py", 3) == ["narrow", "wide"]
