"""A project folder to a checked Project: every file read, every problem of every file in one refusal.

Belongs here: which files there are, their order, and what only holds between files. Does not belong here: what a
single value or a single file may say.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from rr_pipeline.config.canonical import CANONICAL, REQUIRED, ObjectType
from rr_pipeline.config.policy import PolicyFile, PolicyVersion, PoolPolicy, PoolSettings, hash_content
from rr_pipeline.config.policy_checks import check_policy, merge_vacations
from rr_pipeline.config.presets import PRESETS, Preset
from rr_pipeline.config.project import SECRETS, Project, ProjectSettings
from rr_pipeline.config.sources import ColumnRule, RowFilter, Source, SourceSettings, SourcesFile
from rr_pipeline.config.strict import Model, validate
from rr_pipeline.config.yaml_reader import Path as KeyPath
from rr_pipeline.config.yaml_reader import YamlDocument, dotted, read_yaml, substitute_secrets
from rr_pipeline.config.zones import MomentError, load_zone, to_instant
from rr_pipeline.errors import Problem, RefusedError, nearest

PROJECT_FILE, SOURCES_FILE, POLICY_FOLDER = "project.yaml", "sources.yaml", "policies"


def load_project(folder: Path, env: Mapping[str, str] = os.environ) -> Project:
    """Read project.yaml, sources.yaml and policies/*.yaml of a folder, and check all of it.

    ``env`` gives the values of ``${NAME}`` in secret settings. Raises RefusedError with every problem found, sorted
    by file and line. Reads only; makes no folder.
    """
    reading = _Reading(Path(os.path.abspath(folder)), dict(env))
    settings = reading.project()
    sources = reading.sources()
    policies = reading.policies(load_zone(settings.time_zone) if settings else None)
    if reading.problems or settings is None:
        problems = sorted(reading.problems, key=_by_place)
        count = len(problems)
        raise RefusedError(f"The project has {count} problem{'s' if count > 1 else ''}; nothing was run.", problems)
    return Project(
        folder=reading.folder,
        settings=settings,
        sources=sources,
        policies=policies,
        warnings=tuple(sorted(reading.warnings, key=_by_place)),
    )


def _by_place(problem: Problem) -> tuple[str, int, str, str]:
    return (problem.file, problem.row or 0, problem.field or "", problem.code)


@dataclass
class _Reading:
    """What has been found so far while a project is read."""

    folder: Path
    env: dict[str, str]
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def _note(self, document: YamlDocument, path: KeyPath, code: str, message: str, is_warning: bool = False) -> None:
        problem = Problem(document.file, document.line_of(path), dotted(path) or None, code, message)
        (self.warnings if is_warning else self.problems).append(problem)

    def _read(self, file: str) -> YamlDocument | None:
        document, problems = read_yaml(self.folder / file, file)
        self.problems += problems
        return document

    def _validate(self, model: type[Model], document: YamlDocument) -> Model | None:
        value, problems = validate(model, document)
        self.problems += problems
        return value

    def project(self) -> ProjectSettings | None:
        if not self.folder.is_dir():
            message = "there is no such folder; give the project with --project or RR_PROJECT, or make one with init"
            self.problems.append(Problem(str(self.folder), None, None, "PROJECT_MISSING", message))
            return None
        if not (self.folder / PROJECT_FILE).exists():
            message = "is missing, so this is not a project folder; choose another, or make one: rr-pipeline init DIR"
            self.problems.append(Problem(PROJECT_FILE, None, None, "PROJECT_MISSING", message))
            return None
        document = self._read(PROJECT_FILE)
        if document is None:
            return None
        secrets, problems = substitute_secrets(document, SECRETS, self.env)
        self.problems += problems
        data = document.data
        if isinstance(data, dict):
            # A secret that could not be resolved has been reported; it must not be reported as missing as well.
            refused = {path[0] for path in SECRETS if path not in secrets and isinstance(data.get(str(path[0])), str)}
            data = {key: value for key, value in data.items() if key not in refused}
            data |= {str(path[0]): secret for path, secret in secrets.items()}
        settings = self._validate(ProjectSettings, YamlDocument(document.file, data, document.lines))
        if settings is not None:
            self._check_paths(document, settings)
            self._check_secret(document, settings)
        return settings

    def _check_paths(self, document: YamlDocument, settings: ProjectSettings) -> None:
        taken = {PROJECT_FILE: "the settings", SOURCES_FILE: "the sources", POLICY_FOLDER: "the policies"}
        root = self.folder.resolve()
        for name in ("landing", "warehouse", "published"):
            text: str = getattr(settings.paths, name)
            path: KeyPath = ("paths", name)
            if not (self.folder / text).resolve().is_relative_to(root):
                self._note(document, path, "PATH_OUTSIDE", "is a link that leads out of the project folder; remove it")
            for other, owner in taken.items():
                if text == other or text.startswith(f"{other}/") or other.startswith(f"{text}/") or not text:
                    message = f"is the place of {owner} or lies inside it; give each its own place"
                    self._note(document, path, "PATH_CLASH", message)
                    break
            taken[text] = f"paths.{name}"

    def _check_secret(self, document: YamlDocument, settings: ProjectSettings) -> None:
        if settings.hash_key is not None and len(settings.hash_key.get_secret_value()) < 16:
            message = "is shorter than 16 characters and could be guessed; set a longer one"
            self._note(document, ("hash_key",), "SECRET_SHORT", message, is_warning=True)

    def sources(self) -> tuple[Source, ...]:
        if not (self.folder / SOURCES_FILE).exists():
            return ()
        document = self._read(SOURCES_FILE)
        if document is None:
            return ()
        self.problems += substitute_secrets(document, frozenset(), self.env)[1]
        written = self._validate(SourcesFile, document)
        if written is None:
            return ()
        built = [self._source(document, name, settings) for name, settings in sorted(written.sources.items())]
        return tuple(source for source in built if source is not None)

    def _source(self, document: YamlDocument, name: str, settings: SourceSettings) -> Source | None:
        path: KeyPath = ("sources", name)
        before = len(self.problems)
        preset = self._preset(document, path, settings)
        table = settings.table or (preset.table if preset else None)
        if table is None:
            if settings.preset is None:
                message = f"is missing; add 'table:' with one of: {', '.join(CANONICAL)}"
                self._note(document, (*path, "table"), "KEY_MISSING", message)
            return None
        object_type = settings.object_type or (preset.object_type if preset and table == "items" else None)
        if table == "items" and object_type is None:
            message = f"is missing; add 'object_type:' with one of: {', '.join(get_args(ObjectType))}"
            self._note(document, (*path, "object_type"), "KEY_MISSING", message)
        if table != "items" and object_type is not None:
            message = f"belongs to table: items only; remove it, or map the column in {table}"
            self._note(document, (*path, "object_type"), "KEY_UNKNOWN", message)
        mapping = self._mapping(document, path, table, settings, preset)
        if len(self.problems) > before:
            return None
        own_filters = (RowFilter(columns=(column,), values=kept) for column, kept in settings.only_rows.items())
        return Source(
            name=name,
            table=table,
            object_type=object_type,
            location=settings.location,
            format=settings.format,
            delivered_at=settings.delivered_at,
            optional=settings.optional,
            options=settings.options,
            mapping=mapping,
            only_rows=(*(preset.only_rows if preset else ()), *own_filters),
        )

    def _preset(self, document: YamlDocument, path: KeyPath, settings: SourceSettings) -> Preset | None:
        if settings.preset is None:
            return None
        choices = PRESETS.get(settings.preset)
        if choices is None:
            hint = nearest(settings.preset, PRESETS) or f" There are: {', '.join(sorted(PRESETS))}."
            self._note(document, (*path, "preset"), "PRESET_UNKNOWN", f"is not a preset that exists.{hint}")
            return None
        if settings.table is None:
            return next(iter(choices.values()))
        if settings.table not in choices:
            message = f"does not feed table {settings.table}; it feeds {' or '.join(choices)}"
            self._note(document, (*path, "preset"), "PRESET_TABLE", message)
        return choices.get(settings.table)

    def _mapping(
        self, document: YamlDocument, path: KeyPath, table: str, settings: SourceSettings, preset: Preset | None
    ) -> dict[str, ColumnRule]:
        known = CANONICAL[table]
        for column in settings.mapping:
            if column not in known:
                hint = nearest(column, known) or f" It has: {', '.join(known)}."
                self._note(document, (*path, "mapping", column), "COLUMN_UNKNOWN", f"is not a column of {table}.{hint}")
        rules = {**(preset.mapping if preset else {}), **settings.mapping}
        if settings.preset is None or preset is not None:
            for column in REQUIRED[table]:
                if column not in rules:
                    message = f"is needed to read {table}; say which column of the file it is"
                    self._note(document, (*path, "mapping", column), "COLUMN_UNMAPPED", message)
        return {column: rules[column] for column in known if column in rules}

    def policies(self, zone: ZoneInfo | None) -> tuple[PolicyVersion, ...]:
        folder = self.folder / POLICY_FOLDER
        names = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        for name in names:
            if name.lower().endswith((".yml", ".yaml")) and not name.endswith(".yaml"):
                message = "would be overlooked: policy files end in .yaml; rename it"
                self.problems.append(Problem(f"{POLICY_FOLDER}/{name}", None, None, "FILE_NAME", message))
        found = [name for name in names if name.endswith(".yaml") and not name.startswith(".")]
        if not found and self.folder.is_dir():
            message = "holds no policy; write one, such as policies/2026-01.yaml"
            self.problems.append(Problem(f"{POLICY_FOLDER}/", None, None, "POLICY_MISSING", message))
        built = [self._policy(f"{POLICY_FOLDER}/{name}", zone) for name in found]
        versions = [entry for entry in built if entry is not None]
        versions.sort(key=lambda entry: (entry[0].effective_from, entry[0].version, entry[0].file))
        self._check_versions(versions)
        return tuple(version for version, _ in versions)

    def _policy(self, file: str, zone: ZoneInfo | None) -> tuple[PolicyVersion, datetime | None] | None:
        document = self._read(file)
        if document is None:
            return None
        self.problems += substitute_secrets(document, frozenset(), self.env)[1]
        written = self._validate(PolicyFile, document)
        if written is None:
            return None
        for finding in check_policy(written):
            self._note(document, finding.path, finding.code, finding.message, finding.is_warning)
        instants: dict[str, datetime | None] = {}
        for name in ("effective_from", "effective_until"):
            moment = getattr(written, name)
            try:
                # Where project.yaml could not be read the zone is unknown; UTC is near enough to find other problems.
                instants[name] = to_instant(moment, zone or ZoneInfo("UTC")) if moment is not None else None
            except MomentError as error:
                self._note(document, (name,), error.code, str(error))
        begins = instants.get("effective_from")
        if begins is None:
            return None
        return build_version(written, begins, document), instants.get("effective_until")

    def _check_versions(self, versions: list[tuple[PolicyVersion, datetime | None]]) -> None:
        by_id: dict[str, PolicyVersion] = {}
        for version, _ in versions:
            other = by_id.setdefault(version.version.lower(), version)
            if other is not version:
                same = "the same" if other.content_hash == version.content_hash else "other"
                message = f"is the id of {other.file} too, with {same} content; give each version its own id"
                self._refuse(version, "version", "VERSION_REPEATED", message)
        for (earlier, ends), (later, _) in pairwise(versions):
            if earlier.effective_from == later.effective_from:
                message = f"is that of {earlier.file} too; two versions cannot begin at one instant"
                self._refuse(later, "effective_from", "POLICY_OVERLAP", message)
            elif ends is not None and ends != later.effective_from:
                is_gap = ends < later.effective_from
                code, what = ("POLICY_GAP", "a gap before") if is_gap else ("POLICY_OVERLAP", "an overlap with")
                message = (
                    f"leaves {what} {later.file}, which begins at "
                    f"{later.effective_from.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}; remove effective_until"
                )
                self._refuse(earlier, "effective_until", code, message)
        if versions and versions[-1][1] is not None:
            message = "leaves no policy in force after it; remove it, or add the version that follows"
            self._refuse(versions[-1][0], "effective_until", "POLICY_GAP", message)

    def _refuse(self, version: PolicyVersion, name: str, code: str, message: str) -> None:
        self.problems.append(Problem(version.file, version.line_of(name), name, code, message))


def build_version(written: PolicyFile, effective_from: datetime, document: YamlDocument) -> PolicyVersion:
    """Return the version a policy file stands for: vacations merged, territories and pools in their order."""
    pools = [_pool(pool_id, pool) for pool_id, pool in sorted(written.pools.items())]
    content: dict[str, Any] = {name: getattr(written, name) for name in PolicyFile.model_fields if name in _SHARED}
    content["territories"] = tuple(sorted(written.territories, key=lambda rule: rule.priority))
    version = PolicyVersion(
        **content,
        effective_from=effective_from,
        pools=tuple(pools),
        file=document.file,
        lines={dotted(path): line for path, line in document.lines.items()},
    )
    return version.model_copy(update={"content_hash": hash_content(version)})


_SHARED = frozenset(PolicyFile.model_fields) & frozenset(PolicyVersion.model_fields) - {"effective_from", "pools"}


def _pool(pool_id: str, pool: PoolSettings) -> PoolPolicy:
    content = {name: getattr(pool, name) for name in PoolSettings.model_fields}
    content["members"] = tuple(
        member.model_copy(update={"vacations": merge_vacations(member.vacations)}) for member in pool.members
    )
    return PoolPolicy(pool_id=pool_id, **content)
