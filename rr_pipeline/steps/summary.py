"""What a run tells its reader: what came in, how it ended, who got what, what was refused, where to look next."""

from __future__ import annotations

from rr_pipeline.core.vocabulary import words
from rr_pipeline.session.results import FeedLine, OwnerLine
from rr_pipeline.session.session import Session

OUTCOMES = words("item_outcomes")
TOP = 12


def count_outcomes(session: Session) -> None:
    """Leave TEMP ``int_file_outcomes``: rows of each new items file by what became of them.

    Grain: (file_id, outcome). Outcomes are those of fct_items, and ``repeated``, ``waiting`` and ``left_out`` (by
    ``only_rows`` of the source; other sources leave out nothing). For the accounting
    per file; rows that waited since an earlier run count for their own file.
    """
    session.con.execute(
        """
        create or replace temp table int_file_outcomes as
        select file_id, outcome, count(*) as row_count
        from marts.fct_items
        where run_id = getvariable('run_id')
            and file_id in (select file_id from int_run_files)
        group by all
        union all
        select file_id, role as outcome, count(*) as row_count
        from int_arrivals
        where role <> 'due'
            and file_id in (select file_id from int_run_files)
        group by all
        """
    )
    _count_left_out(session)


def _count_left_out(session: Session) -> None:
    filtered = [source.name for source in session.project.sources if source.table == "items" and source.only_rows]
    if filtered:
        session.con.execute(
            """
            insert into int_file_outcomes
            select files.file_id, 'left_out', files.loaded_count - count(typed.file_id)
            from int_run_files as files
            left join staging.stg_items as typed using (file_id)
            where files.source in (select unnest(?))
            group by files.file_id, files.loaded_count
            having files.loaded_count > count(typed.file_id)
            """,
            [filtered],
        )


def feed_lines(session: Session) -> tuple[FeedLine, ...]:
    """One line a source of items with new files in this run."""
    rows = session.con.execute(
        """
        with files as (
            select source, count(*) as files, sum(row_count)::bigint as row_count
            from int_run_files
            where source in (select source from int_feeds where canonical_table = 'items')
            group by all
        ),

        outcomes as (
            select files.source, outcomes.outcome, sum(outcomes.row_count)::bigint as row_count
            from int_file_outcomes as outcomes
            inner join ops.ingested_files as files using (file_id)
            group by all
        )

        select files.source, files.files, coalesce(files.row_count, 0), outcomes.outcome, outcomes.row_count
        from files left join outcomes using (source)
        order by all
        """
    ).fetchall()
    feeds: dict[str, tuple[int, int, dict[str, int]]] = {}
    for source, files, row_count, outcome, count in rows:
        feeds.setdefault(source, (files, row_count, {}))
        if outcome:
            feeds[source][2][outcome] = count
    return tuple(
        FeedLine(
            source=source,
            files=files,
            rows=row_count,
            outcomes={name: found.get(name, 0) for name in OUTCOMES},
            repeated=found.get("repeated", 0),
            waiting=found.get("waiting", 0),
            left_out=found.get("left_out", 0),
        )
        for source, (files, row_count, found) in feeds.items()
    )


def owner_lines(session: Session) -> tuple[OwnerLine, ...]:
    """What each member got in this run, by pool."""
    rows = session.con.execute(
        """
        select pool_id, member_id, sum(assigned_count)::bigint, round(sum(fair_share_parts) / 232792560000, 1)
        from ops.fair_shares
        where run_id = getvariable('run_id')
        group by all
        order by all
        """
    ).fetchall()
    return tuple(OwnerLine(*row) for row in rows)


_FOLLOW_UP = """
select 'events', count(*) from int_item_events
union all
select 'breached', count(*) from routed_breaches where kind = 'breach'
union all
select name, count(decided.kind)
from (
    values ('reassigned', 'reassign'), ('queued', 'queue'), ('failed_over', 'failover'), ('withdrawn', 'withdraw'),
        ('stayed_with_owner', 'keep')
) as names(name, kind)
left join (select kind from routed_decisions where kind not in ('assign', 'hold')) as decided using (kind)
group by all
"""


def follow_up(session: Session) -> dict[str, int]:
    """What happened in this run beyond a turn of the rotation, counted.

    ``events`` taken up, targets ``breached``, and decisions by what they did: ``reassigned``, ``queued``,
    ``failed_over``, ``withdrawn`` (closed while held), ``stayed_with_owner`` (of their person).
    """
    return {str(name): int(count) for name, count in session.con.execute(_FOLLOW_UP).fetchall()}


def refused_lines(session: Session) -> tuple[tuple[str, str, int], ...]:
    """(source, code, rows) set aside in this run, by the first rule each row broke; most first."""
    rows = session.con.execute(
        """
        select source, code, count(*) as row_count
        from (
            select source, first(code) as code
            from int_run_refusals
            group by source, file_id, row_number
        )
        group by all
        order by row_count desc, source, code
        """
    ).fetchall()
    return tuple((str(source), str(code), int(count)) for source, code, count in rows)


def warning_lines(session: Session) -> tuple[tuple[str, str, int], ...]:
    """(source, code, rows) accepted with a warning in this run; most first."""
    rows = session.con.execute(
        """
        select source, code, sum(failed_count)::bigint as row_count
        from ops.quality_codes
        where run_id = getvariable('run_id') and action = 'warn'
        group by all
        order by row_count desc, source, code
        """
    ).fetchall()
    return tuple((str(source), str(code), int(count)) for source, code, count in rows)
