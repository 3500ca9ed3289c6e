-- intermediate.int_persons: the persons that keys lead to, and the item of each that later ones are folded into.
-- kind: declared
-- grain: one row per person that stands
-- columns:
--   person_no: the person
--   first_item_seq: its first item of a type that is de-duplicated; null when it has none yet
create table if not exists intermediate.int_persons (
    person_no bigint,
    first_item_seq bigint
)
