-- int_traits: what items ask of an owner, numbered.
-- kind: temp
-- grain: one row per different set of wants
-- key: traits_id
-- columns:
--   needs: skills needed
--   wishes: skills preferred
--   prefers: users preferred
--   targets: conditional targets that hold
--   traits_id: number of the set, from 1
select needs, wishes, prefers, targets, row_number() over (order by needs, wishes, prefers, targets) as traits_id
from (
    select needs, wishes, prefers, targets from int_routing where routed_pool_id is not null
    union
    select needs, wishes, prefers, targets from int_reopened
    union
    select needs, wishes, prefers, targets from int_reroutings
)
