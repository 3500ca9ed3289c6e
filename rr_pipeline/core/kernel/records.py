"""Records: rows of a NumPy table whose fields have names, the same compiled and as plain Python.

Belongs here: how a class of named fields becomes a NumPy type, and tables of it. Does not belong here: what the fields
of the kernel's records mean (``pool_records``, ``item_records``).
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, NamedTuple, TypeVar, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Rows = TypeVar("Rows", bound="Record")

_LINE = 64  # bytes that the processor's memory hands over at once


class Several(NamedTuple):
    """So many numbers, or records of one class, in one field; stands in the field's annotation."""

    length: int
    of: type[Record] | None = None


class Record(np.void):
    """A row with named fields: a subclass names them, whole numbers (``int``), records in it, or ``Several``.

    A row taken from a table shares the table's memory: what is written to it stands in the table.
    """

    layout: ClassVar[np.dtype[Any]]

    def __init_subclass__(cls) -> None:
        """Work out the NumPy type of the class, and let its fields be read and written by name."""
        hints = get_type_hints(cls, include_extras=True)
        names = list(inspect.get_annotations(cls))
        fields = [(name, *_kind_of(hints[name])) for name in names]
        cls.layout = np.dtype((cls, np.dtype(fields, align=True)))
        for name in names:
            setattr(cls, name, _field(name))


def _kind_of(hint: Any) -> tuple[Any, ...]:
    """Return the NumPy type of a field and, where there are several, how many."""
    if get_args(hint):
        several = hint.__metadata__[0]
        return (np.int64 if several.of is None else several.of.layout), (several.length,)
    return (np.int64 if hint is int else hint.layout,)


def _field(name: str) -> property:
    def read(row: Any) -> Any:
        return row[name]

    def write(row: Any, value: Any) -> None:
        row[name] = value

    return property(read, write)


def table_of(record: type[Rows], rows: int) -> npt.NDArray[Rows]:
    """Return a table of zeros that begins where a line of memory does."""
    size = record.layout.itemsize
    room = np.zeros(rows * size + _LINE, dtype=np.uint8)
    first = -room.ctypes.data % _LINE
    return room[first : first + rows * size].view(record.layout)


def one_of(record: type[Rows]) -> Rows:
    """Return a single row of zeros."""
    row: Rows = table_of(record, 1)[0]
    return row
