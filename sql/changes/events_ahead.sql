-- events_ahead: events after the run's end are for a later run.
-- kind: change
-- step: events
-- into: int_item_events
delete from int_item_events where at_at > getvariable('events_until_at')
