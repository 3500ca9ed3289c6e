-- first_instant_ahead: when the first item was created that was decided at an instant after a bound.
-- kind: query
-- step: staging
-- grain: one row
select min(created_at) from (
    select created_at from marts.fct_items where decided_at > $latest
    union all
    select created_at from staged_items where created_at_code is null
)
