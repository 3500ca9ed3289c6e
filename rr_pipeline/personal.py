"""What a text says of itself by its form: an id or a code, or something that may be a person's.

Belongs here: forms, and the keyed hash that stands for what is not shown. Does not belong here: which columns are
shown (warehouse/masks.py). The patterns are of the form that Python and DuckDB read alike; all but the last match whole
texts.
"""

from __future__ import annotations

import hashlib
import re

HIDDEN = "hash:"
"""What a keyed hash that stands for a text in a published column begins with."""

ID = r"[A-Za-z0-9_{#-][A-Za-z0-9_.:/#|~+={}-]*"
"""Ids as systems give them: no blank, no @, no leading +, no letter with an accent."""

PLAIN_ID = r"[A-Za-z0-9_]*[0-9_][A-Za-z0-9_]*"
"""Letters and digits in one word, with a digit: the form of most ids, and of no phone number or name."""

PHONE = r"(0[0-9]{1,4}[-/][0-9]{5,}|(1[-.])?[0-9]{2,4}[-.][0-9]{2,4}[-./][0-9]{2,4}([-./][0-9]{2,4})?)"
"""Groups of digits as people write phone numbers; a long row of digits alone is an id."""

DATED = r"(19|20)[0-9]{2}[-./].*"
"""Begins with a year: a numbered document rather than a phone number."""

NAME = r"[A-Z][a-z]{2,}([-'.][A-Z]?[a-z]+)*"
"""One word written like a name."""

COLUMN_VALUE = r"(?s)([0-9(+-].*|.*@.*|.*[0-9]{5}.*|)"
"""What a column's name is not, but a cell of a first line may be: an address, a number, a date, or nothing."""

VALUE_WITHIN = r"@|\+ ?[0-9]|(^|[^0-9])[0-9]{2,3}[ -][0-9]{2,3}[ -][0-9]{2,4}|[0-9]{9}"
"""What an address or a phone number leaves in a longer text; a date does not."""


def looks_personal(text: str) -> bool:
    """Whether a column's name looks like a value: an address, a number, a date, or nothing."""
    return re.fullmatch(COLUMN_VALUE, text) is not None


def keyed_hash(key: str, value: bytes) -> str:
    """Return the 16 hex digits that stand for a value in reports; SQL: left(sha256(key || value), 16)."""
    return hashlib.sha256(key.encode() + value).hexdigest()[:16]


def hidden(key: str, text: str) -> str:
    """What is shown in place of a text."""
    return HIDDEN + keyed_hash(key, text.encode())
