"""The run as one Dagster asset function that makes every table, one group a layer, with their checks.

In the order of a record's way: ingest -> identity -> routing -> measures. Each of these modules names its tables and
tells what a step left of them; ``routing_run`` performs the steps.
"""

from rr_pipeline.orchestration.assets.routing_run import routing_run

__all__ = ["routing_run"]
