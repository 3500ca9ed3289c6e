"""Skip and redo tokens, pauses and withdrawals: exceptions.csv, an append-only list that operations keep.

Columns: token_id, pool_id, member_id, kind (skip, redo, pause, resume or withdraw), and optionally skill, from, expires
(a date or time of the project's zone, or an instant) and file. A row is noted by the first run that sees it, and counts
only after what was decided before. A pause is of a pool, of a user (an empty pool) or of a user in a pool; a resume
ends those of the same that were noted before it. A withdrawal names a delivered file (steps/withdrawals.py). Lines that
begin with ``# `` are comments.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rr_pipeline.config import Project
from rr_pipeline.config.zones import MomentError, load_zone, parse_moment, to_instant
from rr_pipeline.core.model import FAR_PAST_US, Pause, Token
from rr_pipeline.core.vocabulary import listed, words
from rr_pipeline.errors import Problem, RefusedError, nearest
from rr_pipeline.routing.pauses import pauses_of
from rr_pipeline.session.instants import MICROSECOND, to_us
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import declare

TOKENS_FILE = "exceptions.csv"
REQUIRED = ("token_id", "pool_id", "member_id", "kind")
OPTIONAL = ("skill", "from", "expires", "file")
KINDS = words("exception_kinds")
PAUSES = ("pause", "resume")
WITHDRAW = "withdraw"
_NO_TOKENS = (*PAUSES, WITHDRAW)


@dataclass(frozen=True)
class TokenRow:
    """One line of exceptions.csv; instants aware, None where not given. Of a pause pool or member may be empty.

    ``file_name``: of a withdrawal alone, which has neither pool nor member.
    """

    token_id: str
    pool_id: str
    member_id: str
    kind: str
    skill: str | None
    from_at: datetime | None
    expires_at: datetime | None
    file_name: str | None = None


def read_tokens(project: Project) -> list[TokenRow]:
    """Read and check exceptions.csv; no file is no token. Raises RefusedError with every problem found."""
    path = project.folder / TOKENS_FILE
    if not path.exists() and not path.is_symlink():
        return []
    if not path.is_file():
        message = "is a folder, a pipe or a link to nothing; put the file itself there, or remove it"
        raise RefusedError(f"{TOKENS_FILE} cannot be used:", [_problem(None, None, "FILE_NOT_REGULAR", message)])
    problems: list[Problem] = []
    rows: list[TokenRow] = []
    seen: set[str] = set()
    for number, record in _records(path, problems):
        wrong = _problems(project, number, record, seen)
        problems.extend(wrong)
        seen.add(record["token_id"])
        if not wrong:
            rows.append(_row(project, record))
    if problems:
        raise RefusedError(f"{TOKENS_FILE} cannot be used as it is:", problems)
    return rows


def is_comment(line: str) -> bool:
    """Tell whether a line of the file says nothing."""
    return line.startswith("# ") or line.strip() == "#"


def _problem(row: int | None, field: str | None, code: str, message: str) -> Problem:
    return Problem(TOKENS_FILE, row, field, code, message)


def _records(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(_problem(None, None, "FILE_ENCODING", f"byte {error.start} is not UTF-8; save it as UTF-8"))
        return
    lines = (line for line in text.splitlines(keepends=True) if not is_comment(line))
    reader = csv.reader(lines, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        unknown = [name for name in header if name not in REQUIRED + OPTIONAL]
        missing = [name for name in REQUIRED if name not in header]
        for name in unknown:
            hint = nearest(name, REQUIRED + OPTIONAL)
            problems.append(_problem(None, name[:40], "COLUMN_UNKNOWN", f"this column means nothing here.{hint}"))
        for name in missing if header else []:
            problems.append(_problem(None, name, "COLUMN_MISSING", f"add the column {name}"))
        if unknown or missing:
            return
        for number, values in enumerate(reader, start=1):
            if not any(value.strip() for value in values):
                continue
            if len(values) != len(header):
                text = f"has {len(values)} fields, the header has {len(header)}"
                problems.append(_problem(number, None, "RAGGED_ROW", text))
                continue
            yield number, {name: value.strip() for name, value in zip(header, values, strict=True)}
    except csv.Error:
        problems.append(_problem(reader.line_num, None, "QUOTE_UNCLOSED", "the quoting is broken from this line on"))


def _problems(project: Project, number: int, record: dict[str, str], seen: set[str]) -> list[Problem]:
    found = list(_empty(number, record))
    if found:
        return found
    pools = {pool.pool_id: pool for policy in project.policies for pool in policy.pools}
    if record["token_id"] in seen:
        found.append(_problem(number, "token_id", "TOKEN_REPEATED", "the id is used above; every token needs its own"))
    if record["kind"] not in KINDS:
        found.append(_problem(number, "kind", "KIND_UNKNOWN", f"write {listed('exception_kinds')}"))
    if record["pool_id"] and record["pool_id"] not in pools:
        hint = nearest(record["pool_id"], pools)
        found.append(_problem(number, "pool_id", "POOL_UNKNOWN", f"no policy has this pool.{hint}"))
    elif record["member_id"]:
        members = {member.user for policy in project.policies for pool in policy.pools
                   if record["pool_id"] in {"", pool.pool_id} for member in pool.members}  # fmt: skip
        if record["member_id"] not in members:
            where = "that pool" if record["pool_id"] else "any pool"
            hint = nearest(record["member_id"], members)
            found.append(_problem(number, "member_id", "MEMBER_UNKNOWN", f"is not in {where}.{hint}"))
    skills = {skill for policy in project.policies for skill in policy.skills}
    if record.get("skill") and record["skill"] not in skills:
        found.append(_problem(number, "skill", "SKILL_UNKNOWN", f"no policy has it.{nearest(record['skill'], skills)}"))
    for name in ("from", "expires"):
        try:
            moment_of(project, record.get(name))
        except MomentError as error:
            found.append(_problem(number, name, error.code, str(error)))
    return found


def _empty(number: int, record: dict[str, str]) -> Iterator[Problem]:
    """Yield what a row lacks, or says in vain."""
    if record["kind"] == WITHDRAW:
        yield from _empty_of_withdrawal(number, record)
        return
    is_pause = record["kind"] in PAUSES
    if record.get("file"):
        yield _problem(number, "file", "FIELD_UNUSED", f"means nothing for a {record['kind']}; leave it empty")
    needed = [name for name in REQUIRED if not is_pause or name not in {"pool_id", "member_id"}]
    for name in needed:
        if not record[name]:
            yield _problem(number, name, "FIELD_EMPTY", f"every token needs a {name}")
    if is_pause and not record["pool_id"] and not record["member_id"]:
        yield _problem(number, "pool_id", "FIELD_EMPTY", "say which pool, which member, or both")
    for name in ("skill", "expires"):
        if record.get(name) and (record["kind"] == "resume" or (is_pause and name == "skill")):
            yield _problem(number, name, "FIELD_UNUSED", f"means nothing for a {record['kind']}; leave it empty")


def _empty_of_withdrawal(number: int, record: dict[str, str]) -> Iterator[Problem]:
    for name in ("token_id", "file"):
        if not record.get(name):
            yield _problem(number, name, "FIELD_EMPTY", f"every withdrawal needs a {name}")
    for name in ("pool_id", "member_id", "skill", "from", "expires"):
        if record.get(name):
            yield _problem(number, name, "FIELD_UNUSED", "means nothing for a withdrawal; leave it empty")


def moment_of(project: Project, text: str | None) -> datetime | None:
    """Return the instant of a text in the project's zone, None of none. Raises MomentError."""
    return to_instant(parse_moment(text), load_zone(project.settings.time_zone)) if text else None


