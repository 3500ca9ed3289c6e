-- ops.router_tokens: the tokens that have been spent.
-- kind: rebuilt
-- grain: one row per spent token
-- columns:
--   token_id: the token
select * from state_frame order by token_id
