"""Record ids in the shapes of the systems they pretend to come from.

Belongs here: number -> id text. An id is a function of its number, so every file can name a record without a look-up.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.examples.demo.draw import Ints

_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_CHECK = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345", dtype=np.uint8)
_SPAN = 62**5
_STRIDE = 387_420_489  # 3**18: no factor in common with 62**5, so that the walk over the numbers meets each once


def salesforce_ids(prefix: str, numbers: Ints) -> pl.Series:
    """Return 18-character ids: object prefix, instance, number, and three letters that say which are capitals.

    Distinct for numbers below 62**5 = 916,132,832.
    """
    if len(numbers) == 0:
        return pl.Series([], dtype=pl.String)
    letters = np.empty((len(numbers), 18), dtype=np.uint8)
    letters[:, :10] = np.frombuffer(f"{prefix}5g00000"[:10].encode("ascii"), dtype=np.uint8)
    rest = (numbers * _STRIDE) % _SPAN
    for column in range(14, 9, -1):
        letters[:, column] = _ALPHABET[rest % 62]
        rest = rest // 62
    capitals = (letters[:, :15] >= ord("A")) & (letters[:, :15] <= ord("Z"))
    weights = np.array([1, 2, 4, 8, 16], dtype=np.int64)
    for part in range(3):
        letters[:, 15 + part] = _CHECK[capitals[:, part * 5 : part * 5 + 5] @ weights]
    return pl.Series(letters.view("S18").ravel()).cast(pl.String)


def padded_ids(prefix: str, numbers: Ints, digits: int) -> pl.Series:
    """Return ``prefix`` and the number with leading zeros: text that a spreadsheet would spoil."""
    return pl.select(prefix + pl.lit(pl.Series(numbers)).cast(pl.String).str.zfill(digits)).to_series()


def hex_ids(prefix: str, numbers: Ints) -> pl.Series:
    """Return ``prefix`` and ten hexadecimal digits that look random; distinct for numbers below 2**40."""
    mixed = (numbers * 0x9E3779B1 + 0x7F4A7C15) % (1 << 40)
    digits = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
    shifts = np.arange(36, -4, -4, dtype=np.int64)
    letters = np.ascontiguousarray(digits[(mixed[:, None] >> shifts) & 15])
    text = pl.Series(letters.view("S10").ravel()).cast(pl.String) if len(numbers) else pl.Series([], dtype=pl.String)
    return prefix + text
