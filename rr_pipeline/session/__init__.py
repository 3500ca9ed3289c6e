"""One run of a project from its lock to its commit: what all steps share, and how a run is stopped and logged.

Belongs here: the transaction, the instants of a run, its results, runs.log. Does not belong here: what a step does.
"""
