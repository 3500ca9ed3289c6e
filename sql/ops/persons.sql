-- ops.persons: persons who turned out to be one with another: by which item, and from when on. What was said of earlier
-- items stays; later ones are of the person that stands. An item's person now is found by going from person to person.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per person that was joined with another one
-- masks: item_id id
-- columns:
--   person_id: the person, as in fct_items
--   into_person_id: the person it is since then
--   item_seq: the item that showed it
--   source: feed of that item
--   item_id: its id in the source
--   decided_at: since when: when that item was decided
--   run_id: run that found it
create table if not exists ops.persons (
    person_id varchar not null,
    into_person_id varchar not null,
    item_seq bigint not null,
    source varchar not null,
    item_id varchar not null,
    decided_at timestamptz not null,
    run_id varchar not null
)
