"""What a run tells its reader of items after their assignment: touched, in time or not, taken away again."""

from __future__ import annotations

from rr_pipeline.session.results import AfterLine
from rr_pipeline.session.session import Session


def after_lines(session: Session) -> tuple[AfterLine, ...]:
    """One line a pool of which this run learnt something, kept items last."""
    rows = session.con.execute(
        """
        select
            pool_id,
            count(*),
            count(first_touch_at),
            count(*) filter (status = 'met'),
            count(*) filter (status = 'breached'),
            count(*) filter (status = 'running'),
            count(*) filter (lost_cause is not null and next_owner_id is not null),
            count(*) filter (lost_cause is not null and next_owner_id is null)
        from marts.fct_sla
        where run_id = getvariable('run_id')
        group by pool_id
        order by pool_id nulls last
        """
    ).fetchall()
    return tuple(AfterLine(*row) for row in rows)
