-- limit_window: the number of the window of a limit in which a local instant lies, as the router's state has it: an
-- hour by when it began, in microseconds since 1970, all others by their first local day since 1970. The invariants
-- count limits again by it; core/limits.py has the windows.
-- kind: macro
-- grain: one definition per window
-- Arguments: the instant by the local clock in microseconds, what int_zone_offsets says of it, and the first weekday.
create or replace temp macro limit_window(span, local_us, offset_us, since_us, back_hour, back_us, first_weekday) as
    case span
        when 'hour' then if(
            local_us // 3600000000 <= back_hour,
            back_us,
            greatest(local_us // 3600000000 * 3600000000 - offset_us, since_us)
        )
        when 'day' then local_us // 86400000000
        when 'week' then local_us // 86400000000 - (local_us // 86400000000 + 3 - first_weekday) % 7
    end
