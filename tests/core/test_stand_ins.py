"""Who stands in for owners who are away: the lengths of absences as known, and chains of deputies."""

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US
from rr_pipeline.core.stand_ins import Away, Presence, deputies_between, long_stretches, stand_ins

HOUR = 3_600_000_000
MON = 8 * HOUR
TWO_DAYS = 48 * HOUR
ALWAYS = [(FAR_PAST_US, FAR_FUTURE_US)]


def presence(ann, bob=(), cid=()):
    """Ann's deputy is bob, bob's is cid, cid's is ann."""
    return Presence(
        {"ann": ann, "bob": bob, "cid": cid},
        dict.fromkeys(("ann", "bob", "cid"), ALWAYS),
        {"ann": [(FAR_PAST_US, "bob")], "bob": [(FAR_PAST_US, "cid")], "cid": [(FAR_PAST_US, "ann")]},
    )


def of_ann(ann, bob=(), cid=()):
    return [row[1:] for row in stand_ins(presence(ann, bob, cid), TWO_DAYS, True) if row[0] == "ann"]


def test_only_what_is_longer_counts():
    assert of_ann([Away(MON, MON + 48 * HOUR)]) == []
    assert of_ann([Away(MON, MON + 49 * HOUR)]) == [(MON, MON + 49 * HOUR, "bob")]


def test_absences_that_touch_are_one():
    assert long_stretches([Away(MON, MON + 24 * HOUR), Away(MON + 24 * HOUR, MON + 49 * HOUR)], TWO_DAYS) == [
        (MON, MON + 49 * HOUR)
    ]


def test_open_end_counts_from_its_length_on():
    assert of_ann([Away(MON, FAR_FUTURE_US)]) == [(MON + 48 * HOUR, FAR_FUTURE_US, "bob")]


def test_absence_that_becomes_longer_counts_from_when_that_is_known():
    told = MON + 23 * HOUR
    absences = [Away(MON, MON + 24 * HOUR, (FAR_PAST_US, told)), Away(MON, MON + 72 * HOUR, (told, FAR_FUTURE_US))]
    assert of_ann(absences) == [(told, MON + 72 * HOUR, "bob")]


def test_absence_that_is_called_off_counts_until_then():
    assert of_ann([Away(MON, MON + 49 * HOUR, (FAR_PAST_US, MON + 2 * HOUR))]) == [(MON, MON + 2 * HOUR, "bob")]


def test_deputy_who_is_away_passes_on_however_short():
    assert of_ann([Away(MON, MON + 49 * HOUR)], [Away(MON + HOUR, MON + 2 * HOUR)]) == [
        (MON, MON + HOUR, "bob"), (MON + HOUR, MON + 2 * HOUR, "cid"), (MON + 2 * HOUR, MON + 49 * HOUR, "bob"),
    ]  # fmt: skip


def test_each_is_asked_once():
    away = Away(MON, MON + 49 * HOUR)
    assert of_ann([away], [away], [away]) == [(MON, MON + 49 * HOUR, None)]


def test_deputy_of_the_absence_goes_first():
    assert of_ann([Away(MON, MON + 49 * HOUR, deputy="cid")]) == [(MON, MON + 49 * HOUR, "cid")]


def test_without_deputies_nobody_stands_in():
    assert stand_ins(presence([Away(MON, MON + 49 * HOUR)]), TWO_DAYS, False) == [("ann", MON, MON + 49 * HOUR, None)]


def test_deputies_who_are_there_by_stretches_whoever_is_away():
    """ann has bob, or cid while bob is away; bob has cid until he has none; cid has ann by an absence alone."""
    away = {"bob": [Away(MON, MON + HOUR)], "cid": [Away(MON + 2 * HOUR, MON + 3 * HOUR, deputy="ann")]}
    active = {name: [(FAR_PAST_US, FAR_FUTURE_US)] for name in ("ann", "bob", "cid")}
    deputies = {"ann": [(FAR_PAST_US, "bob")], "bob": [(FAR_PAST_US, "cid"), (MON + 2 * HOUR, None)]}
    found = deputies_between(Presence(away, active, deputies), MON - HOUR, MON + 4 * HOUR)
    assert found == [
        ("ann", MON - HOUR, MON, "bob"), ("ann", MON, MON + HOUR, "cid"), ("ann", MON + HOUR, MON + 4 * HOUR, "bob"),
        ("bob", MON - HOUR, MON + 2 * HOUR, "cid"), ("cid", MON + 2 * HOUR, MON + 3 * HOUR, "ann"),
    ]  # fmt: skip
