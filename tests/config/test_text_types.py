from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from rr_pipeline.config import text_types as types


def read(kind, value):
    return TypeAdapter(kind).validate_python(value)


def code(kind, value):
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    (error,) = caught.value.errors()
    return error["type"]


WEIGHT = types.Annotated[int, types.whole_number(0, 10_000)]


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("3", 3), ("10000", 10_000), (7, 7)])
def test_whole_numbers(text, value):
    assert read(WEIGHT, text) == value
    assert type(read(WEIGHT, text)) is int


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5", "NUMBER_FRACTION"),
        (1.5, "NUMBER_FRACTION"),
        ("1e-3", "NUMBER_FRACTION"),
        ("NaN", "NUMBER_INVALID"),
        (".nan", "NUMBER_INVALID"),
        ("inf", "NUMBER_INVALID"),
        ("-Infinity", "NUMBER_INVALID"),
        (float("nan"), "NUMBER_INVALID"),
        ("-1", "NUMBER_NEGATIVE"),
        ("-0.5", "NUMBER_NEGATIVE"),
        ("1e18", "NUMBER_TOO_BIG"),
        ("1000000000000000000", "NUMBER_TOO_BIG"),
        ("10001", "NUMBER_TOO_BIG"),
        ("9e9999", "NUMBER_TOO_BIG"),
        ("9" * 5000, "VALUE_TOO_LONG"),
        ("9" * 500, "NUMBER_INVALID"),
        ("3.0", "NUMBER_FORMAT"),
        ("1e3", "NUMBER_FORMAT"),
        ("007", "NUMBER_FORMAT"),
        ("+3", "NUMBER_FORMAT"),
        ("1_000", "NUMBER_INVALID"),
        ("1,000", "NUMBER_INVALID"),
        ("0x10", "NUMBER_INVALID"),
        ("٣", "NUMBER_INVALID"),
        (" 3", "NUMBER_INVALID"),
        ("", "NUMBER_INVALID"),
        ("three", "NUMBER_INVALID"),
        (True, "SHAPE_TEXT"),
        (["3"], "SHAPE_TEXT"),
    ],
)
def test_what_is_not_a_whole_number(text, expected):
    assert code(WEIGHT, text) == expected


@pytest.mark.parametrize(("text", "value"), [("true", True), ("False", False), ("TRUE", True), (True, True)])
def test_switches(text, value):
    assert read(types.Switch, text) is value


@pytest.mark.parametrize("text", ["yes", "no", "on", "1", "", "t"])
def test_what_is_not_a_switch(text):
    assert code(types.Switch, text) == "SWITCH_INVALID"


@pytest.mark.parametrize(
    ("text", "value"),
    [("4GB", 4 * 10**9), ("1MB", 10**6), ("1.5 MiB", 3 << 19), ("512kib", 512 << 10), ("1000", 1000), (77, 77)],
)
def test_sizes_are_bytes(text, value):
    assert read(types.Size, text) == value


@pytest.mark.parametrize("text", ["0", "-1MB", "4XB", "GB", "1e9", "", "9999999GB"])
def test_what_is_not_a_size(text):
    assert code(types.Size, text) == "SIZE_INVALID"


@pytest.mark.parametrize("text", ["emea", "EMEA-2", "a_b", "x" * 64])
def test_names(text):
    assert read(types.Name, text) == text


@pytest.mark.parametrize("text", ["", "2x", "a b", "a.b", "é", "x" * 65, "a;drop", "../x", "a\n", 5])
def test_what_is_not_a_name(text):
    assert code(types.Name, text) in ("NAME_INVALID", "VALUE_CONTROL_CHAR", "SHAPE_TEXT")


def test_a_source_names_a_table_so_it_is_small_letters():
    assert read(types.SourceName, "web_leads") == "web_leads"
    assert code(types.SourceName, "Web") == "NAME_INVALID"


@pytest.mark.parametrize("text", ["NO", "US", "GB"])
def test_regions(text):
    assert read(types.Region, text) == text


@pytest.mark.parametrize("text", ["no", "UK", "Norway", "XX", "false"])
def test_what_is_not_a_region(text):
    assert code(types.Region, text) == "REGION_UNKNOWN"


def test_sets_are_sorted_and_distinct():
    assert read(types.NameSet, ["b", "a", "b"]) == ("a", "b")
    assert read(types.DomainSet, ["gmail.com", "a.no"]) == ("a.no", "gmail.com")


def test_domains_memory_shares_and_numbers():
    assert code(types.DomainSet, ["Gmail.com"]) == "DOMAIN_INVALID"
    assert code(types.DomainSet, ["localhost"]) == "DOMAIN_INVALID"
    assert read(types.MemorySize, "1500MB") == "1500MB"
    assert code(types.MemorySize, "80%") == "SIZE_INVALID"
    assert read(types.Share, "0.5") == 0.5
    assert code(types.Share, "1.5") == "SHARE_INVALID"
    assert code(types.Share, "NaN") == "NUMBER_INVALID"
    assert (read(types.Number, "50"), type(read(types.Number, "50"))) == (50, int)
    assert read(types.Number, "-2.5") == -2.5


def test_messages_keep_braces_as_they_are():
    with pytest.raises(ValidationError) as caught:
        read(types.Name, "{x} {text}")
    assert "'{x} {text}'" in caught.value.errors()[0]["msg"]


def test_text_without_control_characters_or_outer_blanks():
    assert read(types.Text, "") == ""
    assert read(types.Plain, "Moses Frase") == "Moses Frase"
    assert code(types.Plain, " x") == "VALUE_BLANK"
    assert code(types.Plain, "") == "VALUE_BLANK"
    assert code(types.Plain, "a\x07b") == "VALUE_CONTROL_CHAR"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("90s", 90),
        ("15m", 900),
        ("4h", 14_400),
        ("30d", 2_592_000),
        ("1h30m", 5400),
        ("90m", 5400),
        ("1d1s", 86_401),
        (60, 60),
    ],
)
def test_lengths_of_time_are_seconds(text, value):
    assert read(types.Duration, text) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15", "DURATION_INVALID"),
        ("15 m", "DURATION_INVALID"),
        ("1.5h", "DURATION_INVALID"),
        ("m", "DURATION_INVALID"),
        ("", "DURATION_INVALID"),
        ("30m1h", "DURATION_INVALID"),
        ("1H", "DURATION_INVALID"),
        ("15min", "DURATION_INVALID"),
        ("PT15M", "DURATION_INVALID"),
        ("0s", "DURATION_ZERO"),
        ("0h0m", "DURATION_ZERO"),
        ("-15m", "NUMBER_NEGATIVE"),
        ("3651d", "DURATION_TOO_LONG"),
        (["15m"], "SHAPE_TEXT"),
        (True, "SHAPE_TEXT"),
    ],
)
def test_what_is_not_a_length_of_time(text, expected):
    assert code(types.Duration, text) == expected


def test_dates_are_a_set():
    assert [str(day) for day in read(types.DateSet, ["2026-05-18", "2026-05-17", "2026-05-18"])] == [
        "2026-05-17",
        "2026-05-18",
    ]
    assert code(types.DateSet, ["2026-05-18T09:00"]) == "TIME_INVALID"
    assert code(types.DateSet, ["2026-02-29"]) == "TIME_INVALID"
