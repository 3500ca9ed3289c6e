"""The mess: kinds of spoilt rows, how often they come, and how they change a row.

Belongs here: everything that makes a row wrong or odd on purpose. Two families: kinds that a sound pipeline
refuses row by row (``REFUSED_KINDS``), and kinds that it takes with a warning or without.
Does not belong here: duplicates (``arrivals``) and who is set aside by qualification (``people``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from rr_pipeline.examples.demo.draw import Bools, Draw, Ints

# kind -> rows in 10,000, of the rows whose feed can show it.
_REFUSED = {
    "id_missing": 11,
    "id_mangled": 11,
    "time_missing": 11,
    "time_invalid": 12,
    "time_no_such_day": 8,
    "time_year_1900": 6,
    "time_year_9999": 6,
    "ragged_short": 12,
    "ragged_long": 10,
    "control_char": 12,
    "json_broken": 20,
}
_ODD = {
    "email_two_at": 12,
    "email_several": 14,
    "email_mailto": 10,
    "email_role": 16,
    "email_test": 6,
    "email_padded": 40,
    "email_null_word": 25,
    "no_contact": 14,
    "phone_invalid": 26,
    "phone_null_word": 15,
    "number_nan": 8,
    "number_huge": 5,
    "number_words": 10,
    "country_unknown": 26,
    "country_missing": 20,
    "skill_unknown": 14,
    "channel_unknown": 10,
    "formula": 10,
    "name_html": 8,
    "name_sql": 8,
    "name_nfd": 20,
    "name_padded": 20,
    "name_confusable": 6,
    "company_quotes": 25,
    "consent_missing": 40,
}
REFUSED_KINDS: tuple[str, ...] = tuple(_REFUSED)
SPOILS: tuple[str, ...] = ("none", *_REFUSED, *_ODD)
_WEIGHTS = {"none": 10_000 - sum(_REFUSED.values()) - sum(_ODD.values()), **_REFUSED, **_ODD}
NULL_WORDS = ("NULL", "N/A", "-", "null", "n/a", "#N/A", "None")
INVISIBLE = ("\u00a0", "\u200b", "\t", "  ", "\ufeff")


JSON_BROKEN = SPOILS.index("json_broken")


def is_ragged(spoil: Ints) -> Bools:
    """Return where the kind is one that only lines of separated cells can have."""
    return np.isin(spoil, [SPOILS.index("ragged_short"), SPOILS.index("ragged_long")])


def spoil_draw(draw: Draw, count: int) -> Ints:
    """Return a kind (position in ``SPOILS``) for each of ``count`` rows."""
    return draw.pick([_WEIGHTS[name] for name in SPOILS], count)


@dataclass(frozen=True)
class Dialect:
    """What a feed's spelling allows: its impossible instants, and whether it knows characters beyond cp1252."""

    year_1900: str
    year_9999: str
    no_such_day: str
    is_western: bool
    is_json: bool


Spell = Callable[["Cell"], pl.Expr]


@dataclass(frozen=True)
class Cell:
    """What a rule may look at: the column itself, the row's dice, the feed's dialect."""

    value: pl.Expr
    dice: pl.Expr
    dialect: Dialect


def _one_of(words: Sequence[str]) -> Spell:
    series = pl.Series(list(words))
    return lambda cell: pl.lit(series).gather((cell.dice % len(words)).cast(pl.UInt32))


def _invisible(cell: Cell) -> pl.Expr:
    signs = [sign for sign in INVISIBLE if not cell.dialect.is_western or sign not in {"\u200b", "\ufeff"}]
    return _one_of(signs)(cell) + cell.value + _one_of([" ", "\u00a0"])(cell)


def _two_at(cell: Cell) -> pl.Expr:
    return cell.value.str.replace("@", "@@", literal=True)


def _several(cell: Cell) -> pl.Expr:
    return cell.value + _one_of(["; ", ", ", " / "])(cell) + cell.value.str.replace("@", ".work@", literal=True)


def _decomposed(cell: Cell) -> pl.Expr:
    return cell.value if cell.dialect.is_western else cell.value.str.normalize("NFD")


def _confusable(cell: Cell) -> pl.Expr:
    """Latin a, e, o as Cyrillic letters that look the same."""
    if cell.dialect.is_western:
        return cell.value
    return cell.value.str.replace_many(["a", "e", "o"], ["\u0430", "\u0435", "\u043e"])


def _at_same_domain(cell: Cell, box: pl.Expr) -> pl.Expr:
    return box + "@" + cell.value.str.split("@").list.last()


