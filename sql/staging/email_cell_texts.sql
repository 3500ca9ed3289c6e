-- email_cell_texts: the e-mail cells of the new rows, read once.
-- kind: temp
-- grain: one row per distinct text
-- columns:
--   email_text: as delivered, tidy
--   cell: in lower case
with

texts as (
    select distinct email as email_text from email_cells
),

final as (
    select email_text, lower(email_text) as cell
    from texts
    where email_text is not null
)

select * from final
