"""The settings of project.yaml, and the whole project as the rest of the program sees it.

Belongs here: frozen models. Does not belong here: reading files (loader.py) and rules across settings of a policy
(policy_checks.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr

from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.config.pools import UserId
from rr_pipeline.config.sources import Source
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import (
    DomainSet,
    MemorySize,
    Name,
    OneOf,
    Plain,
    ReadBy,
    Region,
    Share,
    Size,
    Switch,
    Zone,
    refuse,
    sorted_distinct,
    whole_number,
)
from rr_pipeline.core.vocabulary import words
from rr_pipeline.errors import Problem, RefusedError, nearest


def _inside(value: Any) -> str:
    text = value if isinstance(value, str) else ""
    parts = text.replace("\\", "/").split("/")
    if not text or text != text.strip() or any(ord(character) < 32 for character in text):
        raise refuse("PATH_INVALID", "must be a path inside the project folder, such as landing")
    if text.startswith(("/", "\\", "~")) or ".." in parts or ":" in text or "\\" in text:
        raise refuse("PATH_OUTSIDE", "leads out of the project folder; write a path inside it, with '/', without '..'")
    tidy = "/".join(part for part in parts if part not in ("", "."))
    if not tidy:
        raise refuse("PATH_INVALID", "is the project folder itself; name a folder or file inside it")
    return tidy


ProjectPath = Annotated[str, ReadBy(_inside)]


class Paths(StrictModel):
    """Where a project keeps its files, below its folder."""

    landing: ProjectPath = Field("landing", description="Folder where files are delivered.")
    warehouse: ProjectPath = Field("warehouse.duckdb", description="Database written by runs only.")
    published: ProjectPath = Field("published", description="Folder of the copies that analysts read.")
    backups: ProjectPath = Field("backups", description="Folder of the warehouse's backups.")


class Standardise(StrictModel):
    """How phones and e-mail addresses become comparable. Everything here is off until it is set."""

    phone_region: Region | None = Field(None, description="Country of phone numbers written without +, such as NO.")
    plus_tag_domains: DomainSet = Field((), description="Domains where name+tag@ is the same person as name@.")
    dot_domains: DomainSet = Field((), description="Domains where dots before the @ do not count.")


class Engine(StrictModel):
    """What a run may use of the machine. Unset: DuckDB's own choice."""

    memory_limit: MemorySize | None = Field(None, description="Most memory for the database engine, such as 1500MB.")
    threads: Annotated[int, whole_number(1, 1024)] | None = Field(
        None, description="Most threads; never changes what is decided."
    )


class Retention(StrictModel):
    """How long results of earlier runs stay."""

    published_copies: Annotated[int, whole_number(1, 1000)] = Field(
        2, description="Published copies kept, the current one included."
    )


class Backups(StrictModel):
    """When runs leave a backup of the warehouse, and how many stay."""

    after: Literal["never", "run", "day"] = Field(
        "never", description="After every run that changed something, or after the first one of a day."
    )
    keep: Annotated[int, whole_number(1, 1000)] = Field(3, description="Backups kept; older ones are removed.")


WordColumn = Literal["source_channel", "campaign", "product_interest", "tier"]
WORD_COLUMNS: tuple[WordColumn, ...] = get_args(WordColumn)
"""Published columns whose values are words of the sources."""

IdColumn = Literal["item_id", "account_id", "contact_id", "activity_id"]
"""Published columns of ids of the sources, users' apart."""


class Publishing(StrictModel):
    """What is published, and which delivered texts it shows."""

    parquet: Switch = Field(False, description="The fact tables as Parquet files too, by local day.")
    values: Mapping[WordColumn, tuple[Plain, ...]] = Field(
        {}, description="Values shown as delivered, case ignored, besides those that policies and mappings name."
    )
    users: Annotated[tuple[UserId, ...], AfterValidator(sorted_distinct)] = Field(
        (), description="Ids of users shown as delivered though they look like names or addresses; members are anyhow."
    )
    as_delivered: Annotated[tuple[WordColumn | IdColumn, ...], AfterValidator(sorted_distinct)] = Field(
        (), description="Columns that show every value but what looks like an address or a phone number."
    )


MESSAGE_KINDS = words("message_kinds")


class Outbox(StrictModel):
    """Which messages runs leave in ``ops.outbox``. None are written unless named here."""

    messages: Annotated[tuple[Annotated[str, OneOf(words("message_kinds"))], ...], AfterValidator(sorted_distinct)] = (
        Field((), description="Kinds of messages written from the next run on.")
    )


class FileLimits(StrictModel):
    """What a delivered file may be before it is refused; sizes are in bytes."""

    max_file_bytes: Size = Field(4 * 10**9, description="Largest file, unpacked.")
    max_field_bytes: Size = Field(10**6, description="Largest single field.")
    max_columns: Annotated[int, whole_number(1, 100_000)] = Field(2000, description="Most columns.")
    max_quarantine_rate: Share = Field(
        0.5, description="Largest share of refused rows of a source in a run, 0 to 1; more stop it."
    )


