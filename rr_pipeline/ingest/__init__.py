"""Delivered files become rows of the raw layer: each physical record ends in raw or in quarantine, never in both.

Belongs here: finding files, looking at their bytes, reading them, and the ledger of what was read. Does not belong
here: what a value means (staging) and whether it is acceptable (expectations).
"""

from rr_pipeline.ingest.closes import Bounds, is_dated
from rr_pipeline.ingest.discover import Delivered, Discovery, discover
from rr_pipeline.ingest.report import DriftEntry, FileReport, IngestReport, Progress
from rr_pipeline.ingest.run import SCRATCH, fingerprint, ingest, names_later

__all__ = [
    "SCRATCH",
    "Bounds",
    "Delivered",
    "Discovery",
    "DriftEntry",
    "FileReport",
    "IngestReport",
    "Progress",
    "discover",
    "fingerprint",
    "ingest",
    "is_dated",
    "names_later",
]
