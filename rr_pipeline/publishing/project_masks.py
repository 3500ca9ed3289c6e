"""What a project declares of delivered texts, and so may be published as it is delivered.

Belongs here: gathering it from config and the users feed. Does not belong here: what becomes of the rest
(warehouse/masks.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import duckdb

from rr_pipeline.config import PolicyVersion, Project
from rr_pipeline.config.matching import Matcher
from rr_pipeline.config.project import WORD_COLUMNS
from rr_pipeline.ingest.header import mapped_columns
from rr_pipeline.personal import NAME, PLAIN_ID
from rr_pipeline.staging.lookups import known_countries
from rr_pipeline.warehouse.masks import Masks
from rr_pipeline.warehouse.sql_files import table_exists


def project_masks(con: duckdb.DuckDBPyConnection, project: Project) -> Masks:
    """The masks of what the project publishes now."""
    publishing = project.settings.publishing
    named = (user for policy in project.policies for user in _named_users(policy))
    users = {user for user in (*named, *publishing.users, *_users_like_names(con)) if not re.fullmatch(PLAIN_ID, user)}
    columns = {name.casefold().strip() for source in project.sources for name in mapped_columns(source)}
    return Masks(
        hash_key=project.hash_key,
        users=frozenset(users),
        words=_words(project),
        as_delivered=frozenset(publishing.as_delivered),
        countries=known_countries(),
        columns=frozenset(columns),
        keyed_sources=frozenset(source.name for source in project.sources if source.format == "jsonl"),
    )


def _named_users(policy: PolicyVersion) -> Iterator[str]:
    for pool in policy.pools:
        yield from (member.user for member in pool.members)
        yield from (user for user in (pool.alert_to,) if user is not None)
    yield from policy.queues
    yield from (one.user for one in policy.users)
    for preference in policy.preferences:
        yield from preference.prefer.users


def _users_like_names(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Ids of a users feed that are one word written like a name: there they are ids."""
    if not table_exists(con, "staging.stg_users"):
        return []
    query = "select distinct user_id from staging.stg_users where regexp_full_match(user_id, ?)"
    return [str(user) for (user,) in con.execute(query, [NAME]).fetchall()]


def _words(project: Project) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for column in WORD_COLUMNS:
        values = [*project.settings.publishing.values.get(column, ())]
        for source in project.sources:
            rule = source.mapping.get(column)
            if rule is not None:
                values += [*(rule.values or {}).values(), *(text for text in (rule.value, rule.default) if text)]
        for policy in project.policies:
            values += _asked(policy, column)
        found[column] = frozenset(value.strip().lower() for value in values if value.strip())
    return found


def _asked(policy: PolicyVersion, column: str) -> Iterator[str]:
    """The values of a column that the conditions of a policy name."""
    for when in _conditions(policy):
        matcher = when.get(column)
        if matcher is not None:
            yield from (*(matcher.any_of or ()), *(matcher.none_of or ()))


def _conditions(policy: PolicyVersion) -> Iterable[Mapping[str, Matcher]]:
    for rules in (policy.qualification, policy.territories, policy.skill_rules, policy.preferences):
        yield from (rule.when for rule in rules)
    for pool in policy.pools:
        yield from (target.when for target in pool.sla if target.when is not None)
