-- marts.fct_decisions: every step the router took, in the order it was taken.
-- kind: table
-- changes: appended by run_id
-- grain: one row per router decision
-- masks: item_id id, member_id user, previous_member_id user
-- by: rows of routed_decisions
-- columns:
--   decision_id: key; depends on the item, the pool, the kind, the instant and the member only (of an entry for items
--     that wait also its own instant), never on the run
--   decision_seq: gapless number in the order of decisions, from 1
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id of the item in its source
--   pool_id: pool whose rotation decided
--   kind: <<decision_kinds: said>>
--   member_id: the winner; of a skip the holder of the token; null where nobody got it
--   known_at: when the item's delivery closed; null where an earlier version decided it
--   decided_at: instant of the decision
--   told_at: when the owner it gave the item to could know it; null where it gave it to nobody, or they lost it, or it was
--     closed, before that
--   policy_version: version of the policy in force
--   turn: number of the turn in the pool that the member was charged; null where none was
--   balance_before: the member's balance before the decision, in parts of a turn (232792560000 parts are one turn)
--   balance_after: the same after it
--   token_id: exception token that was used
--   cause: why it was moved or taken out, or what is done about it while it waits: <<causes: said>>; null otherwise
--   previous_member_id: who lost the item
--   sent_to: pool of a failover, name of a queue, skills of a drop
--   target: the target whose clock was started
--   due_at: when the first touch is due by that clock; of alert, raise and drop the instant of the entry, which may be
--     taken later; null without one
--   run_id: run that took the decision
with

decisions as (
    select * from routed_decisions
),

names as (
    select item_seq, source, item_id, known_at from int_item_names
),

-- Of what the router does not follow it does not know who had it.
first_news as (
    select decisions.item_seq, min(decisions.decision_seq) as decision_seq, any_value(news.last_owner_id) as last_owner_id
    from decisions
    inner join int_owner_news as news using (item_seq)
    where decisions.kind = 'give'
    group by all
),

final as (
    select
        md5(concat_ws(
            chr(31), names.source, names.item_id, decisions.pool_id, decisions.kind,
            epoch_us(decisions.decided_at), coalesce(decisions.member_id, ''),
            if(decisions.kind in ('alert', 'raise', 'drop'), epoch_us(decisions.due_at), null)
        )) as decision_id,
        decisions.decision_seq,
        decisions.item_seq,
        names.source,
        names.item_id,
        decisions.pool_id,
        decisions.kind,
        decisions.member_id,
        names.known_at,
        decisions.decided_at,
        coalesce(tellings.told_at, decisions.since_at) as told_at,
        decisions.policy_version,
        decisions.turn,
        decisions.balance_before,
        decisions.balance_after,
        decisions.token_id,
        decisions.cause,
        coalesce(decisions.previous_member_id, news.last_owner_id, if(kind = 'give', ends.last_owner_id, null))
            as previous_member_id,
        decisions.sent_to,
        decisions.target,
        decisions.due_at,
        getvariable('run_id') as run_id,
    from decisions
    inner join names using (item_seq)
    left join int_tellings as tellings using (decision_seq)
    left join int_owner_ends as ends on ends.decision_seq = decisions.decision_seq
    left join first_news as news on news.item_seq = decisions.item_seq and news.decision_seq = decisions.decision_seq
)

select * from final order by decision_seq
