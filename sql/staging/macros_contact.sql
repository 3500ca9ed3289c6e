-- macros_contact: how names of places, domains and addresses are compared; see macros.sql.
-- kind: macro
-- grain: one definition per rule
-- A text written for comparison: case, accents and blanks do not count.
create or replace temp macro folded(x) as
    regexp_replace(lower(strip_accents(x)), '[\s.,''’‘`()-]+', ' ', 'g');
create or replace temp macro country_key(x) as
    regexp_replace(trim(folded(replace(replace(x, '.', ''), '&', ' and '))), '^the ', '');
-- Company names for comparison: the legal form at the end does not tell companies apart.
create or replace temp macro company_key(x) as
    nullif(trim(regexp_replace(
        trim(folded(replace(replace(x, '.', ''), '&', ' and '))),
        '(?: (?:as|asa|ab|oy|oyj|aps|a/s|gmbh|ag|kg|kgaa|ug|gmbh and co kg|se|ltd|limited|plc|llp|llc|inc|incorporated'
        || '|corp|corporation|co|company|pty|pty ltd|pte ltd|bv|nv|sa|sas|sarl|srl|spa|sl|lda|ltda|sp z o o|zoo|kft|doo))+$',
        ''
    )), '');
-- A person's name for comparison: "Lovelace, Ada" and "Ada LOVELACE" are one; the order of words does not count.
create or replace temp macro name_key(x) as
    case
        when regexp_full_match(x, '[A-Za-z]+ [A-Za-z]+')
            then least(lower(split_part(x, ' ', 1)), lower(split_part(x, ' ', 2))) || ' '
                || greatest(lower(split_part(x, ' ', 1)), lower(split_part(x, ' ', 2)))
        else nullif(list_aggregate(list_sort(string_split(trim(folded(x)), ' ')), 'string_agg', ' '), '')
    end;
-- The host of a web address, without www; null when there is none.
create or replace temp macro host_of(x) as
    nullif(regexp_extract(
        lower(x), '^(?:[a-z][a-z0-9+.-]*:)?(?://)?(?:[^/@\s]*@)?(?:www\.)?([^/:?#@\s]+\.[^/:?#@\s.]+)\.?(?:[/:?#].*)?$', 1
    ), '');
-- Short, pure ASCII, one ordinary address: such a text needs no more than lower case. Argument in lower case.
create or replace temp macro is_plain_email(x) as
    strlen(x) <= 64 and not contains(x, 'xn--') and regexp_full_match(x,
        '[a-z0-9!#$%&''*+/=?^_`{}~-]+(?:\.[a-z0-9!#$%&''*+/=?^_`{}~-]+)*@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}');
-- Both argue from short lists; the cheap conditions in front spare most rows the regular expressions.
create or replace temp macro email_flag(local_part, domain) as
    case
        when domain is null then null
        when (contains(domain, 'test') or contains(domain, 'example') or contains(domain, 'invalid'))
            and regexp_matches(domain, '^(?:example\.(?:com|org|net)|test\.(?:com|test)|.*\.(?:test|example|invalid))$')
            then 'EMAIL_TEST'
        when strlen(local_part) > 15 or contains(local_part, '.') then null
        when regexp_full_match(local_part, 'test(?:ing|er|1|123)?|asdf|qwerty|foo') then 'EMAIL_TEST'
        when regexp_full_match(local_part, 'abuse|accounting|accounts|admin|administrator|billing|contact|customerservice'
            || '|do-?not-?reply|enquiries|feedback|finance|firmapost|hello|help|helpdesk|hostmaster|hr|info|inquiries'
            || '|invoice|jobs|kontakt|mail|marketing|media|news|newsletter|no-?reply|office|orders|post|postmaster|press'
            || '|reception|root|sales|security|service|support|team|webmaster') then 'EMAIL_ROLE'
    end;
