-- restatements: what this restatement changed.
-- kind: rows
-- step: comparison
-- grain: one row
-- into: ops.restatements
from int_restatement
