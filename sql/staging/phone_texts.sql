-- phone_texts: what each phone number comes to.
-- kind: temp
-- grain: one row per number and region
-- key: phone_text, region
-- by: rows of phone_inputs
-- columns:
--   phone_text: the cell
--   region: region of its row; empty where none is known
--   e164: the number in E.164; null where it is none
--   phone_code: PHONE_INVALID, PHONE_REGION_UNKNOWN or null
select
    inputs.phone_text,
    inputs.region,
    coalesce(fast.e164, asked.e164) as e164,
    case
        when coalesce(fast.e164, asked.e164) is not null then null
        when inputs.region = '' and not contains(inputs.phone_text, '+') then 'PHONE_REGION_UNKNOWN'
        else 'PHONE_INVALID'
    end as phone_code,
from phone_inputs as inputs
left join phone_fast as fast using (phone_text, region)
left join staging.phone_numbers as asked using (phone_text, region)
