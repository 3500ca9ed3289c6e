"""An earlier run that a replay passes again.

Belongs here: what the router must know of it. Does not belong here: where that is stored, nor how it is passed
(driver).
"""

from __future__ import annotations

from typing import NamedTuple


class PastRun(NamedTuple):
    """How an earlier run ended. All instants are microseconds since 1970.

    ``end_us``: what was final then; ``told_us``: when owners were told of what it decided; ``close_us``: when its steps
    were taken, and ``activities_us`` up to when activities were known then; ``taken``: arrivals that it and the runs
    before it took up.
    """

    end_us: int
    told_us: int
    close_us: int
    activities_us: int
    taken: int
