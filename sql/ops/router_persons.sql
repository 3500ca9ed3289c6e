-- ops.router_persons: who was the last to be given an item of each person.
-- kind: declared
-- changes: merged by person
-- grain: one row per person that a later item may follow
-- masks: member_id user
-- columns:
--   person: number of the person
--   member_id: who got its last item
--   at_us: when, in microseconds since 1970
--   run_id: run that last gave that member an item of theirs; null where an older version did
create table if not exists ops.router_persons (
    person bigint,
    member_id varchar,
    at_us bigint,
    run_id varchar
)
