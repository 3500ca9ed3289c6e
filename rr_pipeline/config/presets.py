"""Ready mappings for the exports of known systems, by the name used in sources.yaml.

Belongs here: the list of presets and their form. Does not belong here: the columns of one system
(presets_salesforce.py, presets_hubspot.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rr_pipeline.config.preset_form import Preset
from rr_pipeline.config.presets_hubspot import HUBSPOT
from rr_pipeline.config.presets_salesforce import SALESFORCE

__all__ = ["PRESETS", "Preset"]

PRESETS: Mapping[str, Mapping[str, Preset]] = MappingProxyType(
    {
        f"{system}.{name}": MappingProxyType({preset.table: preset for preset in presets})
        for system, objects in (("salesforce", SALESFORCE), ("hubspot", HUBSPOT))
        for name, presets in objects.items()
    }
)
"""Preset name -> input table -> preset; the first table is the one meant when a source names none."""
