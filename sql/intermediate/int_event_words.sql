-- int_event_words: the words of activities and items that mean something to each policy version, as lists of words
-- compare them.
-- kind: temp
-- grain: one row per policy version
-- key: policy_no
-- columns:
--   policy_no: the version
--   touch_kinds: kinds of activities that are touches
--   closing_outcomes: outcomes that close an item
--   closing_statuses: statuses that close an item
--   return_outcomes: outcomes that return an item as bad
--   not_held_outcomes: outcomes of meetings that did not take place
create or replace temp table int_event_words (
    policy_no integer, touch_kinds varchar[], closing_outcomes varchar[], closing_statuses varchar[],
    return_outcomes varchar[], not_held_outcomes varchar[]
)
