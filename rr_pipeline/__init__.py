"""Round-robin routing for data teams: exact, replayable, explainable assignment of CRM records."""

__version__ = "0.1.0"
