-- macros_words: the words of deliveries and what they mean here; see macros.sql.
-- kind: macro
-- grain: one definition per rule
-- What names a user beside an id: an address anywhere in the text, or a name before one, as in Bo Lie <bo@firm.example>.
create or replace temp macro address_in(x) as lower(regexp_extract(x, '[^\s<>(),;]+@[^\s<>(),;]+'));
create or replace temp macro name_before(x) as trim(lower(regexp_replace(x, '[<(].*', '')));
-- A word as every list of words compares it: case, blanks, dashes and _ alike (config.matching.fold_word).
create or replace temp macro word_key(x) as trim(regexp_replace(lower(x), '[\s\p{Z}\p{Pd}_]+', '_', 'g'), '_');
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
    case lower(x)
        when 'high' then -1 when 'medium' then 0 when 'low' then 1 when 'normal' then 0 when 'urgent' then -2
        when 'critical' then -2 when 'highest' then -2 when 'blocker' then -2 when 'hot' then -1
        when 'important' then -1 when 'warm' then 0 when 'default' then 0 when 'moderate' then 0 when 'none' then 0
        when 'cold' then 1 when 'minor' then 1 when 'lowest' then 2 when 'trivial' then 2
        else case when regexp_full_match(x, '[+-]?\d{1,9}') then try_cast(x as integer) end
    end;
create or replace temp macro consent_phrase(x) as
    case x
        when 'accepted' then 'granted' when 'agreed' then 'granted' when 'confirmed' then 'granted'
        when 'consent_given' then 'granted' when 'consented' then 'granted'
        when 'double_opt_in' then 'granted' when 'given' then 'granted' when 'i_agree' then 'granted'
        when 'ja' then 'granted' when 'oui' then 'granted' when 'ok' then 'granted' when 'opt_in' then 'granted'
        when 'opted_in' then 'granted' when 'optin' then 'granted' when 'si' then 'granted' when 'sí' then 'granted'
        when 'subscribed' then 'granted' when 't' then 'granted' when 'y' then 'granted'
        when 'yes_please' then 'granted' when '1_0' then 'granted' when '0_0' then 'denied'
        when 'declined' then 'denied' when 'do_not_call' then 'denied'
        when 'do_not_contact' then 'denied' when 'do_not_email' then 'denied' when 'do_not_mail' then 'denied'
        when 'do_not_phone' then 'denied' when 'dnc' then 'denied' when 'f' then 'denied' when 'n' then 'denied'
        when 'nei' then 'denied' when 'nei_takk' then 'denied' when 'nein' then 'denied' when 'nej' then 'denied'
        when 'never' then 'denied' when 'no_consent' then 'denied' when 'no_contact' then 'denied'
        when 'no_thanks' then 'denied' when 'no_thank_you' then 'denied' when 'non' then 'denied'
        when 'not_consented' then 'denied' when 'not_given' then 'denied' when 'not_granted' then 'denied'
        when 'not_opted_in' then 'denied' when 'refused' then 'denied' when 'rejected' then 'denied'
        when 'cancelled' then 'withdrawn' when 'canceled' then 'withdrawn' when 'opt_out' then 'withdrawn'
        when 'optout' then 'withdrawn' when 'opted_out' then 'withdrawn' when 'removed' then 'withdrawn'
        when 'revoked' then 'withdrawn' when 'unsubscribe' then 'withdrawn' when 'unsubscribed' then 'withdrawn'
        when 'not_known' then 'unknown' when 'not_asked' then 'unknown' when 'not_set' then 'unknown'
        when 'not_specified' then 'unknown' when 'unspecified' then 'unknown' when 'pending' then 'unknown'
    end;
-- Null where no list has the word: whoever said something that is not understood has not agreed.
create or replace temp macro consent_word(x) as
    case lower(x)
        when 'true' then 'granted' when '1' then 'granted' when 'yes' then 'granted' when 'granted' then 'granted'
        when 'false' then 'denied' when '0' then 'denied' when 'no' then 'denied' when 'denied' then 'denied'
        when 'withdrawn' then 'withdrawn' when 'unknown' then 'unknown'
        -- bound by a lambda: a CASE over the expression itself would have it once for every word of the list
        else list_transform(
            [word_key(regexp_replace(x, '[.,;:!?''’`"()/]+', ' ', 'g'))], lambda phrase: consent_phrase(phrase)
        )[1]
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
-- When something of a member begins or ends: a time that the clocks jump over is the end of the gap, and of two times the
-- first begins and the second ends.
create or replace temp macro utc_of_start(us, local_from_us, offset_us, is_gap) as
    case when is_gap then local_from_us else us end - offset_us;
create or replace temp macro utc_of_end(us, local_from_us, local_until_us, offset_us, is_gap, is_second) as
    case when is_gap then local_from_us when is_second then us + local_until_us - local_from_us else us end - offset_us;
-- fr-FR, fr_CA and French are all fr.
create or replace temp macro language_key(x) as
    case
        when regexp_matches(x, '^[A-Za-z]{2,3}[-_]') then lower(regexp_extract(x, '^[A-Za-z]+'))
        else lower(strip_accents(x))
    end;