def _row(project: Project, record: dict[str, str]) -> TokenRow:
    return TokenRow(
        record["token_id"],
        record["pool_id"],
        record["member_id"],
        record["kind"],
        record.get("skill") or None,
        moment_of(project, record.get("from")),
        moment_of(project, record.get("expires")),
        record.get("file") or None,
    )


def note_exceptions(session: Session) -> list[TokenRow]:
    """Note rows new in exceptions.csv, and return these. Raises RefusedError for a row that was changed."""
    con = session.con
    declare(con, "ops", "exception_tokens")
    known = {
        row[0]: TokenRow(*row)
        for row in con.execute(
            "select token_id, pool_id, member_id, kind, skill, from_at, expires_at, file_name from ops.exception_tokens"
        ).fetchall()
    }
    # A restatement knows the tokens that runs have noted, each from the instant on that it had then.
    rows = read_tokens(session.project) if session.restated_from is None else []
    changed = [row.token_id for row in rows if row.token_id in known and known[row.token_id] != row]
    if changed:
        problem = _problem(None, "token_id", "TOKEN_CHANGED", "was seen with other content; give the change a new id")
        raise RefusedError(f"{TOKENS_FILE}: {len(changed)} token(s) already noted were changed:", [problem])
    opening = None if session.frontier is None else session.frontier + MICROSECOND
    fresh = [row for row in rows if row.token_id not in known]
    for row in fresh:
        starts = [instant for instant in (row.from_at, opening) if instant is not None]
        position = session.count("select count(*) from ops.exception_tokens") + 1
        con.execute(
            "insert into ops.exception_tokens values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [row.token_id, row.pool_id, row.member_id, row.kind, row.skill, row.from_at, row.expires_at,
             max(starts, default=None), position, session.run_id, row.file_name],
        )  # fmt: skip
    return fresh


def load_exceptions(session: Session) -> tuple[list[Token], list[Pause]]:
    """Return all tokens that runs have noted, oldest first, and all pauses."""
    noted = session.con.execute(
        "select token_id, pool_id, member_id, kind, skill, effective_at, expires_at "
        "from ops.exception_tokens order by position"
    ).fetchall()
    pauses = [(pool, member, kind, start, end) for _, pool, member, kind, _, start, end in noted if kind in PAUSES]
    return [_token(*row) for row in noted if row[3] not in _NO_TOKENS], pauses_of(pauses)


def _token(  # noqa: PLR0917 - a row of the table
    token: str, pool: str, member: str, kind: str, skill: str | None, start: datetime | None, end: datetime | None
) -> Token:
    expires_us = None if end is None else to_us(end, 0)
    return Token(token, pool, member, kind, skill.lower() if skill else None, to_us(start, FAR_PAST_US), expires_us)
