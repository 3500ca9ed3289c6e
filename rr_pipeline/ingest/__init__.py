"""Delivered files become rows of the raw layer: each physical record ends in raw or in quarantine, never in both.

Belongs here: finding files, looking at their bytes, reading them, and the ledger of what was read. Does not belong
here: what a value means (staging) and whether it is acceptable (expectations).
"""

from rr_pipeline.ingest.closes import Bounds, is_dated
from rr_pipeline.ingest.discover import Delivered, Discovery, discover, printable, what_is_read
from rr_pipeline.ingest.read_deliveries import fingerprint, ingest, names_later
from rr_pipeline.ingest.results import DriftEntry, FileReport, IngestReport, Progress

__all__ = [
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
    "printable",
    "what_is_read",
]
