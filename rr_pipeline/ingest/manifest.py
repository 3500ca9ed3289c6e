"""SHA-256 sums delivered beside the files: what they promise about each of them.

Belongs here: reading a manifest. Does not belong here: sums of files (stream.py).
"""

from __future__ import annotations

import re
from pathlib import Path

from rr_pipeline.ingest.discover import Delivered
from rr_pipeline.ingest.results import FileRefusedError
from rr_pipeline.ingest.stream import open_delivered

_MAX_BYTES = 1 << 24
_LINE = re.compile(r"\\?([0-9a-fA-F]{64})[ \t]+\*?(?:\./)?(.+)")


class Manifests:
    """The manifests of a landing folder, each read once."""

    def __init__(self) -> None:
        self._sums: dict[Path, dict[str, str]] = {}

    def check(self, delivered: Delivered, sha256: str) -> None:
        """Refuse a file whose source declares a manifest that does not name these bytes: MANIFEST_MISMATCH.

        A manifest lies in the file's folder and has lines as `sha256sum` writes them.
        """
        declared = delivered.source.options.manifest
        if declared is None:
            return
        path = delivered.path.parent / declared
        if path not in self._sums:
            self._sums[path] = _read(path, declared)
        promised = self._sums[path].get(delivered.path.name)
        if promised is None:
            message = f"is not in {declared}; deliver the manifest again with a line for it."
            raise FileRefusedError("MANIFEST_MISMATCH", message)
        if promised != sha256:
            message = f"is not the file that {declared} describes; it may be damaged. Deliver it again."
            raise FileRefusedError("MANIFEST_MISMATCH", message)


def _read(path: Path, declared: str) -> dict[str, str]:
    try:
        with open_delivered(path) as stream:
            text = (stream.read(_MAX_BYTES) or b"").decode(errors="replace")
    except FileRefusedError:
        raise FileRefusedError("MANIFEST_MISMATCH", f"its manifest {declared} is not there or unreadable.") from None
    lines = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return {line[2].rsplit("/", 1)[-1]: line[1].lower() for line in lines if line}
