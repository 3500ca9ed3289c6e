-- waiting_taken: activities that waited and were looked at again.
-- kind: change
-- step: events
-- into: intermediate.int_waiting_activities
-- reads: int_new_activities
delete from intermediate.int_waiting_activities
where rowid in (select waiting_row from int_new_activities where waiting_row is not null)
