"""The base of every settings model, and the way from a failed validation to problems a reader can fix.

Belongs here: unknown keys, wrong shapes, and the file, line and dotted field of each problem.
Does not belong here: any particular setting.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Mapping
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from rr_pipeline.config.yaml_reader import Path, YamlDocument, dotted
from rr_pipeline.errors import Problem, nearest


class StrictModel(BaseModel):
    """Settings that refuse unknown keys and cannot be changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=False, hide_input_in_errors=True)


Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], document: YamlDocument) -> tuple[Model | None, list[Problem]]:
    """Build a model from a document; on failure return None and one problem for each thing that is wrong."""
    data = {} if document.data is None else document.data
    if not isinstance(data, dict):
        message = "must be a list of settings, each 'name: value' on its own line"
        return None, [Problem(document.file, document.line_of(()), None, "SHAPE_MAPPING", message)]
    try:
        value, problems = model.model_validate(data), []
    except ValidationError as error:
        value, problems = None, [_problem(model, document, details) for details in error.errors(include_url=False)]
    problems += _unwritten(document, {problem.field for problem in problems})
    return (None if problems else value), problems


def _unwritten(document: YamlDocument, noted: Collection[str | None]) -> list[Problem]:
    """Return a problem for each setting with nothing after its colon that is not noted already.

    A setting that may be left out would take emptiness for its absence; whoever wrote its name meant something.
    """
    empty = [path for path in document.lines if path and _value_at(document.data, path) is None]
    return [
        Problem(document.file, document.line_of(path), dotted(path), *_NOTHING_WRITTEN)
        for path in empty
        if dotted(path) not in noted
    ]


def _value_at(data: Any, path: Path) -> Any:
    for part in path:
        if (isinstance(data, list) and isinstance(part, int)) or (isinstance(data, dict) and part in data):
            data = data[part]  # type: ignore[index]
        else:
            return _ABSENT
    return data


_ABSENT = object()
_NOTHING_WRITTEN = ("VALUE_MISSING", "has nothing after the colon; write a value or remove the line")


def validate_partly(
    model: type[Model], document: YamlDocument, cut: Callable[[Path], Path | None], rounds: int = 10
) -> Model | None:
    """Build a model without the settings that are wrong, for further checks only; None where that cannot be.

    ``cut`` is given the path of a wrong setting (never a place in a list: then of the list) and returns the path of
    what to leave out instead, or None to give up.
    """
    data = document.data
    for _ in range(rounds):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                loc = details["loc"]
                # What is missing may have been left out a round ago: then what it belongs to goes as well.
                path = _written_path(document, loc[:-1] if details["type"] == "missing" else loc)
                while path and isinstance(path[-1], int):
                    path = path[:-1]
                chosen = cut(path) if path else None
                if not chosen:
                    return None
                data = _without(data, chosen)
    return None


def _without(data: Any, path: Path) -> Any:
    """Return a copy of ``data`` without what stands at ``path``; the copy shares what does not change."""
    if isinstance(data, list):
        return [_without(value, path[1:]) if place == path[0] else value for place, value in enumerate(data)]
    if not isinstance(data, dict):
        return data
    if len(path) == 1:
        return {key: value for key, value in data.items() if key != path[0]}
    return {key: _without(value, path[1:]) if key == path[0] else value for key, value in data.items()}


def _problem(model: type[BaseModel], document: YamlDocument, details: Mapping[str, Any]) -> Problem:
    path = _written_path(document, details["loc"])
    kind, text = details["type"], str(details["msg"])
    field = path
    if kind == "missing":
        field = (*path, str(details["loc"][-1]))
        code, message = "KEY_MISSING", f"is missing; add '{details['loc'][-1]}:' here"
    elif kind == "extra_forbidden":
        known = known_keys(model, path[:-1])
        hint = nearest(str(path[-1]), known) or f" Known here: {', '.join(sorted(known))}."
        code, message = "KEY_UNKNOWN", f"is not a setting that exists here.{hint}"
    elif details.get("input", "") is None:
        code, message = _NOTHING_WRITTEN
    elif kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", str(details["ctx"]["expected"]))
        hint = nearest(str(details["input"]), allowed) if isinstance(details["input"], str) else ""
        code, message = "VALUE_UNKNOWN", f"must be one of: {', '.join(allowed)}.{hint}"
    elif kind in _SHAPES:
        code, message = _SHAPES[kind]
    elif kind.isupper():
        code, message = kind, text
    else:
        code, message = "VALUE_INVALID", text
    return Problem(document.file, document.line_of(field), dotted(field) or None, code, message)


_LIST = ("SHAPE_LIST", "must be a list; write [first, second] or one '- value' a line")
_KEYS = ("SHAPE_MAPPING", "must be a block of 'name: value' lines")
_SHAPES = {
    "tuple_type": _LIST,
    "list_type": _LIST,
    "iterable_type": _LIST,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "string_type": ("SHAPE_TEXT", "must be one plain value here, not a list or a block of keys"),
}


def _written_path(document: YamlDocument, loc: tuple[Any, ...]) -> Path:
    # A validator may have rewritten a shorthand, and keys of mappings are reported with '[key]' behind: only what
    # stands in the file is a place that a reader can go to.
    path: Path = ()
    for part in document.as_written(loc):
        if not document.has((*path, part)):
            break
        path = (*path, part)
    return path


def known_keys(model: type[BaseModel], path: Path) -> frozenset[str]:
    """Return the names of the settings that may stand at ``path`` below ``model``; empty where any may."""
    current: Any = model
    for part in path:
        current = _plain_type(current)
        if isinstance(current, type) and issubclass(current, BaseModel):
            named = {info.alias or name: info.annotation for name, info in current.model_fields.items()}
            current = named.get(str(part))
        else:
            arguments = [argument for argument in get_args(current) if argument is not Ellipsis]
            current = arguments[-1] if arguments else None
    current = _plain_type(current)
    if get_origin(current) is tuple:
        # One block may stand for a list of one.
        current = get_args(current)[0]
    if isinstance(current, type) and issubclass(current, BaseModel):
        # What a shorthand becomes has other keys than what is written.
        current = getattr(current, "written_as", current)
        return frozenset(info.alias or name for name, info in current.model_fields.items())
    return frozenset()


def _plain_type(annotation: Any) -> Any:
    while True:
        if get_origin(annotation) is Annotated:
            # A type that is kept in another form than it is written in says what is written.
            kept, *metadata = get_args(annotation)
            annotation = next((one.written for one in metadata if hasattr(one, "written")), kept)
        elif get_origin(annotation) in (Union, types.UnionType):
            choices = [choice for choice in get_args(annotation) if choice is not type(None)]
            annotation = choices[0]
        else:
            return annotation
