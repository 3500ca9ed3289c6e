-- delivered_at: undated files were delivered at the run's instant, now that it is known.
-- kind: change
-- step: staging
-- into: ops.ingested_files
update ops.ingested_files
set delivered_at = $as_of, closes_at = $as_of
where run_id = getvariable('run_id') and delivered_at = $unknown
