"""Phone numbers: edge cases, the short cut against the library itself, and the memory of answers."""

from __future__ import annotations

import random

import duckdb
import phonenumbers
import polars as pl
import pytest

from rr_pipeline.staging.phones import make_phone_texts, standardise

from .conftest import stage_rows

FORMS = E164, INTERNATIONAL, NATIONAL = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)
KINDS = (
    phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.TOLL_FREE
)  # fmt: skip

# country, phone, e164, phone_code; the project's region is NO
CASES = [
    (None, "22 33 44 55", "+4722334455", None),
    (None, "+47 22 33 44 55", "+4722334455", None),
    (None, "0047 22334455", "+4722334455", None),
    (None, "tel:+47-22-33-44-55", "+4722334455", None),
    (None, "(+47) 22 33 44 55", "+4722334455", None),
    (None, "22334455 ext. 12", "+4722334455", None),
    ("US", "(504) 621-8927", "+15046218927", None),
    ("US", "1-504-621-8927", "+15046218927", None),
    ("United States", "504.621.8927", "+15046218927", None),
    ("US", "+47 22 33 44 55", "+4722334455", None),
    ("UK", "01835-703597", "+441835703597", None),
    ("GB", "+44 (0)1835 703597", "+441835703597", None),
    ("IT", "06 69812345", "+390669812345", None),
    ("Atlantis", "22 33 44 55", "+4722334455", None),
    ("US", "22 33 44 55", None, "PHONE_INVALID"),
    (None, "12345", None, "PHONE_INVALID"),
    (None, "00000000", None, "PHONE_INVALID"),
    (None, "call me", None, "PHONE_INVALID"),
    (None, "9" * 300, None, "PHONE_INVALID"),
    ("AQ", "+47 22 33 44 55", "+4722334455", None),
    (None, "N/A", None, None),
]


def test_edge_cases() -> None:
    rows = [{"country": country, "phone": phone} for country, phone, _, _ in CASES]
    found = stage_rows(rows, standardise={"phone_region": "NO"})
    assert [(*case[:2], row["phone"], row["phone_code"]) for case, row in zip(CASES, found, strict=True)] == CASES


def test_without_a_region_only_international_numbers_are_read() -> None:
    rows = [{"phone": "22 33 44 55"}, {"phone": "+47 22 33 44 55"}, {"phone": "22 33 44 55", "country": "NO"}]
    found = [(row["phone"], row["phone_code"]) for row in stage_rows(rows)]
    assert found == [(None, "PHONE_REGION_UNKNOWN"), ("+4722334455", None), ("+4722334455", None)]


def read_all(con: duckdb.DuckDBPyConnection, numbers: set[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    con.register("numbers", pl.DataFrame(sorted(numbers), schema=["phone_text", "region"], orient="row"))
    con.execute("create or replace temp table phone_inputs as from numbers")
    con.unregister("numbers")
    make_phone_texts(con)
    rows = con.execute("select phone_text, region, e164 from phone_texts").fetchall()
    assert len(rows) == len(numbers)
    return {(text, region): e164 for text, region, e164 in rows}


def written(random_: random.Random, region: str) -> str:
    """A number of a region in one of the ways it is written, often not a valid one."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    digits = "".join(random_.choice("0123456789") for _ in range(random_.randint(4, 12)))
    example = phonenumbers.example_number_for_type(region, random_.choice([0, 1, 2, 3]))
    if example is not None and random_.random() < 0.7:
        digits = phonenumbers.national_significant_number(example)
        kept = len(digits) - random_.randint(1, 4)
        digits = digits[:kept] + "".join(random_.choice("0123456789") for _ in digits[kept:])
    code, prefix = str(metadata.country_code), metadata.national_prefix or ""
    start = f"{prefix}{digits[:2]}"
    forms = (
        *(f"+{code} {digits}", f"+{code}{digits}", f"+{code} ({prefix}){digits}", f"{code}{digits}"),
        *(
            f"00{code}{digits}",
            digits,
            f"{digits[:3]}-{digits[3:]}",
            f"{start} {digits[2:]}",
            f"({start}) {digits[2:]}",
        ),
        f"{random_.choice(['1', '8', '0', '011', '810'])}{digits}",
    )
    return random_.choice(forms)


def test_the_short_cut_equals_the_library(con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every region of the library, alone and next to a foreign default region."""
    monkeypatch.setattr("rr_pipeline.staging.phones.FAST_GROUP_ROWS", 1)
    random_ = random.Random(20260105)
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    tricky = ("NO", "SJ", "US", "CA", "BB", "GB", "JE", "IT", "VA", "RU", "KZ", "AR", "MX", "BR", "AU", "DE")
    chosen = (*random_.sample(regions, 80), *tricky)
    numbers = {
        (written(random_, region), random_.choice([region, region, region, "NO", "US", ""]))
        for region in chosen
        for _ in range(200)
    }
    found = read_all(con, numbers)
    fast = {(text, region) for text, region in con.execute("select phone_text, region from phone_fast").fetchall()}
    assert len(fast) > len(numbers) / 2
    assert found.keys() == numbers
    assert {key: e164 for key, e164 in found.items() if e164 != standardise(*key)} == {}


def test_every_area_code_of_a_shared_country_code(con: duckdb.DuckDBPyConnection) -> None:
    """North America is one country code and many regions: each area code once, as the United States would dial it."""
    numbers = {(f"{area}{exchange}0123", "US") for area in range(200, 1000) for exchange in (222, 345, 911)}
    found = read_all(con, numbers)
    assert con.execute("select count(*) from phone_fast").fetchall() == [(len(numbers),)]
    assert {key: e164 for key, e164 in found.items() if e164 != standardise(*key)} == {}


def test_library_answers_are_kept_until_its_version_changes(con: duckdb.DuckDBPyConnection) -> None:
    key = ("tel: 22 33 44 55", "NO")
    assert read_all(con, {key})[key] == "+4722334455"
    con.execute("update staging.phone_numbers set e164 = '+4700000000'")
    assert read_all(con, {key})[key] == "+4700000000"
    con.execute("update staging.phone_numbers set library_version = '0'")
    assert read_all(con, {key})[key] == "+4722334455"
    assert con.execute("select count(*) from staging.phone_numbers").fetchall() == [(1,)]


def test_examples_of_the_library(con: duckdb.DuckDBPyConnection) -> None:
    """One number of each kind and region, which the library has for such tests, in the forms people write."""
    examples = [
        (region, {form: phonenumbers.format_number(one, form) for form in FORMS})
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in KINDS
        if (one := phonenumbers.example_number_for_type(region, kind))
    ]
    assert len(examples) > 2 * len(phonenumbers.SUPPORTED_REGIONS)
    found = read_all(con, {(text, region) for region, texts in examples for text in texts.values()})
    for region, texts in examples:
        assert found[texts[E164], region] == found[texts[INTERNATIONAL], region] == texts[E164]
        assert found[texts[NATIONAL], region] == standardise(texts[NATIONAL], region)


def test_standardising_twice_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    random_ = random.Random(7)
    once = {e164 for e164 in read_all(con, {(written(random_, "DE"), "DE") for _ in range(300)}).values() if e164}
    assert read_all(con, {(e164, "US") for e164 in once}) == {(e164, "US"): e164 for e164 in once}
