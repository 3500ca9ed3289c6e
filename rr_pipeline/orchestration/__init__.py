"""Dagster over the same functions that the command line calls."""
