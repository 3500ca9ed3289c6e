-- marts.reason_words: a reason against a member, in plain words.
-- kind: macro
create or replace macro marts.reason_words(reason) as (
    case reason
        when 'not_member' then 'was not a member of the pool'
        when 'inactive' then 'was not an active user'
        when 'weight_zero' then 'has weight 0'
        when 'vacation' then 'was on vacation'
        when 'holiday' then 'had a holiday'
        when 'off_hours' then 'was outside working hours'
        when 'skill_missing' then 'lacks a skill the item needs'
        when 'previous_owner' then 'has had this item before'
        when 'limit_total' then 'had reached the limit in all'
        when 'limit_week' then 'had reached the limit of the week'
        when 'limit_day' then 'had reached the limit of the day'
        when 'limit_hour' then 'had reached the limit of the hour'
        when 'at_capacity' then 'had as many open items as allowed'
        when 'skip_token' then 'passed this turn with a skip token'
    end
)
