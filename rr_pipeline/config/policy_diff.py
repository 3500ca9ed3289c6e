"""What differs between two policy versions, setting by setting, each in one plain line.

Belongs here: the comparison and its words. Does not belong here: reading versions, printing, what a change will do.

The comparison walks over the models themselves, whatever fields they have: a setting that is added to a model some day
is compared from that day on. Words are looked up by field; without an entry the name of the setting serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel

from rr_pipeline.config.hours import block_text, dated_text
from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.config.policy_words import KEYS, NOUNS, duration_text, label, says_time
from rr_pipeline.config.pools import DEFAULT_OWNER, Vacation

Kind = Literal["added", "removed", "changed", "moved"]
Path = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One difference. ``path`` is that of the setting (``pools.inbound.members.ann.weight``)."""

    path: str
    kind: Kind
    before: Any
    after: Any
    text: str

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {"path": self.path, "kind": self.kind, "before": self.before, "after": self.after, "text": self.text}


def compare_policies(before: PolicyVersion, after: PolicyVersion) -> tuple[Change, ...]:
    """Return every difference in meaning, in the order of the settings; none for equal content."""
    return tuple(_values(_written(before), _written(after), ()))


def _written(version: PolicyVersion) -> PolicyVersion:
    # The pool that a default owner is stands in no file; the setting it comes from is compared.
    return version.model_copy(update={"pools": tuple(pool for pool in version.pools if not pool.is_default_owner)})


def _values(before: Any, after: Any, path: Path) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, BaseModel) and isinstance(after, BaseModel) and type(before) is type(after):
        for name, info in type(before).model_fields.items():
            if not info.exclude:
                yield from _values(getattr(before, name), getattr(after, name), (*path, info.alias or name))
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _named(dict(before), dict(after), path)
    elif isinstance(before, tuple) and isinstance(after, tuple) and not (path and path[-1] in {"hours", "by_date"}):
        yield from _sequences(before, after, path)
    else:
        yield _change("changed", before, after, path)


def _sequences(before: tuple[Any, ...], after: tuple[Any, ...], path: Path) -> Iterator[Change]:
    old, new = _by_key(before), _by_key(after)
    if all(isinstance(one, BaseModel) and _key(one) is not None for one in (*before, *after)):
        yield from _named(old, new, path)
    else:
        for name, one in old.items():
            if name not in new:
                yield _change("removed", one, None, path)
        for name, one in new.items():
            if name not in old:
                yield _change("added", None, one, path)
    stays, goes = [name for name in old if name in new], [name for name in new if name in old]
    if stays != goes:
        for name in _moved(stays, goes):
            places = (list(old).index(name) + 1, list(new).index(name) + 1)
            yield _change("moved", *places, (*path, name))


def _named(before: Mapping[str, Any], after: Mapping[str, Any], path: Path) -> Iterator[Change]:
    for name in (*before, *(name for name in after if name not in before)):
        place = (*path, name)
        if name not in after:
            yield _change("removed", before[name], None, place)
        elif name not in before:
            yield _change("added", None, after[name], place)
        else:
            yield from _values(before[name], after[name], place)


def _key(one: Any) -> str | None:
    return next((str(getattr(one, name)) for name in KEYS if hasattr(one, name)), None)


def _by_key(entries: Sequence[Any]) -> dict[str, Any]:
    """Entries by what names them, else by what they say; a name that comes again is counted."""
    found: dict[str, Any] = {}
    for one in entries:
        name = first = _key(one) or _told(one, "")
        count = 1
        while name in found:
            count += 1
            name = f"{first} ({count})"
        found[name] = one
    return found


