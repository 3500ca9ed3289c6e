-- ops.router_tokens: the tokens that have been spent.
-- kind: rebuilt
-- grain: one row per spent token
-- reads: routed_decisions
-- columns:
--   token_id: the token
select * from lent order by token_id
