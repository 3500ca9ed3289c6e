"""From a large world that fails to a small one that fails too, and how it is written down.

Belongs here: leaving out and making plain. Does not belong here: why a world fails. Nothing here knows the rule: a
candidate is whatever is left when a part goes or a field takes its default.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import Any

from tests.core.oracle_words import World


def reduced(world: World, fails: Callable[[World], bool], tries: int = 1500) -> World:
    """A world that still fails, from which nothing can be left out without its passing, as far as the tries go."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for change in changes(world):
            candidate = change(world)
            if tries > 0 and candidate is not None and candidate != world:
                tries -= 1
                if fails(candidate):
                    world, is_smaller = candidate, True
    return world


Change = Callable[[World], "World | None"]
"""Makes a world smaller; None where the place is no longer there."""


def changes(world: World) -> Iterator[Change]:
    """Large parts first. Each is tried on what the ones before have left."""
    for name in (
        "events",
        "arrivals",
        "tokens",
        "absences",
        "status_changes",
        "pauses",
        "departures",
        "stand_ins",
        "deputies",
        "tellings",
    ):
        size = len(getattr(world, name))
        for width in (16, 8, 4, 2, 1):
            for place in reversed(range(0, size, width)):
                yield lambda one, name=name, place=place, width=width: without(one, name, place, width)
    for place in reversed(range(1, len(world.policies))):
        yield lambda one, place=place: without_version(one, place)
    for path in paths(world):
        yield lambda one, path=path: changed(one, path)
    yield lambda one: replace(one, until=max([*(x.time for x in one.arrivals), *(x.at for x in one.events)], default=0))


def without(world: World, name: str, place: int, width: int) -> World | None:
    values = getattr(world, name)
    return replace(world, **{name: [*values[:place], *values[place + width :]]}) if place < len(values) else None


def without_version(world: World, place: int) -> World | None:
    if place >= len(world.policies):
        return None
    before, gone = world.policies[place - 1], world.policies[place]
    longer = replace(before, until_us=gone.until_us)
    return replace(world, policies=[*world.policies[: place - 1], longer, *world.policies[place + 1 :]])


Path = tuple[str | int, ...]


def paths(value: Any, so_far: Path = ()) -> Iterator[Path]:
    """The ways to all parts of tuples and lists, and to all fields that are not at their default."""
    if is_dataclass(value):
        for one in fields(value):
            inner = getattr(value, one.name)
            if default_of(one) is not MISSING and inner != default_of(one):
                yield (*so_far, one.name)
            yield from paths(inner, (*so_far, one.name))
    elif isinstance(value, tuple | list):
        for place in reversed(range(len(value))):
            if len(so_far) > 1:
                yield (*so_far, place)
            yield from paths(value[place], (*so_far, place))


def default_of(one: Field[Any]) -> Any:
    return one.default if one.default_factory is MISSING else one.default_factory()


def changed(value: Any, path: Path) -> Any:
    """The value without the part at the end of the path, or with the field there at its default; None if gone."""
    if value is None:
        return None
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        inner = getattr(value, step)
        if not rest:
            return replace(value, **{step: next(default_of(one) for one in fields(value) if one.name == step)})
        new = changed(inner, rest)
        return None if new is None else replace(value, **{step: new})
    if step >= len(value):
        return None
    new = changed(value[step], rest) if rest else None
    if rest and new is None:
        return None
    kind = type(value)
    return kind([*value[:step], *([new] if rest else []), *value[step + 1 :]])


def shown(value: Any, depth: int = 0) -> str:
    """Python that makes the value, without the fields that are at their default."""
    space = "\n" + "    " * (depth + 1)
    if is_dataclass(value):
        parts = [
            f"{one.name}={shown(getattr(value, one.name), depth)}"
            for one in fields(value)
            if default_of(one) is MISSING or getattr(value, one.name) != default_of(one)
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, list | tuple) and any(is_dataclass(one) for one in value):
        return "[" + "".join(f"{space}{shown(one, depth + 1)}," for one in value) + space[:-4] + "]"
    return repr(value)