def _moved(before: list[str], after: list[str]) -> list[str]:
    """The fewest names that have to be moved to make one order of the other: all but a longest common order."""
    places = {name: place for place, name in enumerate(before)}
    best: list[tuple[int, int]] = []  # length of the longest order that ends here, and where it comes from
    for end, name in enumerate(after):
        earlier = [(best[at][0], -at) for at in range(end) if places[after[at]] < places[name]]
        length, at = max(earlier, default=(0, 1))
        best.append((length + 1, -at))
    end = max(range(len(after)), key=lambda at: (best[at][0], -at))
    stays = set()
    while end >= 0:
        stays.add(after[end])
        end = best[end][1]
    return [name for name in after if name not in stays]


def _change(kind: Kind, before: Any, after: Any, path: Path) -> Change:
    return Change(".".join(path), kind, _plain(before), _plain(after), _text(kind, before, after, path))


def _text(kind: Kind, before: Any, after: Any, path: Path) -> str:
    where, setting = _where(path)
    if kind == "moved":
        return f"{', '.join(filter(None, (where, label(setting))))}: place {before} -> {after}"
    if kind == "changed":
        return f"{where}{': ' if where else ''}{label(setting)} {_told(before, setting)} -> {_told(after, setting)}"
    value = before if kind == "removed" else after
    word = "removed" if kind == "removed" else "new"
    if setting:
        sign = "without" if kind == "removed" else "also"
        return f"{where}{': ' if where else ''}{label(setting)} {sign} {_told(value, setting)}"
    return f"{where}: {word} ({_told(value, '') or 'as by default'})"


def _where(path: Path) -> tuple[str, str]:
    """What a path leads to in words (pool inbound, ann), and the name of the setting there, if it is one."""
    words: list[str] = []
    rest = list(path)
    while rest and rest[0] in NOUNS and len(rest) > 1:
        noun, name = NOUNS[rest[0]], rest[1]
        words.append(f"{noun} {name}".strip())
        rest = rest[2:]
    return ", ".join(words), ".".join(rest)


def _told(value: Any, setting: str) -> str:
    """A value in words."""
    name = setting.rsplit(".", 1)[-1]
    if name == "hours" and isinstance(value, tuple):
        return "; ".join(block_text(block) for block in value)
    if name == "by_date" and isinstance(value, tuple):
        return "; ".join(dated_text(*one) if isinstance(one, tuple) else str(one) for one in value) or "none"
    if says_time(name) and isinstance(value, int):
        return duration_text(value)
    return next(tell(value) for kind, tell in _WORDS if isinstance(value, kind))


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}{' UTC' if value.tzinfo else ''}"


def _mapping(value: Mapping[Any, Any]) -> str:
    return ", ".join(f"{key} {_told(one, str(key))}" for key, one in value.items()) or "nothing"


def _simple(value: Any) -> str:
    return "the default owner" if isinstance(value, str) and value.endswith(DEFAULT_OWNER) else str(value)


def _settings(value: BaseModel) -> str:
    """What a block of settings says beyond defaults; what names it stands before it already."""
    told = []
    for name, info in type(value).model_fields.items():
        one = getattr(value, name)
        if info.exclude or name in KEYS or (not info.is_required() and one == info.get_default()):
            continue
        if name == "members":
            told.append("members " + ", ".join(f"{member.user} {member.weight}" for member in one))
        elif isinstance(one, tuple) and one and isinstance(one[0], BaseModel):
            told.append(f"{label(name)} " + ", ".join(_key(inner) or _told(inner, "") for inner in one))
        else:
            told.append(f"{label(info.alias or name)} {_told(one, name)}")
    return "; ".join(told)


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, datetime | date) else value


_WORDS: tuple[tuple[type[Any], Callable[[Any], str]], ...] = (
    (type(None), lambda _: "none"),
    (bool, lambda value: "yes" if value else "no"),
    (Vacation, lambda value: f"{_told(value.from_, '')} to {_told(value.until, '')}"),
    (BaseModel, _settings),
    (Mapping, _mapping),
    (tuple, lambda value: ", ".join(_told(one, "") for one in value) or "none"),
    (datetime, _instant),
    (date, date.isoformat),
    (object, _simple),
)
"""How values of each kind are told; the first that fits counts."""
