-- marts.reason_name: the reason a number of ops.considered_log stands for, in the order of the routing rule; null when
-- eligible (0, or 128: and came first). To the number 64 is added when the member earns a share all the same.
-- kind: macro
create or replace macro marts.reason_name(reason_no) as (
    list_extract(
        [
            'not_member', 'inactive', 'weight_zero', 'vacation', 'holiday', 'off_hours', 'skill_missing',
            'previous_owner', 'limit_total', 'limit_week', 'limit_day', 'limit_hour', 'at_capacity', 'skip_token',
        ],
        nullif(reason_no & 63, 0)
    )
)
