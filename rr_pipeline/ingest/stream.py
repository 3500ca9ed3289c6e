"""The bytes of one delivered file: opened safely, hashed as delivered, unpacked, and turned into UTF-8.

Belongs here: everything about bytes before they are records: kinds of file, packing, encodings, sums. Does not belong
here: records and columns. Nothing is read twice and no more than a block is held.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rr_pipeline.ingest.results import FileRefusedError

BLOCK_BYTES = 1 << 20

GZIP_RATIO_FLOOR = 1 << 28
"""Bytes that a packed file may always unpack to, however well it packs."""

GZIP_MAX_RATIO = 200
"""Beyond the floor: unpacked bytes for each packed byte. Exports pack 3 to 30 times, bombs about 1,000 times."""

_MAGIC = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook (.xlsx); export it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word document; export it as CSV"),
    (b"\x1f\x8b", "packed with gzip; name it .gz"),
    (b"PAR1", "a Parquet file; set `format: parquet`"),
    (b"%PDF", "a PDF document"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd; unpack it or pack it with gzip"),
    (b"BZh", "packed with bzip2; unpack it or pack it with gzip"),
)
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<table")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass
class Seen:
    """What reading found out; complete once the blocks have been read to the end."""

    size_bytes: int = 0
    sha256: str = ""
    has_mark: bool = False


@contextmanager
def open_delivered(path: Path) -> Iterator[IO[bytes]]:
    """Open a regular file for reading, never a link and never waiting for a pipe.

    Raises FileRefusedError: FILE_NOT_REGULAR, FILE_CHANGED (it is gone), FILE_UNREADABLE.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except FileNotFoundError:
        raise FileRefusedError("FILE_CHANGED", "was removed while it was being read; deliver it again.") from None
    except OSError as error:
        code, reason = "FILE_UNREADABLE", os.strerror(error.errno or 0)
        if path.is_symlink():
            code, reason = "FILE_NOT_REGULAR", "is a symbolic link"
        raise FileRefusedError(code, f"cannot be opened: {reason}.") from None
    with os.fdopen(handle, "rb", buffering=0) as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise FileRefusedError("FILE_NOT_REGULAR", "is not a file; it was not read.")
        yield stream


def hash_file(path: Path, max_bytes: int) -> tuple[str, int]:
    """Return (SHA-256 in hex, size in bytes). Raises FILE_TOO_LARGE without reading."""
    digest, size = hashlib.sha256(), 0
    with open_delivered(path) as stream:
        if os.fstat(stream.fileno()).st_size > max_bytes:
            raise _too_large(max_bytes)
        for block in _read(stream):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def blocks_as_delivered(path: Path, seen: Seen, max_bytes: int) -> Iterator[bytes]:
    """Yield the file block by block, hashing on a second thread. Fills ``seen``. Raises FILE_TOO_LARGE."""
    digest = hashlib.sha256()
    with open_delivered(path) as stream, ThreadPoolExecutor(1) as pool:
        pending = None
        for block in _read(stream):
            if pending is not None:
                pending.result()
            pending = pool.submit(digest.update, block)
            seen.size_bytes += len(block)
            if seen.size_bytes > max_bytes:
                raise _too_large(max_bytes)
            yield block
    seen.sha256 = digest.hexdigest()


def blocks_as_text(path: Path, seen: Seen, encoding: str, max_bytes: int) -> Iterator[bytes]:
    """Yield the file unpacked and as valid UTF-8 without a byte order mark, block by block. Fills ``seen``.

    Raises FileRefusedError: FILE_NOT_TEXT, FILE_ENCODING, FILE_TOO_LARGE, GZIP_BOMB, GZIP_DAMAGED.
    """
    blocks = blocks_as_delivered(path, seen, max_bytes)
    if path.name.endswith(".gz"):
        blocks = _unpacked(blocks, seen, max_bytes)
    return _as_utf8(_checked_start(blocks, seen, encoding), encoding, seen)


def _too_large(max_bytes: int) -> FileRefusedError:
    return FileRefusedError("FILE_TOO_LARGE", f"has more than {max_bytes} bytes (limits.max_file_bytes).")


def _read(stream: IO[bytes]) -> Iterator[bytes]:
    while True:
        try:
            block = stream.read(BLOCK_BYTES)
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            raise FileRefusedError("FILE_UNREADABLE", f"cannot be read: {reason}.") from None
        if not block:
            return
        yield block


