"""The ways to decide: a run, a backfill, a shadow with its comparison, and a final day asked for again."""
