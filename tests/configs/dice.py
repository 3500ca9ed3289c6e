"""Random projects, by their config: a usual one, of which a few settings are changed to whatever their types allow.

A project is a list of changes, so that one that fails can be cut down to the changes that matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.project import ProjectSettings
from rr_pipeline.config.sources import SourcesFile
from rr_pipeline.routing.exception_tokens import OPTIONAL, REQUIRED, TOKENS_FILE
from tests.configs.values import MOMENTS, POOLS, SKILLS, USERS, annotation, draw

FILES: Mapping[str, type[BaseModel]] = {
    "project.yaml": ProjectSettings,
    "sources.yaml": SourcesFile,
    "policies/v1.yaml": PolicyFile,
}
WEIGHTS = (3, 4, 5)
BASE: Mapping[str, Any] = {
    "project.yaml": {"name": "t", "time_zone": "Europe/Oslo", "run_instant": "last_record"},
    "sources.yaml": {
        "sources": {
            "leads": {
                "table": "items", "object_type": "lead", "location": "leads*.csv",
                "mapping": {"item_id": "Id", "created_at": "Created", "email": "Email", "country": "Country",
                            "needed_skills": "Skills", "tier": "Tier", "employee_count": "Size"},
            },
            "users": {"table": "users", "location": "users*.csv", "mapping": {"user_id": "Id", "time_zone": "Zone"}},
            "activities": {
                "table": "activities", "location": "act*.csv", "optional": "true",
                "mapping": {"activity_id": "Id", "item_id": "Item", "occurred_at": "At", "kind": "Kind",
                            "outcome": "Outcome", "user_id": "User"},
            },
        }
    },
    "policies/v1.yaml": {
        "version": "v1", "effective_from": "2026-01-01", "skills": ["french", "k-2"], "queues": ["review"],
        "calendars": {"office": {"hours": {"mon-fri": ["09:00-17:00"]}, "holidays": ["NO"]}},
        "pools": {
            "pool": {"members": [{"user": "a", "weight": "2", "skills": ["french"]}, {"user": "b"}]},
            "other": {"members": [{"user": "c", "calendar": "office"}], "hold_for": "4h", "then": "queue",
                      "queue": "review", "sla": [{"first_touch_within": "15m"}]},
        },
        "territories": [{"name": "north", "pool": "other", "when": {"country": ["NO"]}}],
        "catch_all": "pool",
    },
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One setting of one file, put to a value."""

    file: str
    path: tuple[str | int, ...]
    value: Any


def changes_of(seed: int) -> list[Change]:
    """The changes of one random project."""
    dice = Random(seed)
    made = [_change(dice) for _ in range(dice.choice((1, 2, 3, 4, 6)))]
    if dice.random() < 0.15:
        made.append(Change(TOKENS_FILE, (), [_token(dice) for _ in range(dice.choice((0, 1, 2)))]))
    return made


def write_config(folder: Path, changes: list[Change]) -> None:
    """Write the config of the changed project; JSON is YAML."""
    content: dict[str, Any] = deepcopy(dict(BASE))
    for change in changes:
        if change.file == TOKENS_FILE:
            content[TOKENS_FILE] = change.value
        else:
            _put(content[change.file], change.path, change.value)
    (folder / "policies").mkdir(parents=True)
    for name, data in content.items():
        text = _tokens_text(data) if name == TOKENS_FILE else json.dumps(data, ensure_ascii=False, indent=1)
        (folder / name).write_text(text, encoding="utf-8")


def _change(dice: Random) -> Change:
    (name,) = dice.choices(list(FILES), WEIGHTS)
    path, value = _setting(dice, FILES[name], BASE[name])
    return Change(name, path, value)


def _setting(dice: Random, model: type[BaseModel], written: Any) -> tuple[tuple[str | int, ...], Any]:
    """A setting somewhere below a model, deeper ones too, and a new value for it."""
    name, field = dice.choice(list(model.model_fields.items()))
    key, kind = field.alias or name, annotation(field)
    inner, below = _inner_model(kind), written.get(key) if isinstance(written, dict) else None
    if inner is None or dice.random() < 0.15:
        return (key,), draw(dice, kind, name)
    places: list[str | int] = []
    if isinstance(below, dict) and not _is_model(kind):
        places = list(below)
    elif isinstance(below, list):
        places = list(range(len(below)))
    if places:
        place = dice.choice(places)
        path, value = _setting(dice, inner, below[place])
        return (key, place, *path), value
    if _is_model(kind):
        path, value = _setting(dice, inner, below or {})
        return (key, *path), value
    return (key,), draw(dice, kind, name)


def _inner_model(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    found = [model for one in get_args(kind) if (model := _inner_model(one)) is not None]
    return found[-1] if found and found[-1].__name__ not in ("Matcher", "ColumnRule") else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) or (get_origin(kind) is not None and _is_model(get_args(kind)[0])
                                      and not _is_many(kind))  # fmt: skip


def _is_many(kind: Any) -> bool:
    origin = get_origin(kind)
    return origin is tuple or (isinstance(origin, type) and issubclass(origin, Mapping))


def _put(data: Any, path: tuple[str | int, ...], value: Any) -> None:
    for part in path[:-1]:
        if isinstance(data, dict):
            data = data.setdefault(part, {})
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    if isinstance(data, dict) or (isinstance(data, list) and isinstance(path[-1], int) and path[-1] < len(data)):
        data[path[-1]] = value


def _token(dice: Random) -> dict[str, str]:
    choices: Mapping[str, tuple[str, ...]] = {
        "token_id": ("t1", "t2", "", "x" * 500, "'"), "pool_id": POOLS, "member_id": USERS,
        "kind": ("skip", "redo", "Skip", "pause", "resume", "withdraw"), "file": ("", "leads.csv"),
        "skill": ("", *SKILLS), "from": ("", *MOMENTS), "expires": ("", *MOMENTS),
    }  # fmt: skip
    return {name: dice.choice(choices[name]) for name in (*REQUIRED, *OPTIONAL)}


def _tokens_text(rows: list[dict[str, str]]) -> str:
    cells = [[*REQUIRED, *OPTIONAL], *([row[name] for name in (*REQUIRED, *OPTIONAL)] for row in rows)]
    return "\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in line) for line in cells) + "\n"
