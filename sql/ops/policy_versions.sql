-- ops.policy_versions: the policy versions that runs have seen. Their content may not change any more.
-- kind: declared
-- grain: one row per version
-- columns:
--   version: id of the version, stamped on each decision
--   effective_from: instant it is in force from
--   content_hash: SHA-256 of what it means, whatever its layout
--   run_id: run that saw it first
create table if not exists ops.policy_versions (
    version varchar,
    effective_from timestamptz,
    content_hash varchar,
    run_id varchar
)
