"""Names of people for the demo exports, by language group, in their own alphabets.

Belongs here: first and last names and how they are spelt in an e-mail address. Does not belong here: who lives
where (``places``) or who works where (``companies``). Every pairing of a first and a last name is made up.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from rr_pipeline.examples.demo.tables import rows

# Letters that Unicode does not take apart into a base letter and a mark.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "đ": "d", "œ": "oe", "ð": "d", "þ": "th"})


def plain(text: str) -> str:
    """Return ``text`` in the letters a-z, digits and hyphens: what an address or a domain is made of."""
    folded = unicodedata.normalize("NFKD", text.lower().translate(_PLAIN))
    kept = "".join(letter for letter in folded if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9-]", "", kept.replace(" ", "-")).strip("-")


@dataclass(frozen=True)
class NameTable:
    """All names of one kind in one list; a group is a slice of it.

    ``native`` is the own spelling, ``latin`` a Latin one, ``local`` what stands in an e-mail address.
    ``offsets[g]`` and ``sizes[g]`` are the slice of group ``g`` (position in ``GROUPS``).
    """

    native: tuple[str, ...]
    latin: tuple[str, ...]
    local: tuple[str, ...]
    offsets: tuple[int, ...]
    sizes: tuple[int, ...]


# The table holds, for each group, a row of first and a row of last names: words between blanks, "_" for a blank inside
# a name, "native=latin" where the alphabet is not Latin.
_ROWS = rows("names.csv")
GROUPS: tuple[str, ...] = tuple(row["group"] for row in _ROWS if row["part"] == "first")


@cache
def name_tables() -> tuple[NameTable, NameTable]:
    """Return the tables of first and of last names."""
    return _table("first"), _table("last")


def _table(part: str) -> NameTable:
    native: list[str] = []
    latin: list[str] = []
    offsets: list[int] = []
    sizes: list[int] = []
    for row in _ROWS:
        if row["part"] != part:
            continue
        words = [word.replace("_", " ").partition("=") for word in row["names"].split()]
        offsets.append(len(native))
        sizes.append(len(words))
        native += [own for own, _, _ in words]
        latin += [other or own for own, _, other in words]
    local = tuple(plain(word) for word in latin)
    return NameTable(tuple(native), tuple(latin), local, tuple(offsets), tuple(sizes))