class ProjectSettings(StrictModel):
    """project.yaml."""

    name: Name = Field(description="Name of the project, in messages and reports.")
    time_zone: Zone = Field("UTC", description="The business time zone (IANA name); days begin and end here.")
    run_instant: Literal["now", "last_record"] = Field(
        "now", description="Instant of a run: now, or the newest instant in the data (for replays of exports)."
    )
    hash_key: SecretStr | None = Field(
        None, description="Key of the hashes that stand for values in reports. A variable only: ${RR_HASH_KEY}."
    )
    paths: Paths = Paths()
    standardise: Standardise = Standardise()
    engine: Engine = Engine()
    retention: Retention = Retention()
    publishing: Publishing = Publishing()
    backups: Backups = Backups()
    outbox: Outbox = Outbox()
    limits: FileLimits = FileLimits()


SECRETS = frozenset({("hash_key",)})
"""Paths of the settings of project.yaml that may only be given as ${NAME}."""


class Project(BaseModel):
    """A project folder, read and checked. Grain: one for a run; nothing in it changes after loading."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True, extra="forbid")

    folder: Path
    settings: ProjectSettings
    sources: tuple[Source, ...]
    policies: tuple[PolicyVersion, ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def landing(self) -> Path:
        """Absolute path of the folder where files are delivered."""
        return self.folder / self.settings.paths.landing

    @property
    def warehouse(self) -> Path:
        """Absolute path of the database."""
        return self.folder / self.settings.paths.warehouse

    @property
    def published(self) -> Path:
        """Absolute path of the folder of published copies."""
        return self.folder / self.settings.paths.published

    @property
    def backups(self) -> Path:
        """Absolute path of the folder of backups."""
        return self.folder / self.settings.paths.backups

    @property
    def hash_key(self) -> str:
        """Key for the hashes that stand for values; without a setting it is derived from the project's name."""
        if self.settings.hash_key is not None:
            return self.settings.hash_key.get_secret_value()
        return f"rr-pipeline:{self.settings.name}"

    @property
    def key_warnings(self) -> tuple[Problem, ...]:
        """A warning where the key is the one that anybody can work out; for whoever checks or runs the project."""
        if self.settings.hash_key is not None:
            return ()
        text = (
            "no key is set, so hashes of cell values are made with one that everybody knows: who can guess a value "
            "(an e-mail address, say) can find it in ops.quarantine. Set a variable to a secret of 16 characters "
            "or more, and write hash_key: ${ITS_NAME}"
        )
        return (Problem("project.yaml", None, "hash_key", "HASH_KEY_DEFAULT", text),)

    def decides_live(self, source: Source) -> bool:
        """Whether items of a source are decided once delivered, and not at the instant they were created."""
        if source.decide is None:
            return self.settings.run_instant == "now"
        return source.decide == "delivered"

    def source(self, name: str) -> Source:
        """Return a source by name; raises KeyError."""
        return next(source for source in self.sources if source.name == name)


def policy_in_force(project: Project, instant: datetime) -> PolicyVersion:
    """Return the policy version in force at an instant: effective_from is included, the next one's is not.

    Raises RefusedError (POLICY_GAP) for an instant before the first version, ValueError for one without a zone.
    """
    if instant.tzinfo is None:
        raise ValueError("a policy is in force at an instant; give it a time zone")
    for version in reversed(project.policies):
        if version.effective_from <= instant:
            return version
    first = project.policies[0]
    message = (
        f"nothing is in force at {instant.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}: the first version begins at "
        f"{first.effective_from:%Y-%m-%dT%H:%M:%SZ}; set its effective_from earlier or leave those records out"
    )
    line = first.line_of("effective_from")
    raise RefusedError(
        "No policy covers this instant.", [Problem(first.file, line, "effective_from", "POLICY_GAP", message)]
    )


def check_members(project: Project, known_users: Iterable[str]) -> tuple[Problem, ...]:
    """Return a problem (MEMBER_UNKNOWN) for each member of any policy version that the users feed does not name.

    ``known_users`` are user ids as standardised by staging. One problem for each member, pool and version.
    """
    known = frozenset(known_users)
    problems = []
    for version in project.policies:
        for pool in version.pools:
            for position, member in enumerate(pool.members):
                if member.user in known:
                    continue
                field = pool.member_field(position)
                hint = nearest(member.user, known)
                message = f"'{member.user}' is not in the users feed; correct the id or add the user.{hint}"
                problems.append(Problem(version.file, version.line_of(field), field, "MEMBER_UNKNOWN", message))
    return tuple(problems)
