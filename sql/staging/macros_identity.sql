-- macros_identity: which addresses, numbers and names tell nobody apart; see macros.sql.
-- kind: macro
-- grain: one definition per rule
-- Why an address proves nothing alone: no_reply, test, placeholder or role; null where it may be one person's.
-- Argument as standardised.
create or replace temp macro address_doubt(x) as
    case
        when x is null then null
        when regexp_matches(x, '^(?:no[-_.]?reply|do[-_.]?not[-_.]?reply|mailer-daemon|bounces?|notifications?'
            || '|automailer)\b') then 'no_reply'
        when regexp_matches(x, '^(?:test(?:ing|er|bruker|user|mail|[0-9]*)|asdf+|qwerty|foo(?:bar)?)(?:\+[^@]*)?@')
            or regexp_matches(x, '@(?:test\.(?:com|no|net|org)|(?:[^@]*\.)?(?:test|invalid))$') then 'test'
        when regexp_matches(x, '^(?:none|null|nil|na|n/a|nope|no[-_.]?e?-?mail'
            || '|not?[-_.]?(?:provided|available|given|known|applicable)|unknown|anonymous|placeholder|dummy|fake'
            || '|noname|nobody|no-?one|donthave|your[-_.]?(?:e?-?mail|name)|e?-?mail-?address|x{2,}|a{3,}|123+4*5*)'
            || '(?:\+[^@]*)?@')
            or regexp_matches(x, '@(?:none|na|no-?e?mail|placeholder|dummy|fake|null|unknown)\.[a-z]+$')
            then 'placeholder'
        when regexp_matches(x, '^(?:alerts?|monitor(?:ing)?|system|daemon|nagios|cron|booking|resepsjon|faktura'
            || '|regnskap|salg|styret|firma)@') then 'role'
        when email_flag(split_part(x, '@', 1), split_part(x, '@', 2)) = 'EMAIL_ROLE' then 'role'
    end;
-- A number that people type where a form asks for one: all digits alike, or all in a row. Argument in E.164.
create or replace temp macro is_placeholder_phone(x) as
    regexp_matches(x, '^\+[0-9]{1,3}(?:0{6,}|1{7,}|2{7,}|3{7,}|4{7,}|5{7,}|6{7,}|7{7,}|8{7,}|9{7,}'
        || '|0?123456789?0?|12345678|98765432|9876543210?)$');
-- A name for comparison that says who somebody is; null where it is missing or a placeholder.
create or replace temp macro name_sign(x) as
    case
        when regexp_matches(name_key(x), '^(?:.|test(?:er|ing|[0-9]+)?(?: test(?:er|[0-9]+)?)*'
            || '|n a|na|none|null|nil|unknown|anonymous|name|name no|noname|first last|first last name'
            || '|firstname lastname|name your|doe jane|doe john'
            || '|(?:customer|guest|user|lead|contact|not provided|available not|x+|asdf+|qwerty)(?: [a-z])?)$') then null
        else name_key(x)
    end;
