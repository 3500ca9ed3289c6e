"""Small faults in SQL text: predicates turned round, joins narrowed, orders reversed; comments and texts stay."""

from __future__ import annotations

import re

from tests.tools.mutant_python import Mutant

# What is found -> what may stand there instead. The longest form goes first, so that `is not null` is no `is`.
_TURNED = (
    (r"\bis not null\b", ("is null",)),
    (r"\bis null\b", ("is not null",)),
    (r"\bis not distinct from\b", ("is distinct from",)),
    (r"\bis distinct from\b", ("is not distinct from",)),
    (r"\bnot exists\b", ("exists",)),
    (r"\bexists\b", ("not exists",)),
    (r"\bnot in\b", ("in",)),
    (r"\bleft join\b", ("join",)),
    (r"\bsemi join\b", ("anti join",)),
    (r"\banti join\b", ("semi join",)),
    (r"\bunion all\b", ("union",)),
    (r"\bselect distinct\b", ("select",)),
    (r"\bdesc\b", ("asc",)),
    (r"\band\b", ("or",)),
    (r"\bor\b", ("and",)),
    (r"\bnot\b", ("",)),
    (r"\btrue\b", ("false",)),
    (r"\bfalse\b", ("true",)),
    (r"\bmin\(", ("max(",)),
    (r"\bmax\(", ("min(",)),
    (r"\barg_min\(", ("arg_max(",)),
    (r"\barg_max\(", ("arg_min(",)),
    (r"\bleast\(", ("greatest(",)),
    (r"\bgreatest\(", ("least(",)),
    (r"\bcount\(distinct ", ("count(",)),
    (r"<=", ("<", ">")),
    (r">=", (">", "<")),
    (r"<>", ("=",)),
    (r"!=", ("=",)),
    (r"(?<![<>!:=])=(?![=>])", ("<>",)),
    (r"(?<![<>-])<(?![=>])", ("<=", ">=")),
    (r"(?<![<>=-])>(?![=>])", (">=", "<=")),
    (r"(?<= )\+(?= )", ("-",)),
    (r"(?<= )-(?= )", ("+",)),
    (r"(?<![\w.'\[\]])\d+(?![\w.'])", ("+1",)),
)
_FOUND = re.compile("|".join(f"(?P<t{number}>{pattern})" for number, (pattern, _) in enumerate(_TURNED)), re.IGNORECASE)
_KEPT = re.compile(r"--[^\n]*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL)


def _places(text: str) -> list[tuple[int, int, str]]:
    """Begin and end of each place, and what may stand there; ``between x and y`` keeps its ``and``."""
    blank = _KEPT.sub(lambda kept: re.sub(r"[^\n]", "\x00", kept[0]), text)
    blank = re.sub(r"(\bbetween\b[^\n]*?\s)and\b", lambda one: f"{one[1]}\x00\x00\x00", blank, flags=re.IGNORECASE)
    found = []
    for place in _FOUND.finditer(blank):
        _, instead = _TURNED[int(str(place.lastgroup)[1:])]
        for other in instead:
            found.append((place.start(), place.end(), str(int(place[0]) + 1) if other == "+1" else other))
    return found


def lines(text: str) -> list[int]:
    """Line of each possible mutant of an SQL file, in their order."""
    return [text.count("\n", 0, begin) + 1 for begin, _, _ in _places(text)]


def mutated(text: str, wanted: int) -> Mutant:
    """Return the mutant of that number."""
    begin, end, other = _places(text)[wanted]
    line = text.count("\n", 0, begin) + 1
    changed = f"{text[:begin]}{other}{text[end:]}"
    before, after = (one.split("\n")[line - 1].strip() for one in (text, changed))
    return Mutant(changed, line, f"{before}  ->  {after}")
