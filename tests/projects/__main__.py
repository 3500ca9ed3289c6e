"""Many random projects one after the other: ``python -m tests.projects 2000 --from 0``.

Each tenth is run as in production; the others without the published copy and Great Expectations' second opinion.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.projects.look import look_at


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "rr-projects")
    parser.add_argument("--seconds", type=float, default=120, help="for making one that fails smaller")
    chosen = parser.parse_args()
    begun, failed = time.process_time(), 0
    for number in range(chosen.count):
        seed = chosen.first + number
        found = look_at(seed, chosen.folder, is_quick=seed % 10 != 0, seconds=chosen.seconds)
        failed += found is not None
        if found is not None:
            print(found, flush=True)
        if found is not None or number % 20 == 19 or number == chosen.count - 1:
            spent = time.process_time() - begun
            print(f"seeds {chosen.first} to {seed}: {failed} of {number + 1} failed, {spent:.0f} CPU s", flush=True)


if __name__ == "__main__":
    main()
