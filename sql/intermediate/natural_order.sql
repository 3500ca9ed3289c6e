-- natural_order: what orders ids as people do: runs of digits compare as numbers, whatever their leading zeros.
-- kind: macro
-- grain: one definition
-- Argument: an id. Where two are equal by it, their texts say which comes first.
create or replace temp macro natural_order(id) as
    array_to_string(
        list_transform(
            regexp_extract_all(id, '[0-9]+|[^0-9]+'),
            lambda part: if(
                part[1] between '0' and '9', printf('%05d', length(ltrim(part, '0'))) || ltrim(part, '0'), part
            )
        ),
        ''
    )
