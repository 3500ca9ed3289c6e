-- staging.phone_numbers: what the phone number library said of texts, kept because asking takes time.
-- kind: declared
-- grain: one row per text and region
-- key: phone_text, region
-- columns:
--   phone_text: the cell
--   region: ISO 3166-1 code by which it was read; empty where none is known
--   e164: the number in E.164; null where it is none
--   library_version: version of the library; another version is asked again
create table if not exists staging.phone_numbers (
    phone_text varchar not null, region varchar not null, e164 varchar, library_version varchar not null
)
