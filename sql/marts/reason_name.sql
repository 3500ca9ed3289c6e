-- marts.reason_name: the reason a number of ops.considered_log stands for, in the order of the routing rule; null when
-- eligible (0, or 128: and came first). To the number 64 is added when the member earns a share all the same.
-- kind: macro
create or replace macro marts.reason_name(reason_no) as (
    list_extract(
        [<<reasons>>],
        nullif(reason_no & 63, 0)
    )
)
