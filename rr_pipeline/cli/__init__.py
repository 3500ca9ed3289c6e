"""The command line: thin commands over the functions that Dagster calls as well, and beside each what it shows."""

from rr_pipeline.cli.main import app, main

__all__ = ["app", "main"]
