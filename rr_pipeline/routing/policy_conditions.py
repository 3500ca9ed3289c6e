"""The conditions of a policy as SQL: qualification, territories, needed skills, targets and preferences, for all items.

Field names come from a fixed list and values are quoted literals: nothing a user writes is run as SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import duckdb

from rr_pipeline.config.matching import (
    LIST_FIELDS,
    NUMBER_FIELDS,
    SWITCH_FIELDS,
    TIME_FIELDS,
    WHEN_FIELDS,
    WORD_FIELDS,
    Matcher,
    fold,
    fold_start,
    fold_value,
)
from rr_pipeline.config.policy import PolicyVersion, Preference
from rr_pipeline.routing.policy_frames import kept_target_name, target_name
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import fill, make_temp

FOLD_FUNCTION = "fold_text"

DUE_FIELDS = frozenset(
    {
        "source", "item_id", "object_type", "created_at", "email", "other_emails", "email_domain", "country",
        "needed_skills", "product_interest", "source_channel", "campaign", "tier", "priority", "owner_id",
    }
)  # fmt: skip
"""Fields that int_due_items carries; the others are read from the staging layer when a rule asks for them."""


def literal(text: str) -> str:
    """Text as a quoted SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Texts as a list of quoted SQL literals, in order."""
    return ", ".join(literal(text) for text in texts)


def register_fold(con: duckdb.DuckDBPyConnection) -> None:
    """Give SQL the comparison of conditions (``config.matching.fold``), for text that is not plain ASCII."""
    try:
        con.execute(f"select {FOLD_FUNCTION}(null)").fetchall()
    except duckdb.CatalogException:
        con.create_function(FOLD_FUNCTION, fold, ["VARCHAR"], "VARCHAR")


def folded(expression: str) -> str:
    """SQL for text as conditions compare it; plain ASCII, nearly all of it, needs no Python."""
    return (
        f"case when {expression} is null then null "
        f"when strlen({expression}) = length({expression}) then lower(trim({expression})) "
        f"else {FOLD_FUNCTION}({expression}) end"
    )


def folded_word(expression: str) -> str:
    """SQL for a word as lists of words compare it (``config.matching.fold_word``)."""
    return f"trim(regexp_replace({folded(expression)}, '[\\s\\p{{Z}}\\p{{Pd}}_]+', '_', 'g'), '_')"


def _is_text(field: str) -> bool:
    return field not in NUMBER_FIELDS | TIME_FIELDS | SWITCH_FIELDS | LIST_FIELDS


def condition(field: str, matcher: Matcher) -> str:
    """SQL that is true when the condition holds for the item, false otherwise (never null)."""
    parts = []
    for values, wanted in ((matcher.any_of, True), (matcher.none_of, False)):
        if values is not None:
            hit = _listed(field, values)
            parts.append(f"coalesce({hit}, false)" if wanted else f"not coalesce({hit}, false)")
    if matcher.min is not None:
        parts.append(f"coalesce({field} >= {matcher.min}, false)")
    if matcher.max is not None:
        parts.append(f"coalesce({field} <= {matcher.max}, false)")
    if matcher.starts_with is not None:
        parts.append(_starts(field, matcher.starts_with))
    if matcher.is_empty is not None:
        empty = f"({field} is null or len({field}) = 0)" if field in LIST_FIELDS else f"({field} is null)"
        parts.append(empty if matcher.is_empty else f"not {empty}")
    return "(" + " and ".join(parts) + ")"


def _listed(field: str, values: tuple[str, ...]) -> str:
    if field in NUMBER_FIELDS:
        return f"{field} in ({', '.join(str(float(value)) for value in values)})"
    wanted = literals(sorted({fold_value(field, value) for value in values}))
    if field in LIST_FIELDS:
        return f"list_has_any({field}, [{wanted}])"
    if field in SWITCH_FIELDS:
        return f"{field}::varchar in ({wanted})"
    return f"{field} in ({wanted})"


def _starts(field: str, starts: tuple[str, ...]) -> str:
    wanted = [literal(fold_start(field, start)) for start in starts]
    if field in LIST_FIELDS:
        hits = [f"len(list_filter({field}, lambda x: starts_with(x, {start}))) > 0" for start in wanted]
    else:
        hits = [f"starts_with({field}, {start})" for start in wanted]
    return "coalesce(" + " or ".join(hits) + ", false)"


def all_conditions(when: Mapping[str, Matcher]) -> str:
    """SQL that is true when every condition holds."""
    return " and ".join(condition(field, matcher) for field, matcher in when.items())


def all_whens(policy: PolicyVersion) -> list[Mapping[str, Matcher]]:
    """The conditions of all rules and targets of a version."""
    whens = [rule.when for rule in policy.qualification]
    whens += [rule.when for rule in policy.territories]
    whens += [rule.when for rule in policy.skill_rules]
    whens += [rule.when for rule in policy.preferences]
    return whens + [when for _, when in conditional_targets(policy)]


def _fields_used(policy: PolicyVersion) -> set[str]:
    return {field for when in all_whens(policy) for field in when}


def _origin(field: str) -> str:
    if field.startswith("account_") or field == "contact_id":
        return "contexts"
    return "items" if field in DUE_FIELDS else "staged"


def _field_sql(field: str) -> str:
    expression = f"{_origin(field)}.{field}"
    if field in WORD_FIELDS:
        return f"{folded_word(expression)} as {field}"
    if _is_text(field):
        return f"{folded(expression)} as {field}"
    if field in LIST_FIELDS:
        return f"list_transform({expression}, lambda x: {folded('x')}) as {field}"
    return f"{expression} as {field}"


_STAGED_JOIN = (
    "inner join staging.stg_items as staged on staged.file_id = items.file_id and staged.row_number = items.row_number"
)


def _skills(names: Iterable[str]) -> str:
    # Staging writes the skills that items need in lower case.
    return literals(name.lower() for name in names)


def conditional_targets(policy: PolicyVersion) -> list[tuple[str, Mapping[str, Matcher]]]:
    """Names (``<pool>/<target>``) and conditions of the targets that have any, over all pools of a version."""
    named = [(target_name(pool, target), target) for pool in policy.pools for target in pool.sla]
    named += [(kept_target_name(target), target) for target in policy.ownership.sla]
    return [(name, target.when) for name, target in named if target.when is not None]


def _targets_sql(policy: PolicyVersion) -> str:
    """SQL for the sorted names of the targets whose conditions hold, whatever pool the item may come to."""
    named = sorted(conditional_targets(policy), key=lambda one: one[0])
    hits = [f"if({all_conditions(when)}, [{literal(name)}], [])" for name, when in named]
    return " || ".join(["[]::varchar[]", *hits])


def _preferred_sql(policy: PolicyVersion, chosen: Callable[[Preference], Iterable[str]]) -> str:
    """SQL for what the first preference that holds says; an empty list when none does."""
    cases = [f"when {all_conditions(rule.when)} then [{literals(chosen(rule))}]::varchar[]"
             for rule in policy.preferences]  # fmt: skip
    return f"case {' '.join(cases)} else []::varchar[] end" if cases else "[]::varchar[]"


def rule_hits_sql(policy: PolicyVersion, policy_no: int) -> str:
    """SELECT of what one policy version says of its due items.

    Columns: item_seq, disqualified_by, policy_no, territory_no (0: catch-all), item_needs, wishes, prefers, targets,
    has_unknown_skill, has_unknown_country.
    """
    fields = sorted(_fields_used(policy) & WHEN_FIELDS)
    qualified = [f"when {all_conditions(rule.when)} then {literal(rule.name)}" for rule in policy.qualification]
    territories = [f"when {all_conditions(rule.when)} then {n}" for n, rule in enumerate(policy.territories, start=1)]
    vocabulary = f"[{_skills(policy.skills)}]::varchar[]"
    added = [
        f"if({all_conditions(rule.when)}, [{literals(need.lower() for need in rule.needs)}], [])"
        for rule in policy.skill_rules
    ]
    asked = f"coalesce(list_filter(asked_skills, lambda x: list_contains({vocabulary}, x)), [])"
    unknown = f"coalesce(len(list_filter(asked_skills, lambda x: not list_contains({vocabulary}, x))) > 0, false)"
    return f"""
        select
            item_seq,
            {"case " + " ".join(qualified) + " end" if qualified else "null::varchar"} as disqualified_by,
            {policy_no} as policy_no,
            case when has_unknown_skill then 0 {" ".join(territories)} else 0 end as territory_no,
            {" || ".join([asked, *added])} as item_needs,
            {_preferred_sql(policy, lambda rule: sorted(skill.lower() for skill in rule.prefer.skills))} as wishes,
            {_preferred_sql(policy, lambda rule: rule.prefer.users)} as prefers,
            {_targets_sql(policy)} as targets,
            has_unknown_skill,
            has_unknown_country,
        from (
            select
                items.item_seq,
                {"".join(_field_sql(field) + ", " for field in fields)}
                items.needed_skills as asked_skills,
                items.country_code is not null as has_unknown_country,
                {unknown.replace("asked_skills", "items.needed_skills")} as has_unknown_skill,
            from int_due_items as items
            inner join int_item_contexts as contexts using (item_seq)
            {_STAGED_JOIN if any(_origin(field) == "staged" for field in fields) else ""}
            where items.policy_no = {policy_no}
        )
    """


def apply_rules(session: Session) -> None:
    """Leave TEMP ``int_rule_hits``: what the rules of the policy in force say of each due item.

    Grain: one row per due item. Columns: item_seq, disqualified_by, territory_id (null: catch-all), pool_id, needs
    (sorted skills), wishes and prefers (skills and members of the first preference that holds), targets (names of the
    conditional targets of all pools that hold, sorted), route_flag (skill_unknown or country_unknown where that sent
    the item to the catch-all). Lists are never null.
    """
    con = session.con
    register_fold(con)
    policies = list(enumerate(session.project.policies, start=1))
    make_temp(con, "intermediate", "int_territories")
    rows: list[tuple[int, int, str | None, str, list[str]]] = []
    for number, policy in policies:
        rows.append((number, 0, None, policy.catch_all, []))
        rows += [
            (number, n, rule.name, rule.pool, [need.lower() for need in rule.needs])
            for n, rule in enumerate(policy.territories, 1)
        ]
    fill(con, "int_territories", rows)
    hits = " union all ".join(rule_hits_sql(policy, number) for number, policy in policies)
    con.execute(
        f"""
        create or replace temp table int_rule_hits as
        select
            hits.item_seq,
            hits.disqualified_by,
            territories.territory_id,
            territories.pool_id,
            case
                when len(hits.item_needs) = 0 then territories.needs
                else list_sort(list_distinct(hits.item_needs || territories.needs))
            end as needs,
            hits.wishes,
            hits.prefers,
            hits.targets,
            case
                when hits.has_unknown_skill then 'skill_unknown'
                when hits.has_unknown_country and territories.territory_id is null then 'country_unknown'
            end as route_flag,
        from ({hits}) as hits
        inner join int_territories as territories using (policy_no, territory_no)
        """
    )
