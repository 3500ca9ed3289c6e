-- spent_tokens: the tokens that the router's state says are spent are those that decisions have used, each once.
-- kind: check
with

used as (
    select token_id, count(*) as decision_count
    from marts.fct_decisions
    where token_id is not null and token_id in (select token_id from ops.exception_tokens)
    group by token_id
),

final as (
    select coalesce(used.token_id, spent.token_id) as token_id
    from used
    full join ops.router_tokens as spent using (token_id)
    where used.token_id is null or spent.token_id is null or used.decision_count <> 1
)

select * from final
