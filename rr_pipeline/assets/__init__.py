"""The run as Dagster assets, one group a layer; each asset is one step of ``pipeline.run`` and no more.

In the order of a record's way: ingest -> identity -> routing -> measures.
"""

from rr_pipeline.assets import identity, ingest, measures, routing

ASSETS = [*ingest.ASSETS, *identity.ASSETS, *routing.ASSETS, *measures.ASSETS]
CHECKS = [*ingest.CHECKS, *measures.CHECKS]

__all__ = ["ASSETS", "CHECKS"]
