"""stdout and stderr that never decide how a command ends.

Belongs here: writing where nobody reads, where there is no room, or where the letters do not exist. Does not belong
here: what is said. Letters that an encoding lacks, and control characters that could steer a terminal or forge a line,
are written as ``\\u00e9``, which JSON reads as well. What cannot be written is noted, for the last words.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys

from rr_pipeline.errors import escaped, visible

_ESCAPED = "rr-escaped"


def _escape_unencodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(escaped, error.object[error.start : error.end])), error.end


class _Descriptor(io.FileIO):
    """A file descriptor whose writing always succeeds; the first failure is kept."""

    failure: OSError | None = None

    def write(self, content: object) -> int:
        size = memoryview(content).nbytes  # type: ignore[arg-type]
        try:
            while (written := super().write(content)) is None:  # type: ignore[arg-type]
                # Somebody has made it one that does not wait.
                os.set_blocking(self.fileno(), True)
        except OSError as error:
            self.failure = self.failure or error
            return size
        return int(written)


class _Text(io.TextIOWrapper):
    """Text in which nothing can be hidden. Escape stays: what is laid out for a terminal uses it."""

    def write(self, text: str) -> int:
        super().write(visible(text, keep="\x1b\r\b"))
        return len(text)


_made: list[_Descriptor] = []


def steady_streams() -> None:
    """Let stdout and stderr never fail. What has been put in their place (in a test, a notebook) stays."""
    codecs.register_error(_ESCAPED, _escape_unencodable)
    _fill_gaps()
    _made.clear()
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is not getattr(sys, f"__{name}__"):
            continue
        encoding = getattr(stream, "encoding", None) or "utf-8"
        descriptor = _Descriptor(number, "w", closefd=False)
        _made.append(descriptor)
        is_by_line = number == 2 or descriptor.isatty()
        text = _Text(io.BufferedWriter(descriptor), encoding=encoding, errors=_ESCAPED, line_buffering=is_by_line)
        setattr(sys, name, text)


def _fill_gaps() -> None:
    # A closed descriptor would be given to the next file that is opened: what is printed would end up in it.
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
                os.close(opened)


def unwritten() -> str | None:
    """Why something that was said could not be written; None where all was, or where the reader has gone."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    failures = [one.failure for one in _made if one.failure is not None]
    return next((str(one.strerror) for one in failures if one.errno != errno.EPIPE), None)
