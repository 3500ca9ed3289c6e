"""Reading ``expectations/<table>.json``, strictly.

Belongs here: what a suite file may say. Does not belong here: running it. The files are plain Great Expectations
suites; what is ours stands in each expectation's ``meta``:

    rule         name, once in the suite
    code         UPPER_SNAKE code of the rows that fail
    action       quarantine (the row is set aside) | warn (counted) | stop (nothing is published)
    description  what is wrong with a row that fails
    fix          what its owner can do about it
    field        optional: the column a reader should look at, by its delivered name, when the checked one holds a code
    code_from    optional: a column that holds the row's own code; ``code`` then stands for "any of them"
    fixes        optional, with code_from: {CODE: "what is wrong and how to fix it"}

A ``value_set`` may name a group of the vocabulary (core/vocabulary.py) in place of its words.

And in the suite's ``meta``: ``key`` (the column that names a row to its owner) and ``is_published``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from rr_pipeline.core.vocabulary import VOCABULARY
from rr_pipeline.errors import RunError, nearest
from rr_pipeline.quality.rules_sql import ALLOWED, FIXED
from rr_pipeline.quality.suites import Action, Rule, Suite

SEVERITIES: Mapping[Action, str] = {"quarantine": "warning", "warn": "info", "stop": "critical"}
FLOOR = "expect_table_row_count_to_be_between"
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]*")
_META = {"rule", "code", "action", "description", "fix", "field", "code_from", "fixes"}
_NEEDED = ("rule", "code", "action", "description", "fix")


def load_suites(folder: Path) -> dict[str, Suite]:
    """Read every ``<name>.json`` of ``folder``; {name: suite}, sorted by name.

    Raises RunError for a file that is not a suite this package can run: these files travel with the package.
    """
    return {path.stem: load_suite(path) for path in sorted(folder.glob("*.json"))}


def load_suite(path: Path) -> Suite:
    """Read one suite file. Raises RunError naming the file and rule when it breaks the shape described above."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RunError(f"{path.name} is not JSON: {error}") from None
    for entry in content.get("expectations", []):
        if isinstance(group := entry.get("kwargs", {}).get("value_set"), str):
            entry["kwargs"]["value_set"] = list(VOCABULARY.get(group, ()))
    meta = content.get("meta", {})
    rules = tuple(read_rule(path.name, entry) for entry in content.get("expectations", []))
    names = [rule.rule for rule in rules]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if content.get("name") != path.stem or not rules or repeated:
        raise RunError(f"{path.name}: the suite needs the name of its file and rules named once ({repeated or names})")
    if rules[0].type != FLOOR or not rules[0].kwargs.get("min_value"):
        raise RunError(f"{path.name}: the first rule must be a floor for the row count, since all else passes on none")
    return Suite(path.stem, meta.get("key"), bool(meta.get("is_published", False)), rules, content)


def read_rule(file: str, entry: Mapping[str, Any]) -> Rule:
    """Turn one expectation of the file into a Rule; raises RunError for what we do not run exactly."""
    meta = entry.get("meta", {})
    where = f"{file}, rule {meta.get('rule')!r}"
    if missing := [name for name in _NEEDED if not meta.get(name)]:
        raise RunError(f"{where}: meta lacks {missing}")
    if unknown := sorted(set(meta) - _META):
        raise RunError(f"{where}: unknown meta {unknown[0]!r}.{nearest(unknown[0], _META)}")
    if not _NAME.fullmatch(meta["rule"]):
        raise RunError(f"{where}: a rule is named in lower_snake")
    kind = entry.get("type", "")
    if kind not in ALLOWED:
        raise RunError(f"{where}: no SQL is known for the expectation {kind!r}.{nearest(kind, ALLOWED)}")
    kwargs = entry.get("kwargs", {})
    if odd := sorted(set(kwargs) - ALLOWED[kind]):
        raise RunError(f"{where}: {kind} does not take {odd[0]!r} here.{nearest(odd[0], ALLOWED[kind])}")
    if wrong := sorted(name for name, value in FIXED.get(kind, {}).items() if kwargs.get(name) != value):
        raise RunError(f"{where}: {wrong[0]} must be {FIXED[kind][wrong[0]]!r}")
    if "value_set" in kwargs and (not kwargs["value_set"] or None in kwargs["value_set"]):
        raise RunError(f"{where}: value_set needs values; nulls are never looked at")
    action = meta["action"]
    if action not in SEVERITIES or entry.get("severity") != SEVERITIES[action]:
        raise RunError(f"{where}: action must be set and severity with it: {dict(SEVERITIES)}")
    codes = [meta["code"], *meta.get("fixes", {})]
    if bad := [code for code in codes if not _CODE.fullmatch(code)]:
        raise RunError(f"{where}: a code is UPPER_SNAKE, not {bad[0]!r}")
    return Rule(
        rule=meta["rule"],
        type=kind,
        kwargs=kwargs,
        code=meta["code"],
        action=cast("Action", action),
        description=meta["description"],
        fix=meta["fix"],
        field=meta.get("field"),
        code_from=meta.get("code_from"),
        fixes=meta.get("fixes", {}),
    )
