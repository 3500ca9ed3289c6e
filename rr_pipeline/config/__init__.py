"""Configuration: strict YAML to frozen models, with every problem said at its file, line and setting."""

from rr_pipeline.config.canonical import CANONICAL, REQUIRED
from rr_pipeline.config.loader import load_project
from rr_pipeline.config.matching import Matcher
from rr_pipeline.config.policy import (
    Identity,
    Ownership,
    PolicyVersion,
    Preference,
    QualificationRule,
    SkillRule,
    Territory,
)
from rr_pipeline.config.pools import Limits, Member, PoolPolicy, UserSettings, Vacation
from rr_pipeline.config.project import Project, ProjectSettings, check_members, policy_in_force
from rr_pipeline.config.service_levels import SlaTarget
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
    "Preference",
    "Project",
    "ProjectSettings",
    "QualificationRule",
    "ReadOptions",
    "RowFilter",
    "SkillRule",
    "SlaTarget",
    "Source",
    "Territory",
    "UserSettings",
    "Vacation",
    "check_members",
    "load_project",
    "policy_in_force",
]
