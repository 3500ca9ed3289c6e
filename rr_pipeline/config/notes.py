"""What is found while a project is read: problems that stop it, warnings that do not.

Belongs here: collecting, and reading one file into a model. Does not belong here: any rule.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rr_pipeline.config.strict import Model, validate, validate_partly
from rr_pipeline.config.yaml_reader import Path as KeyPath
from rr_pipeline.config.yaml_reader import YamlDocument, dotted, read_yaml, substitute_secrets
from rr_pipeline.errors import Problem


@dataclass
class Notes:
    """Problems and warnings so far, of all files of one project folder."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, document: YamlDocument, path: KeyPath, code: str, message: str, is_warning: bool = False) -> None:
        """Note something at a place of a document."""
        path = document.as_written(path)
        problem = Problem(document.file, document.line_of(path), dotted(path) or None, code, message)
        (self.warnings if is_warning else self.problems).append(problem)

    def add_file(self, file: str, code: str, message: str) -> None:
        """Note something about a file as a whole."""
        self.problems.append(Problem(file, None, None, code, message))

    def read(self, file: str) -> YamlDocument | None:
        """Read one file of the project; None when it could not be understood at all."""
        document, problems = read_yaml(self.folder / file, file)
        self.problems += problems
        return document

    def read_model(
        self, file: str, model: type[Model], cut: Callable[[KeyPath], KeyPath | None]
    ) -> tuple[YamlDocument, Model] | None:
        """Read a file without secrets into a model.

        Where settings are wrong the model lacks them, so that the checks across settings can still run; ``cut`` says
        what to leave out for a wrong setting, None when nothing sensible would remain. The problems are noted.
        """
        document = self.read(file)
        if document is None:
            return None
        self.problems += substitute_secrets(document, frozenset(), {})[1]
        value, problems = validate(model, document)
        self.problems += problems
        if value is None:
            value = validate_partly(model, document, cut)
        return None if value is None else (document, value)


def by_place(problem: Problem) -> tuple[str, int, str, str]:
    """Return the key that sorts problems as a reader meets them: file, line, setting."""
    return (problem.file, problem.row or 0, problem.field or "", problem.code)
