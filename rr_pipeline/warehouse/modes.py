"""Who may read the files we make: what holds personal data is its owner's, what is published follows the umask.

The umask decides when a file is made, DuckDB's own (the warehouse, its log, what does not fit into memory) included.
Files and folders that are there keep their modes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

OWNER_ONLY = 0o077

_usual: list[int] = []


@contextmanager
def private_files() -> Iterator[None]:
    """Files made in the block get the mode 0600, folders 0700."""
    before = os.umask(OWNER_ONLY)
    _usual.append(before)
    try:
        yield
    finally:
        _usual.pop()
        os.umask(before)


@contextmanager
def shared_files() -> Iterator[None]:
    """Files made in the block get the modes that the user's umask gives, within ``private_files`` as well."""
    if not _usual:
        yield
        return
    before = os.umask(_usual[0])
    try:
        yield
    finally:
        os.umask(before)