_FORMULAS = ("=1+1&", "@SUM(A1)&", '=HYPERLINK("http://prize-winner.mail")&', "+2&")
_EMPTY: Spell = lambda cell: pl.lit("")  # noqa: E731
_NULL: Spell = _one_of(NULL_WORDS)
# (kind, column, new value). A kind may touch several columns; columns that a feed lacks are simply not written.
_RULES: tuple[tuple[str, str, Spell], ...] = (
    ("id_missing", "id", _one_of(["", "", "NULL", " "])),
    ("id_mangled", "id", _one_of(["1.23E+15", "5.00E+14", "2.02601E+11"])),
    ("time_missing", "created", _one_of(["", "NULL", "-"])),
    ("time_invalid", "created", _one_of(["soon", "2026-13-45", "00:00", "yesterday", "31/31/2026"])),
    ("time_no_such_day", "created", lambda cell: pl.lit(cell.dialect.no_such_day)),
    ("time_year_1900", "created", lambda cell: pl.lit(cell.dialect.year_1900)),
    ("time_year_9999", "created", lambda cell: pl.lit(cell.dialect.year_9999)),
    ("control_char", "company", lambda cell: cell.value + _one_of(["\x00", "\x01", "\x1b[31m", "\x07"])(cell)),
    ("control_char", "title", lambda cell: cell.value + _one_of(["\x00", "\x01", "\x1b[31m", "\x07"])(cell)),
    ("email_two_at", "email", _two_at),
    ("email_several", "email", _several),
    ("email_mailto", "email", lambda cell: "mailto:" + cell.value),
    ("email_role", "email", lambda cell: _at_same_domain(cell, _one_of(["info", "sales", "noreply", "admin"])(cell))),
    ("email_test", "email", _one_of(["test@test.com", "asdf@example.com", "a@a.test", "nobody@example.org"])),
    ("email_padded", "email", _invisible),
    ("email_null_word", "email", _NULL),
    ("no_contact", "email", _EMPTY),
    ("no_contact", "email2", _EMPTY),
    ("no_contact", "phone", _EMPTY),
    ("phone_invalid", "phone", _one_of(["12345", "+99 000", "ask for Kim", "+47 00 00 00 00", "555-CALL-NOW"])),
    ("phone_null_word", "phone", _NULL),
    ("number_nan", "employees", _one_of(["NaN", "inf", "-Infinity", "#DIV/0!"])),
    ("number_huge", "employees", _one_of(["9223372036854775808", "1e999", "99999999999999999999"])),
    ("number_words", "employees", _one_of(["50-100", "many", "ca. 200", "10+"])),
    ("country_unknown", "country", _one_of(["Narnia", "XX", "Earth", "EMEA"])),
    ("country_missing", "country", _one_of(["", "-", "N/A"])),
    ("skill_unknown", "skills", _one_of(["klingon", "french;telepathy", "enterprize"])),
    ("channel_unknown", "channel", _one_of(["carrier pigeon", "???", "TBD"])),
    ("formula", "company", lambda cell: _one_of(_FORMULAS)(cell) + cell.value),
    ("name_html", "first", lambda cell: "<b>" + cell.value + "</b><script>alert(1)</script>"),
    ("name_sql", "last", lambda cell: cell.value + "'); DROP TABLE leads;--"),
    ("name_nfd", "first", _decomposed),
    ("name_nfd", "last", _decomposed),
    ("name_padded", "last", _invisible),
    ("name_confusable", "last", _confusable),
    ("company_quotes", "company", lambda cell: '"' + cell.value + '", Sons & Co; Dept. 7'),
    ("consent_missing", "consent", _EMPTY),
)  # fmt: skip


def spoilt_columns(kind: str) -> frozenset[str]:
    """Return the generic columns that a kind changes."""
    return frozenset(column for name, column, _ in _RULES if name == kind)


def spoil_cells(frame: pl.DataFrame, dialect: Dialect) -> pl.DataFrame:
    """Return ``frame`` (generic text columns, ``spoil``, ``dice``) with the cells of spoilt rows changed."""
    present = set(frame.get_column("spoil").unique().to_list())
    for kind, column, spell in _RULES:
        code = SPOILS.index(kind)
        if code in present:
            cell = Cell(pl.col(column), pl.col("dice"), dialect)
            frame = frame.with_columns(
                pl.when(pl.col("spoil") == code).then(spell(cell)).otherwise(pl.col(column)).alias(column)
            )
    return frame


def spoil_lines(lines: pl.Series, spoil: Ints, separator: str, dialect: Dialect) -> pl.Series:
    """Return whole lines with ragged ones cut short or made longer, and broken JSON where the feed is JSON."""
    kinds = ("json_broken", "ragged_short", "ragged_long")
    chosen = np.flatnonzero(np.isin(spoil, [SPOILS.index(kind) for kind in kinds]))
    if len(chosen) == 0:
        return lines
    texts = lines.gather(chosen).to_list()
    changed = [
        _spoil_line(text, SPOILS[int(kind)], separator, dialect)
        for text, kind in zip(texts, spoil[chosen], strict=True)
    ]
    return lines.scatter(chosen, changed)


def _spoil_line(text: str, kind: str, separator: str, dialect: Dialect) -> str:
    if dialect.is_json:
        return text[: len(text) * 2 // 3]
    if kind == "ragged_short":
        return text.rsplit(separator, 4)[0]
    return text + separator.join(["", "surplus", "", "42"])
