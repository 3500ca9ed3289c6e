"""What holds for all tests.

Properties are tried on the same examples each time, in the long suite on new ones. A run in the tests' own process
goes by the verdicts of SQL alone, unless Great Expectations is what is tested: its part takes half of a small run, and
every run of a process of its own, and every run of the long suite, has it judge all the same.
"""

import os

import pytest
from hypothesis import settings

from rr_pipeline import quality
from rr_pipeline.quality import runner

settings.register_profile("same", derandomize=True)
settings.register_profile("new", derandomize=False)
settings.load_profile("new" if os.environ.get("RR_NEW_EXAMPLES") else "same")

_JUDGE, _PRELOAD = runner._judge, quality.preload


def _leave_out_great_expectations():
    if not os.environ.get("RR_NEW_EXAMPLES"):
        runner._judge = lambda *_: None
        quality.preload = lambda: None


@pytest.fixture(scope="session", autouse=True)
def _quick_runs():
    _leave_out_great_expectations()


@pytest.fixture(scope="module")
def real_expectations():
    """Great Expectations judges in every run of the module."""
    runner._judge, quality.preload = _JUDGE, _PRELOAD
    yield
    _leave_out_great_expectations()
