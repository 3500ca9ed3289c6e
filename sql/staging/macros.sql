-- macros: how one cell of text is read; everything in sql/staging is written with these. Arguments are column names,
-- not expressions: a macro may repeat its argument. Texts come tidy (trimmed, NFC, null when empty).
-- kind: macro
-- grain: one definition per rule
-- Most cells pass by the first two branches, which is what makes them cheap.
create or replace temp macro tidy(x) as
    case
        when x = '' then null
        when x >= '!' and strlen(x) = length(x) and not ends_with(x, ' ')
            and not ends_with(x, chr(10)) and not ends_with(x, chr(13)) and not ends_with(x, chr(9)) then x
        -- controls, joiners, marks of direction and byte order that copying leaves at the ends
        when regexp_matches(x, '[\x{00}-\x{1F}\x{85}\x{AD}\x{180E}\x{200B}-\x{200F}\x{2028}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]')
            then nullif(nfc_normalize(regexp_replace(
                x,
                '^[\s\p{Z}\x{00}-\x{1F}\x{85}\x{AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]+'
                || '|[\s\p{Z}\x{00}-\x{1F}\x{85}\x{AD}\x{180E}\x{200B}-\x{200F}\x{202A}-\x{202E}\x{2060}-\x{2064}\x{FEFF}]+$',
                '', 'g'
            )), '')
        else nullif(nfc_normalize(trim(x)), '')
    end;

-- A list of plain values is its values; an empty one is nothing. Lists of lists and records stay as they are.
create or replace temp macro list_text(x) as
    case
        when starts_with(x, '[') and ends_with(x, ']') and json_valid(x)
            then case
                when list_has_any(json_type(x, '$[*]'), ['OBJECT', 'ARRAY']) then x
                else nullif(array_to_string(
                    list_filter(json_extract_string(x, '$[*]'), lambda value: value is not null and value <> ''), ';'
                ), '')
            end
        else x
    end;

-- times -------------------------------------------------------------------------------------------------------------
-- DuckDB 1.5 reads an offset only behind seconds.
create or replace temp macro with_seconds(x) as
    case when strlen(x) > 16 and x[17] <> ':' then x[1:16] || ':00' || x[17:] else x end;
-- Microseconds since 1970 of an ISO 8601 text; of the local clock where it has no offset. Null when it is no time.
create or replace temp macro time_us(x) as
    case
        when regexp_full_match(x, '\d{4}-\d\d-\d\d(?:[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?'
            || '(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)?)?') then epoch_us(try_cast(with_seconds(x) as timestamptz))
        -- small letters, a blank before the offset, UTC and GMT in words
        when regexp_full_match(x, '\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?'
            || '(?: ?(?:[Zz]|UTC|GMT|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?))?')
            then epoch_us(try_cast(with_seconds(upper(replace(replace(x, ' +', '+'), ' -', '-'))) as timestamptz))
    end;
create or replace temp macro has_offset(x) as
    strlen(x) > 10 and regexp_matches(x, '(?:[Zz]|UTC|GMT|[+-]\d\d(?::?\d\d)?)$');
create or replace temp macro day_of(us) as us // 86400000000;
-- 1990-01-01 up to 2100-01-01: what lies outside is a slip of the keyboard or a filler.
create or replace temp macro sane(us) as
    case when us >= 631152000000000 and us < 4102444800000000 then make_timestamptz(us) end;
create or replace temp macro time_code(x, us, zone, instant) as
    case
        when x is null then null
        when us is null then 'TIME_INVALID'
        when us < 631065600000000 or us > 4102531200000000 then 'TIME_OUT_OF_RANGE'
        when zone is null then 'TIME_ZONE_UNKNOWN'
        when instant is null then 'TIME_OUT_OF_RANGE'
    end;
-- A sender's clock may be five minutes ahead of the close of its delivery.
create or replace temp macro future_code(instant, closes_at) as
    case when instant > closes_at + interval 5 minutes then 'TIME_FUTURE' end;
create or replace temp macro at_close(instant, closes_at) as
    case when instant > closes_at and instant <= closes_at + interval 5 minutes then closes_at else instant end;

-- numbers and words -------------------------------------------------------------------------------------------------
create or replace temp macro number(x) as
    case
        when regexp_full_match(x, '[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?')
            then case when isfinite(try_cast(x as double)) then try_cast(x as double) end
        when regexp_full_match(x, '[+-]?\d{1,3}(?:[ ,''\x{00A0}\x{2009}\x{202F}]\d{3})+(?:\.\d+)?')
            then try_cast(regexp_replace(x, '[^0-9.+-]', '', 'g') as double)
    end;
create or replace temp macro whole_number(x) as
    case
        when regexp_full_match(x, '[+-]?\d{1,19}') and try_cast(x as bigint) is not null then try_cast(x as bigint)
        when abs(number(x)) <= 9007199254740991 and number(x) = floor(number(x)) then cast(number(x) as bigint)
    end;
-- Lists of words are written as CASE, the common ones first: a long IN becomes a join of the whole row.
create or replace temp macro yes_no(x) as
    case lower(x)
        when 'true' then true when 'false' then false when '1' then true when '0' then false when 't' then true
        when 'yes' then true when 'y' then true when 'on' then true when 'ja' then true when 'j' then true
        when 'oui' then true when 'si' then true when 'sí' then true when 'sim' then true when 'x' then true
        when '1.0' then true when 'f' then false when 'no' then false when 'n' then false when 'off' then false
        when 'nei' then false when 'nein' then false when 'nej' then false when 'non' then false
        when 'não' then false when '0.0' then false
    end;
create or replace temp macro words(x) as
    nullif(list_sort(list_distinct(list_filter(
        list_transform(regexp_split_to_array(lower(x), '[;,|\n]'), lambda word: tidy(word)), lambda word: word <> ''
    ))), []);

-- ids ---------------------------------------------------------------------------------------------------------------
-- A spreadsheet turns long numbers into 1.23E+15, whole ones into 42.0 and broken formulas into #REF!.
-- Programs write NaN, None, undefined or (null) where they have no id. These are nobody's ids: whoever joins by them
-- makes one of many.
create or replace temp macro is_no_id(x) as
    strlen(x) <= 20 and regexp_full_match(lower(x),
        '[+-]?nan|[+-]?inf(?:inity)?|na[nt]|n[./]a\.?|[(<\[{"'']*(?:null|none|nil|n/?a|na[nt]|undefined)[)>\]}"'']*'
        || '|#(?:ref!|n/a|name\?|value!|div/0!|null!|num!)|\[object object\]|[\p{P}\p{S}]+')
    and not regexp_full_match(lower(x), 'na');
create or replace temp macro id_code(x) as
    case
        when x is null then 'ID_MISSING'
        when strlen(x) > 255 then 'ID_TOO_LONG'
        when regexp_full_match(x, '[+-]?\d(?:[.,]\d+[eE]\+?|[eE]\+)\d+|\d+\.0+|#(?:REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)')
            then 'ID_MANGLED'
        when is_no_id(x) then 'ID_MISSING'
    end;