def _unpacked(blocks: Iterator[bytes], seen: Seen, max_bytes: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    total, started = 0, False
    try:
        for block in blocks:
            rest = block
            while rest:
                if unpacker.eof:
                    rest = rest.lstrip(b"\0")  # some packers pad the last member
                    if not rest:
                        break
                    unpacker = zlib.decompressobj(wbits=31)
                started = True
                out = unpacker.decompress(rest, BLOCK_BYTES)
                total += len(out)
                if total > max_bytes or total > max(GZIP_RATIO_FLOOR, GZIP_MAX_RATIO * seen.size_bytes):
                    message = (
                        f"unpacks to more than {total} bytes from {seen.size_bytes}; it was not read on. "
                        "Deliver it unpacked, or raise limits.max_file_bytes."
                    )
                    raise FileRefusedError("GZIP_BOMB", message)
                if out:
                    yield out
                rest = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error:
        raise FileRefusedError(
            "GZIP_DAMAGED", "is not a whole gzip file: its sums do not fit. Deliver it again."
        ) from None
    if started and not unpacker.eof:
        raise FileRefusedError("GZIP_DAMAGED", "is a gzip file that ends too early. Deliver it again.")


def _checked_start(blocks: Iterator[bytes], seen: Seen, encoding: str) -> Iterator[bytes]:
    """Refuse what is no text by its first bytes, and drop a byte order mark that says UTF-8."""
    start = b""
    for block in blocks:
        start += block
        if len(start) >= 4096:
            break
    _refuse_start(start[:4096], encoding)
    if start.startswith(codecs.BOM_UTF8):
        seen.has_mark = True
        start = start[3:]
    if start:
        yield start
    yield from blocks


def _refuse_start(start: bytes, encoding: str) -> None:
    for magic, meaning in _MAGIC:
        if start.startswith(magic):
            raise FileRefusedError("FILE_NOT_TEXT", f"is {meaning}.")
    if start.removeprefix(codecs.BOM_UTF8).lstrip()[:9].lower().startswith(_MARKUP):
        message = "is a web page or XML, not a table; perhaps the export answered with a login or an error page."
        raise FileRefusedError("FILE_NOT_TEXT", message)
    family = encoding[:6]
    for mark, meaning in _MARKS.items():
        if start.startswith(mark) and not meaning.startswith(family):
            message = (
                f"is {meaning} by its first bytes (offset 0), read as {encoding}. Set options.encoding: {meaning}."
            )
            raise FileRefusedError("FILE_ENCODING", message)
    if family != "utf-16" and start:
        if start[1::2].count(0) > len(start) // 3 or start[::2].count(0) > len(start) // 3:
            offset = start.index(0)
            message = (
                f"looks like UTF-16 (zero byte at offset {offset}), read as {encoding}. Set options.encoding: utf-16."
            )
            raise FileRefusedError("FILE_ENCODING", message)
        strange = sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in start)
        if strange * 10 > len(start) and len(start) >= 64:
            raise FileRefusedError("FILE_NOT_TEXT", "is not text: it is full of control characters.")


def _as_utf8(blocks: Iterator[bytes], encoding: str, seen: Seen) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)()
    is_utf8 = encoding == "utf-8"
    offset = held = 0  # held: bytes of a letter that the next block goes on with
    is_first = True
    for block in blocks:
        if is_first and seen.has_mark:
            offset = len(codecs.BOM_UTF8)
        if is_utf8 and not held and block.isascii():
            yield block
        else:
            text = _decoded(decoder, block, False, offset - held, encoding)
            held = len(decoder.getstate()[0])
            yield block if is_utf8 else (text.removeprefix("\ufeff") if is_first else text).encode()
        offset += len(block)
        is_first = False
    _decoded(decoder, b"", True, offset - held, encoding)


def _decoded(decoder: codecs.IncrementalDecoder, block: bytes, final: bool, offset: int, encoding: str) -> str:
    try:
        return decoder.decode(block, final)
    except UnicodeDecodeError as error:
        place = offset + error.start
    hint = "perhaps options.encoding: cp1252" if encoding == "utf-8" else "options.encoding is another"
    raise FileRefusedError("FILE_ENCODING", f"is not {encoding}: the byte at offset {place} does not fit; {hint}.")
