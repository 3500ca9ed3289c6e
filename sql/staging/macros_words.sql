-- macros_words: the words of deliveries and what they mean here; see macros.sql.
-- kind: macro
-- grain: one definition per rule
create or replace temp macro object_type_word(x) as
    case lower(x)
        when 'lead' then 'lead' when 'leads' then 'lead'
        when 'contact' then 'contact' when 'contacts' then 'contact' when 'person' then 'contact'
        when 'account' then 'account' when 'accounts' then 'account' when 'company' then 'account'
        when 'companies' then 'account' when 'organization' then 'account' when 'organisation' then 'account'
        when 'opportunity' then 'opportunity' when 'opportunities' then 'opportunity'
        when 'deal' then 'opportunity' when 'deals' then 'opportunity'
        when 'case' then 'case' when 'cases' then 'case' when 'ticket' then 'case' when 'tickets' then 'case'
        when 'task' then 'task' when 'tasks' then 'task'
        when 'conversation' then 'conversation' when 'conversations' then 'conversation' when 'chat' then 'conversation'
    end;
-- Smaller is more urgent; 0 is the common run.
create or replace temp macro priority_number(x) as
    case
        when regexp_full_match(x, '[+-]?\d{1,9}') then try_cast(x as integer)
        when lower(x) in ('urgent', 'critical', 'highest', 'blocker') then -2
        when lower(x) in ('high', 'hot', 'important') then -1
        when lower(x) in ('normal', 'medium', 'warm', 'default', 'moderate', 'none') then 0
        when lower(x) in ('low', 'cold', 'minor') then 1
        when lower(x) in ('lowest', 'trivial') then 2
    end;
create or replace temp macro consent_word(x) as
    case
        when lower(x) in (
            'granted', 'true', 't', '1', 'yes', 'y', 'ja', 'oui', 'si', 'sí', 'given', 'consented', 'agreed', 'accepted',
            'opt-in', 'opt in', 'optin', 'opted in', 'opted-in', 'opted_in', 'subscribed', 'confirmed'
        ) then 'granted'
        when lower(x) in (
            'denied', 'false', 'f', '0', 'no', 'n', 'nei', 'nein', 'nej', 'non', 'refused', 'rejected', 'declined',
            'not given', 'never', 'do not contact'
        ) then 'denied'
        when lower(x) in (
            'withdrawn', 'revoked', 'opt-out', 'opt out', 'optout', 'opted out', 'opted-out', 'opted_out', 'unsubscribed',
            'cancelled', 'canceled', 'removed'
        ) then 'withdrawn'
        else 'unknown'
    end;
-- Further addresses of a person: sorted, distinct, without the first one; null when none is left.
create or replace temp macro email_list(email, other, more, yet_more) as
    case
        when other is null and more is null and yet_more is null then null
        else nullif(list_sort(list_filter(
            list_distinct(list_concat(list_value(other), more, yet_more)), lambda one: one is distinct from email
        )), [])
    end;
create or replace temp macro utc_offset(zone) as case when zone = 'UTC' then 0 end;
-- A bare date means the first instant of its day: neither a repeated midnight nor one that was skipped is a doubt,
-- only a day that the zone never had.
create or replace temp macro clock_warning(x, day, local_until_us, is_gap, is_repeated) as
    case
        when is_gap and (strlen(x) > 10 or local_until_us >= (day + 1) * 86400000000) then 'TIME_DST_GAP'
        when is_repeated and strlen(x) > 10 then 'TIME_DST_REPEATED'
    end;
-- fr-FR, fr_CA and French are all fr.
create or replace temp macro language_key(x) as
    case
        when regexp_matches(x, '^[A-Za-z]{2,3}[-_]') then lower(regexp_extract(x, '^[A-Za-z]+'))
        else lower(strip_accents(x))
    end;
