"""When users are active, and where: versions, their own periods, and the instant from which a version may count."""

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US
from rr_pipeline.routing.user_versions import People, UserVersion, active_intervals, zone_changes


def version(effective_us, is_active=True, start=FAR_PAST_US, end=FAR_FUTURE_US, user="u", zone=None):
    return UserVersion(user, effective_us, is_active, start, end, zone, None)


def test_one_active_version_is_active_for_ever():
    assert active_intervals([version(FAR_PAST_US)]) == [("u", FAR_PAST_US, FAR_FUTURE_US)]


def test_a_later_version_ends_the_one_before():
    versions = [version(FAR_PAST_US), version(100, is_active=False), version(200)]
    assert active_intervals(versions) == [("u", FAR_PAST_US, 100), ("u", 200, FAR_FUTURE_US)]


def test_versions_that_say_the_same_are_one_interval():
    assert active_intervals([version(FAR_PAST_US), version(50)]) == [("u", FAR_PAST_US, FAR_FUTURE_US)]


def test_a_period_is_clipped_to_what_was_known():
    assert active_intervals([version(100, start=10, end=150)]) == [("u", 100, 150)]


def test_a_period_that_ended_before_it_was_known_is_nothing():
    assert active_intervals([version(100, start=10, end=50)]) == []


def test_users_do_not_mix():
    versions = [version(FAR_PAST_US, user="a", end=100), version(FAR_PAST_US, user="b", start=100)]
    assert active_intervals(versions) == [("a", FAR_PAST_US, 100), ("b", 100, FAR_FUTURE_US)]


def test_zones_count_from_the_version_that_told_of_them():
    versions = [
        version(FAR_PAST_US, zone="Europe/Oslo"), version(50, zone="Europe/Oslo"), version(90, zone="Asia/Tokyo"),
        version(95), version(40, user="v", zone="UTC"), version(10, user="w"),
    ]  # fmt: skip
    changes = zone_changes(versions)
    assert changes == {
        "u": ((FAR_PAST_US, "Europe/Oslo"), (90, "Asia/Tokyo"), (95, None)),
        "v": ((FAR_PAST_US, None), (40, "UTC")),
    }
    people = People(time_zones=changes)
    zones = [people.zone_at("u", at) for at in (FAR_PAST_US, 89, 90, 94, 95, FAR_FUTURE_US)]
    assert zones == ["Europe/Oslo", "Europe/Oslo", "Asia/Tokyo", "Asia/Tokyo", None, None]
    assert [people.zone_at("v", at) for at in (39, 40)] == [None, "UTC"]
    assert people.zone_at("w", 20) is None
