"""What is done with the messages of the outbox: shown, written to files, sent, and marked as delivered.

Belongs here: reading ``ops.outbox`` of the published copy, sinks, and the journal of deliveries. Does not belong here:
which messages there are; runs decide that (``pipeline/outbox``). Nothing here touches the warehouse or waits for a run,
and a run never waits for a sink.
"""
