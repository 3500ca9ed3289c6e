-- int_rerouted: what the rules last said of items that this run decided again, because they belong elsewhere.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- columns:
--   item_seq: the item
--   territory_id: territory that claims it now; null for the catch-all
--   route_flag: skill_unknown or country_unknown where that sent it to the catch-all
--   priority: its order among items that wait
with

decided as (
    select item_seq, decision_seq, decided_at from routed_decisions where kind = 'reroute'
),

final as (
    select decided.item_seq, moved.territory_id, moved.route_flag, moved.priority
    from decided
    inner join int_reroutings as moved using (item_seq, decided_at)
    qualify row_number() over (partition by decided.item_seq order by decided.decision_seq desc) = 1
)

select * from final
