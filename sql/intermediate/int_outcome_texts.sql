-- int_outcome_texts: outcomes of new activities.
-- kind: temp
-- grain: one row per outcome
-- key: outcome
-- by: key(outcome)
-- columns:
--   outcome: the outcome as delivered
--   outcome_text: the outcome as lists of words compare it
select outcome, word_of(outcome) as outcome_text
from (select distinct outcome from staged_activities where outcome is not null)
