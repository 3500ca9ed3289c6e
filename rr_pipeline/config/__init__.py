"""Configuration: strict YAML to frozen models, with every problem said at its file, line and setting."""

from rr_pipeline.config.canonical import CANONICAL, REQUIRED
from rr_pipeline.config.loader import load_project
from rr_pipeline.config.matching import Matcher
from rr_pipeline.config.policy import (
    Identity,
    Limits,
    Member,
    Ownership,
    PolicyVersion,
    PoolPolicy,
    QualificationRule,
    SkillRule,
    Territory,
    Vacation,
)
from rr_pipeline.config.project import Project, ProjectSettings, check_members, policy_in_force
from rr_pipeline.config.sources import ColumnRule, ReadOptions, RowFilter, Source

__all__ = [
    "CANONICAL",
    "REQUIRED",
    "ColumnRule",
    "Identity",
    "Limits",
    "Matcher",
    "Member",
    "Ownership",
    "PolicyVersion",
    "PoolPolicy",
    "Project",
    "ProjectSettings",
    "QualificationRule",
    "ReadOptions",
    "RowFilter",
    "SkillRule",
    "Source",
    "Territory",
    "Vacation",
    "check_members",
    "load_project",
    "policy_in_force",
]
