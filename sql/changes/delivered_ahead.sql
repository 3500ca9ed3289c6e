-- delivered_ahead: files were delivered at the instant of a restatement at the latest.
-- kind: change
-- step: staging
-- into: ops.ingested_files
update ops.ingested_files
set delivered_at = $as_of, closes_at = least(closes_at, $as_of)
where delivered_at > $as_of
