-- int_update_rules: what each policy version makes of news of its items.
-- kind: temp
-- grain: one row per policy version
-- key: policy_no
-- columns:
--   policy_no: the version
--   takes_owners: whoever is delivered as another owner has the item
--   decides_later: what is set aside and qualifies later is decided then
--   reopens_to: who has an item that is open again: owner, rotate or ignore
--   reopens_within: so many seconds after its closing
--   told_times: from so many times on its owner's manager is told of each; null for never
--   reroutes: what waits and belongs elsewhere by a newer row, or as this version begins, is routed again
--   changes_routes: its territories, or the skills that items need, are not those of the version before
create or replace temp table int_update_rules (
    policy_no integer, takes_owners boolean, decides_later boolean, reopens_to varchar, reopens_within bigint,
    told_times integer, reroutes boolean, changes_routes boolean
)
