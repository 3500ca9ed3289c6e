-- website_texts: the host that each web address names.
-- kind: temp
-- grain: one row per distinct website of the new items, and website or domain of the new accounts
-- columns:
--   website_text: as delivered, tidy
--   host: lower case, without www, as written in its own script; null when the text names none
with

texts as materialized (
    select distinct website as website_text from website_cells
),

final as (
    select website_text, host_of(website_text) as host,
    from texts
    where website_text is not null
)

select * from final
