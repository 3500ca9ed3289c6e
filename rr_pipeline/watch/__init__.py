"""One warm process that takes deliveries up as they land: it waits, runs, publishes, and sends the outbox.

Belongs here: when a run is due, which files are whole, and what goes on beside runs. Does not belong here: what a run
does (runs/run.py), or what is shown of it (cli/screen_watch.py).
"""

from rr_pipeline.watch.loop import Ways, watch
from rr_pipeline.watch.told import Failed, Held, Open, Ran, Sent, Started, Stopped, Tell, Told

__all__ = ["Failed", "Held", "Open", "Ran", "Sent", "Started", "Stopped", "Tell", "Told", "Ways", "watch"]
