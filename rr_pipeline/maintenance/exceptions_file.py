"""Rows that commands append to exceptions.csv: what was there stays as it is, comments and order too.

Belongs here: the new text of the file, and putting it in its place at once. Does not belong here: what rows mean
(``routing.exception_tokens``).
"""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rr_pipeline.config import Project
from rr_pipeline.config.zones import MomentError
from rr_pipeline.errors import Problem, RefusedError, nearest
from rr_pipeline.routing.exception_tokens import (
    OPTIONAL,
    PAUSES,
    REQUIRED,
    TOKENS_FILE,
    WITHDRAW,
    TokenRow,
    is_comment,
    moment_of,
    read_tokens,
)
from rr_pipeline.routing.pauses import pauses_of
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.files_known import refusal
from rr_pipeline.warehouse.published import PUBLISHED_FILE

_COLUMNS = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True)
class Appended:
    """A row that was appended: of which pool, user or file, and its id."""

    token_id: str
    kind: str
    pool_id: str
    member_id: str
    file_name: str = ""

    @property
    def target(self) -> str:
        """What is paused, in words."""
        return f"pool {self.pool_id}" if self.pool_id else f"user {self.member_id}"


def pause(project: Project, name: str, until: str | None, *, is_user: bool = False) -> Appended:
    """Append a pause of a pool or of a user. Raises RefusedError (TARGET_UNKNOWN, TARGET_BOTH) and for a bad file."""
    pool, member = _target(project, name, is_user=is_user)
    try:
        moment_of(project, until)
    except MomentError as error:
        raise RefusedError(Problem("-", None, "--until", error.code, str(error))) from error
    return _append(project, {"pool_id": pool, "member_id": member, "kind": "pause", "expires": until or ""})


def resume(project: Project, name: str, *, is_user: bool = False) -> Appended:
    """Append what ends the pauses of a pool or of a user. Raises RefusedError, also where nothing is paused."""
    pool, member = _target(project, name, is_user=is_user)
    rows = [row for row in read_tokens(project) if (row.pool_id, row.member_id) == (pool, member)]
    if not pauses_of((row.pool_id, row.member_id, row.kind, row.from_at, row.expires_at) for row in _of_pauses(rows)):
        raise RefusedError(Problem(TOKENS_FILE, None, None, "NOT_PAUSED", f"'{name[:64]}' is not paused there."))
    return _append(project, {"pool_id": pool, "member_id": member, "kind": "resume"})


def withdraw(project: Project, name: str) -> Appended:
    """Append the withdrawal of a delivered file. Raises RefusedError where it cannot be withdrawn, and for a bad file.

    FILE_NOT_DELIVERED, FILE_DELIVERED_TWICE, FILE_WITHDRAWN and FILE_IS_LIST; looks at the published copy.
    """
    rows = [row for row in read_tokens(project) if row.kind == WITHDRAW]
    lists = frozenset(source.name for source in project.sources if source.full_list)
    copy = project.published / PUBLISHED_FILE
    if not copy.exists():
        text = "nothing was taken up yet: take a wrong file out of landing/ before `rr-pipeline run`."
        raise RefusedError(Problem(name[:64], None, None, "FILE_NOT_DELIVERED", text))
    with open_analyst(copy) as con:
        noted = {token for (token,) in con.execute("select token_id from ops.exception_tokens").fetchall()}
        ahead = {row.file_name for row in rows if row.token_id not in noted}
        found = refusal(con, name, lists, is_noted=name in ahead)
    if found is not None:
        raise RefusedError(Problem(name[:64], None, None, *found))
    return _append(project, {"kind": WITHDRAW, "file": name})


def _of_pauses(rows: list[TokenRow]) -> list[TokenRow]:
    return [row for row in rows if row.kind in PAUSES]


def _target(project: Project, name: str, *, is_user: bool) -> tuple[str, str]:
    """Return the pool and the member that a name stands for, one of them empty."""
    pools = {pool.pool_id for policy in project.policies for pool in policy.pools if not pool.is_default_owner}
    users = {member.user for policy in project.policies for pool in policy.pools for member in pool.members}
    if is_user and name in users:
        return "", name
    if not is_user and name in pools and name in users:
        message = f"'{name[:64]}' is a pool and a user; say --user for the user, or --pool."
        raise RefusedError(Problem("-", None, None, "TARGET_BOTH", message))
    if not is_user and (name in pools or name in users):
        return (name, "") if name in pools else ("", name)
    what, known = ("user in any pool", users) if is_user else ("pool and no user in any pool", pools | users)
    message = f"'{name[:64]}' is no {what} of the policies.{nearest(name, known)}"
    raise RefusedError(Problem("-", None, None, "TARGET_UNKNOWN", message))


def _append(project: Project, row: Mapping[str, str]) -> Appended:
    known = {one.token_id for one in read_tokens(project)}  # refuses a file that is not in order
    stem = "-".join(filter(None, (row["kind"], row.get("pool_id") or row.get("member_id"))))
    number = next(number for number in range(1, len(known) + 2) if f"{stem}-{number}" not in known)
    whole = {"token_id": f"{stem}-{number}", **row}
    path = (project.folder / TOKENS_FILE).resolve()
    while not _replaced(path, whole):
        pass
    read_tokens(project)
    return Appended(
        whole["token_id"], row["kind"], row.get("pool_id", ""), row.get("member_id", ""), row.get("file", "")
    )


def _replaced(path: Path, row: Mapping[str, str]) -> bool:
    """Put the file with one row more in its place; False where somebody else has changed it meanwhile."""
    before = path.read_bytes() if path.exists() else None
    fresh = path.with_name(f".{path.name}.new")
    try:
        with fresh.open("wb") as file:
            file.write(with_row(before, row))
            file.flush()
            os.fsync(file.fileno())
        if before is not None:
            fresh.chmod(path.stat().st_mode & 0o777)
        if (path.read_bytes() if path.exists() else None) != before:
            return False
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return True


def with_row(before: bytes | None, row: Mapping[str, str]) -> bytes:
    """Return the file with one row at its end. A column that its header lacks is added to all rows."""
    text = before.decode("utf-8-sig") if before is not None else ""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    at = next((place for place, line in enumerate(lines) if line.strip() and not is_comment(line)), None)
    if at is None:
        header = [name for name in _COLUMNS if name != "file" or row.get(name)]
        lines.append(",".join(header) + end)
    else:
        header = [name.strip() for name in next(csv.reader([lines[at]]))]
        missing = [name for name in _COLUMNS if row.get(name) and name not in header]
        lines = [_widened(line, missing, place == at) if place >= at else line for place, line in enumerate(lines)]
        header += missing
    if lines and not lines[-1].endswith(("\n", "\r")):
        lines[-1] += end
    made = io.StringIO()
    csv.writer(made, lineterminator=end).writerow([row.get(name, "") for name in header])
    return (b"\xef\xbb\xbf" if before is not None and before.startswith(b"\xef\xbb\xbf") else b"") + (
        "".join(lines) + made.getvalue()
    ).encode()


def _widened(line: str, missing: list[str], is_header: bool) -> str:
    """Return a line with the columns that were missing, empty but in the header."""
    content = line.rstrip("\r\n")
    if not missing or not content.strip() or is_comment(line):
        return line
    return content + "".join(f",{name if is_header else ''}" for name in missing) + line[len(content) :]
