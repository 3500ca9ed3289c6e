"""A project folder to a checked Project: every file read, every problem of every file in one refusal.

Belongs here: project.yaml and what holds between files. Does not belong here: what single values may say, and the
making of sources (source_loader.py) and policy versions (policy_loader.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from rr_pipeline.config.clock_changes import check_clocks
from rr_pipeline.config.feed_checks import check_feeds
from rr_pipeline.config.notes import Notes, by_place
from rr_pipeline.config.places import check_own_files, check_places
from rr_pipeline.config.policy_loader import load_policies
from rr_pipeline.config.project import SECRETS, Project, ProjectSettings
from rr_pipeline.config.source_loader import load_sources
from rr_pipeline.config.strict import validate
from rr_pipeline.config.yaml_reader import YamlDocument, substitute_secrets
from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import RefusedError

PROJECT_FILE = "project.yaml"
MIN_SECRET = 16


def load_project(folder: Path, env: Mapping[str, str] = os.environ) -> Project:
    """Read project.yaml, sources.yaml and policies/*.yaml of a folder, and check all of it.

    ``env`` gives the values of ``${NAME}`` in secret settings. Raises RefusedError with every problem found, sorted
    by file and line. Reads only; makes no folder.
    """
    notes = Notes(Path(os.path.abspath(folder)))
    if _is_project(notes):
        settings = _settings(notes, env)
        sources = load_sources(notes)
        policies = load_policies(notes, load_zone(settings.time_zone if settings else "UTC"))
        notes.warnings += check_feeds(sources, policies)
        notes.warnings += check_clocks(sources, policies, settings.time_zone if settings else "UTC")
    if notes.problems or settings is None:
        problems = sorted(set(notes.problems), key=by_place)
        count = len(problems)
        raise RefusedError(f"The project has {count} problem{'s' if count > 1 else ''}; nothing was run.", problems)
    warnings = tuple(sorted(set(notes.warnings), key=by_place))
    return Project(folder=notes.folder, settings=settings, sources=sources, policies=policies, warnings=warnings)


def _is_project(notes: Notes) -> bool:
    if not notes.folder.is_dir():
        message = "there is no such folder; choose one with --project or RR_PROJECT, or make one: rr-pipeline init DIR"
        notes.add_file(str(notes.folder), "PROJECT_MISSING", message)
    elif not (notes.folder / PROJECT_FILE).exists():
        message = "is missing, so this is not a project folder; choose another, or make one: rr-pipeline init DIR"
        notes.add_file(PROJECT_FILE, "PROJECT_MISSING", message)
    else:
        return True
    return False


def _settings(notes: Notes, env: Mapping[str, str]) -> ProjectSettings | None:
    document = notes.read(PROJECT_FILE)
    if document is None:
        return None
    secrets, problems = substitute_secrets(document, SECRETS, env)
    notes.problems += problems
    data = document.data
    if isinstance(data, dict):
        # A secret that could not be resolved has been noted; it must not be noted again as a wrong value.
        given = {str(path[0]) for path in SECRETS if isinstance(data.get(str(path[0])), str)}
        data = {key: value for key, value in data.items() if key not in given}
        data |= {str(path[0]): secret for path, secret in secrets.items()}
    settings, problems = validate(ProjectSettings, YamlDocument(document.file, data, document.lines))
    notes.problems += problems
    if settings is not None:
        for name, code, message in check_places(notes.folder, settings):
            notes.add(document, ("paths", name), code, message)
        if not notes.problems:
            for file, code, message in check_own_files(notes.folder, settings):
                notes.add_file(file, code, message)
        if settings.hash_key is not None and len(settings.hash_key.get_secret_value()) < MIN_SECRET:
            message = f"is shorter than {MIN_SECRET} characters and could be guessed; set a longer one"
            notes.add(document, ("hash_key",), "SECRET_SHORT", message, is_warning=True)
    return settings
