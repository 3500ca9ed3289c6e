"""What is done with the messages of the outbox: shown, written to files, sent, and marked as delivered.

Belongs here: reading ``ops.outbox`` of the published copy, sinks, and the journal of deliveries. Does not belong here:
which messages there are; runs decide that (``steps/outbox_messages``). Nothing here touches the warehouse, and no run
and no sink waits for the other.
"""
