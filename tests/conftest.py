"""What holds for all tests.

Properties are tried on the same examples each time, in the long suite on new ones and on more; how long an example
takes says nothing here. What needs a data set of others belongs to the long suite and is left out where that is not
there (``RR_DATA_SETS``): files of our own stand for it. A run in the tests' own process goes by the verdicts of SQL
alone, unless Great Expectations is what is tested: its part takes half of a small run, and every run of a process of
its own, and every run of the long suite, has it judge all the same.
"""

import numba
import pytest
from hypothesis import HealthCheck, settings

from rr_pipeline import quality
from rr_pipeline.quality import runner
from tests.data_sets import is_there
from tests.effort import IS_LONG
from tests.finished import small_demo, small_demo_done

__all__ = ["small_demo", "small_demo_done"]  # fixtures for all

_ANY_SPEED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
settings.register_profile("same", _ANY_SPEED, derandomize=True)
settings.register_profile("new", _ANY_SPEED, derandomize=False)
settings.load_profile("new" if IS_LONG else "same")

_JUDGE, _PRELOAD = runner._judge, quality.preload


def _leave_out_great_expectations():
    if not IS_LONG:
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


def _is_for_here(item):
    """Whether what a test needs is here."""
    needed = [name for mark in item.iter_markers("data_set") for name in mark.args]
    return all(map(is_there, needed)) and (numba.config.DISABLE_JIT or not item.get_closest_marker("uncompiled"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what is for elsewhere; what needs a data set of others belongs to the long suite."""
    for item in items:
        if item.get_closest_marker("data_set"):
            item.add_marker("slow")
    if left_out := [item for item in items if not _is_for_here(item)]:
        config.hook.pytest_deselected(items=left_out)
        items[:] = filter(_is_for_here, items)
