"""What `check` accepts a run can use: random projects by their config, the seeds of which a failure names."""

from __future__ import annotations

import pytest

from tests.configs.dice import changes_of
from tests.configs.property import REFUSED, USED, check_seeds

FEW, MANY = range(7), range(1_000, 1_300)


def test_a_few_random_projects(tmp_path):
    counts = check_seeds(tmp_path, FEW)
    assert sum(counts.values()) == len(FEW)
    assert counts[USED] >= 2
    assert counts[REFUSED] >= 2


@pytest.mark.slow
def test_many_random_projects(tmp_path):
    counts = check_seeds(tmp_path, MANY)
    assert counts[USED] > len(MANY) // 6


def test_the_dice_reach_every_setting_of_every_model():
    """What is changed is found by walking the models, so a setting that is new is tried too."""
    reached = {(change.file, change.path[0]) for seed in range(3_000) for change in changes_of(seed) if change.path}
    from tests.configs.dice import FILES

    wanted = {(name, field.alias or key) for name, model in FILES.items() for key, field in model.model_fields.items()}
    assert wanted <= reached
