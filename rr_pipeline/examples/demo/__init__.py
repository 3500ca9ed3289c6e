"""The demo project: believable, messy exports of two systems and the settings that route them.

Belongs here: everything ``rr-pipeline init --demo`` writes, as a function of (items, seed, days) alone. Does not
belong here: anything a run needs.
"""

from rr_pipeline.examples.demo.write import DemoFile, DemoSummary, Progress, write_demo

__all__ = ["DemoFile", "DemoSummary", "Progress", "write_demo"]
