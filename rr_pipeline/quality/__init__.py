"""Data quality: the suites of ``expectations/`` run by Great Expectations on the run's own DuckDB connection.

Belongs here: reading suites, running them, counting and setting aside the rows that fail. Does not belong here:
finding a fault in a value (staging does that, and leaves a code in a ``*_code`` column) or what a fault means for
routing (the suites say that, in JSON). Great Expectations is imported inside functions only: it costs seconds.

A run calls, inside its transaction:

1. ``preload()`` early, so that the import is paid for while files are read;
2. ``load_suites(folder)``;
3. for each staged table ``run_suite(...)`` and ``refuse(...)``, then ``run_rates(...)`` once;
4. for each table to be published ``run_suite(...)``;
5. ``record(con, results, run_id)``.
"""

from rr_pipeline.quality.column_rules import with_column_rules
from rr_pipeline.quality.quarantine import refuse, refused_rates
from rr_pipeline.quality.runner import preload, record, run_rates, run_suite
from rr_pipeline.quality.suite_files import load_suite, load_suites
from rr_pipeline.quality.suites import Rule, RuleResult, SourceCount, Suite, SuiteResult

__all__ = [
    "Rule",
    "RuleResult",
    "SourceCount",
    "Suite",
    "SuiteResult",
    "load_suite",
    "load_suites",
    "preload",
    "record",
    "refuse",
    "refused_rates",
    "run_rates",
    "run_suite",
    "with_column_rules",
]
