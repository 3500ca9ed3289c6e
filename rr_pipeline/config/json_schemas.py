"""JSON Schema files, so that an editor completes and checks settings while they are typed.

Belongs here: the schemas made of the models, and where they are written. Does not belong here: what a setting may be.
An editor sees YAML's own types (3 is a number there), the program sees text; the types of text_types.py tell both.
The schemas are kinder than the program: rules across settings are checked by ``rr-pipeline check`` only.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from rr_pipeline.config.canonical import CANONICAL
from rr_pipeline.config.matching import WHEN_FIELDS
from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.presets import PRESETS
from rr_pipeline.config.project import ProjectSettings
from rr_pipeline.config.sources import SourcesFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FILES: dict[str, tuple[type[BaseModel], str]] = {
    "project": (ProjectSettings, "project.yaml of rr-pipeline"),
    "sources": (SourcesFile, "sources.yaml of rr-pipeline"),
    "policy": (PolicyFile, "A file of policies/ of rr-pipeline"),
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each kind of file, by its name: project, sources, policy."""
    made = {name: _schema(model, title) for name, (model, title) in _FILES.items()}
    source = made["sources"]["$defs"]["SourceSettings"]["properties"]
    source["preset"] = {"enum": sorted(PRESETS), "description": source["preset"]["description"]}
    columns = sorted({column for names in CANONICAL.values() for column in names})
    source["mapping"]["propertyNames"] = {"enum": columns}
    for rule in ("Territory", "SkillRule", "Preference", "QualificationRule", "SlaTarget"):
        made["policy"]["$defs"][rule]["properties"]["when"] |= {
            "propertyNames": {"enum": sorted(WHEN_FIELDS)},
            "minProperties": 1,
        }
    return made


def write_schemas(folder: Path) -> tuple[Path, ...]:
    """Write ``<name>.schema.json`` of each kind of file into a folder (made if missing); return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, schema in schemas().items():
        path = folder / f"{name}.schema.json"
        path.write_text(render(schema), encoding="utf-8", newline="\n")
        written.append(path)
    return tuple(written)


def render(schema: dict[str, Any]) -> str:
    """Return a schema as the text of its file: keys in order, the same for the same models."""
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema: dict[str, Any] = _tidy(model.model_json_schema(mode="validation", by_alias=True))
    return {"$schema": DIALECT, **schema, "title": title}


def _tidy(node: Any, is_names: bool = False) -> Any:
    """Drop what only clutters an editor: titles made of names, and null where nothing may be written.

    ``is_names``: the keys of ``node`` are names of settings, not words of JSON Schema.
    """
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    tidy = {key: _tidy(value, not is_names and key in ("properties", "$defs")) for key, value in node.items()}
    if is_names:
        return tidy
    tidy.pop("title", None)
    # Whole blocks have no default worth showing: each of their settings shows its own.
    if "default" in tidy and (tidy["default"] is None or isinstance(tidy["default"], dict)):
        del tidy["default"]
    choices = tidy.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        rest = [choice for choice in choices if choice != {"type": "null"}]
        del tidy["anyOf"]
        tidy = {**rest[0], **tidy} if len(rest) == 1 else {**tidy, "anyOf": rest}
    return tidy
