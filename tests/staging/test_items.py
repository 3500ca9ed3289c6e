"""Item cells other than e-mails, phones and times: rows of edge cases, each with what it becomes and its code."""

from __future__ import annotations

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rr_pipeline.config import CANONICAL
from tests.facts import rows as facts

from .conftest import stage_rows


def column(name: str, cells: list[str | None], result: str | None = None, **fields: object) -> list[object]:
    return [row[result or name] for row in stage_rows([{name: cell} for cell in cells], **fields)]


def pairs(name: str, code: str, cells: list[str | None], **fields: object) -> list[tuple[object, object]]:
    return [(row[name], row[code]) for row in stage_rows([{name: cell} for cell in cells], **fields)]


def test_ids() -> None:
    cases = [
        ("00042", None),
        ("42", None),
        (" 42 ", None),
        ("1.23E+15", "ID_MANGLED"),
        ("1,23E+15", "ID_MANGLED"),
        ("1e+22", "ID_MANGLED"),
        ("1.5e10", "ID_MANGLED"),
        ("42.0", "ID_MANGLED"),
        ("#REF!", "ID_MANGLED"),
        ("#N/A", "ID_MANGLED"),
        ("12E5", None),
        ("v1.0", None),
        ("10.1000/182", None),
        ("a" * 255, None),
        ("a" * 256, "ID_TOO_LONG"),
        ("", "ID_MISSING"),
        ("N/A", "ID_MISSING"),
        (None, "ID_MISSING"),
        ("'; drop table x; --", None),
    ]
    found = pairs("item_id", "id_code", [cell for cell, _ in cases])
    assert [code for _, code in found] == [code for _, code in cases]
    assert [item_id for item_id, _ in found[:3]] == ["00042", "42", "42"]


COUNTRIES = [
    ("NO", "NO", None),
    ("no", "NO", None),
    ("NOR", "NO", None),
    ("Norway", "NO", None),
    ("  norge ", "NO", None),
    ("UK", "GB", None),
    ("England", "GB", None),
    ("U.S.A.", "US", None),
    ("The United States of America", "US", None),
    ("Côte d'Ivoire", "CI", None),
    ("Cote d’Ivoire", "CI", None),
    ("Bosnia & Herzegovina", "BA", None),
    ("Türkiye", "TR", None),
    ("DEUTSCHLAND", "DE", None),
    ("Viet Nam", "VN", None),
    ("Korea, Republic of", "KR", None),
    ("Atlantis", "Atlantis", "COUNTRY_UNKNOWN"),
    ("XX", "XX", "COUNTRY_UNKNOWN"),
    ("日本", "日本", "COUNTRY_UNKNOWN"),
    (None, None, None),
]


def test_countries() -> None:
    found = pairs("country", "country_code", [case[0] for case in COUNTRIES])
    assert list(zip(COUNTRIES, found, strict=True)) == [(case, case[1:]) for case in COUNTRIES]


def test_every_country_of_the_world_is_known() -> None:
    countries = facts("countries.csv")
    assert len(countries) == 250
    for form in ("iso", "iso3", "name"):
        assert column("country", [one[form] for one in countries]) == [one["iso"] for one in countries]


def test_languages() -> None:
    cells = ["French", "fr", "fr-FR", "FR_ca", "français", "fre", "German", "Klingon", "zh-Hans", None]
    assert column("language", cells) == ["fr", "fr", "fr", "fr", "fr", "fr", "de", "klingon", "zh", None]


def test_numbers() -> None:
    cases = [
        ("12", 12, 12.0, None),
        ("12.0", 12, 12.0, None),
        ("12.5", None, 12.5, "NUMBER_INVALID"),
        ("1,200", 1200, 1200.0, None),
        ("1 200 000", 1200000, 1200000.0, None),
        ("1'200", 1200, 1200.0, None),
        ("1.5e3", 1500, 1500.0, None),
        ("-5", -5, -5.0, None),
        ("9223372036854775807", 9223372036854775807, 9223372036854775807.0, None),
        ("9223372036854775808", None, 9223372036854775808.0, "NUMBER_INVALID"),
        ("NaN", None, None, "NUMBER_INVALID"),
        ("inf", None, None, "NUMBER_INVALID"),
        ("1e400", None, None, "NUMBER_INVALID"),
        ("50-200", None, None, "NUMBER_INVALID"),
        ("1,20", None, None, "NUMBER_INVALID"),
        ("0x10", None, None, "NUMBER_INVALID"),
        ("1_000", None, None, "NUMBER_INVALID"),
        ("$5", None, None, "NUMBER_INVALID"),
        (None, None, None, None),
    ]
    rows = [{"employee_count": case[0], "annual_revenue": case[0]} for case in cases]
    found = [(row["employee_count"], row["annual_revenue"], row["number_code"]) for row in stage_rows(rows)]
    assert list(zip(cases, found, strict=True)) == [(case, case[1:]) for case in cases]


def test_decimal_commas() -> None:
    cells = ["1,5", "1.234,5", "1.234", "1 234,5", "1,234.5", "12"]
    found = column("annual_revenue", cells, options={"decimal": ",", "delimiter": ";"})
    assert found == [1.5, 1234.5, 1234.0, 1234.5, None, 12.0]


def test_words() -> None:
    cells = ["High", "urgent", "low", "Medium", "-3", "7", "P1", None]
    assert pairs("priority", "number_code", cells) == [
        *((-1, None), (-2, None), (1, None), (0, None), (-3, None), (7, None), (0, "NUMBER_INVALID"), (0, None))
    ]
    consent = ["TRUE", "no", "Opted_out", "subscribed", "withdrawn", "maybe", None, "denied", "No, thanks", "1.0"]
    assert pairs("consent_status", "consent_text", consent) == [
        *(("granted", None), ("denied", None), ("withdrawn", None), ("granted", None), ("withdrawn", None)),
        *(("denied", "maybe"), ("unknown", None), ("denied", None), ("denied", None), ("granted", None)),
    ]
    booleans = ["true", "1", "Ja", "0", "nei", "FALSE", "maybe", None]
    found = pairs("is_deleted", "boolean_code", booleans)
    assert found == [*((True, None),) * 3, *((False, None),) * 3, (False, "BOOLEAN_INVALID"), (False, None)]
    skills = ["French; enterprise", "b,a|b\nc", ";", None]
    assert column("needed_skills", skills) == [["enterprise", "french"], ["a", "b", "c"], None, None]


def test_object_types() -> None:
    cells = ["Lead", "tickets", "Deal", "person", "thing", None]
    with_default = pairs("object_type", "object_type_code", cells, object_type="task")
    assert with_default[-1] == ("task", None)
    assert pairs("object_type", "object_type_code", cells, object_type=None) == [
        ("lead", None),
        ("case", None),
        ("opportunity", None),
        ("contact", None),
        (None, "OBJECT_TYPE_UNKNOWN"),
        (None, "OBJECT_TYPE_MISSING"),
    ]


def test_websites_and_domains() -> None:
    cells = ["https://www.Acme.no/a?b", "acme.no", "HTTP://u:p@acme.no:80", "bücher.de", "none", "www.a.co.uk.", None]
    wanted = ["acme.no", "acme.no", "acme.no", "xn--bcher-kva.de", None, "a.co.uk", None]
    assert column("website", cells, "domain") == wanted


def test_names_are_kept() -> None:
    rows = [
        {"first_name": " Zoe\u0301 ", "last_name": "O'Neill-Smith", "full_name": None},
        {"first_name": "Ada", "last_name": None, "full_name": "Countess Ada"},
        {"first_name": None, "last_name": None, "full_name": None},
        {"first_name": "<b>Ada</b>", "last_name": "=cmd()", "full_name": None},
    ]
    found = [(row["first_name"], row["last_name"], row["full_name"]) for row in stage_rows(rows)]
    assert found == [
        ("Zoé", "O'Neill-Smith", "Zoé O'Neill-Smith"),
        ("Ada", None, "Countess Ada"),
        (None, None, None),
        ("<b>Ada</b>", "=cmd()", "<b>Ada</b> =cmd()"),
    ]


def test_contact_is_needed_for_people_only() -> None:
    rows = [
        {"object_type": "lead", "email": None, "phone": None},
        {"object_type": "lead", "email": "x", "phone": "+1"},
        {"object_type": "contact", "email": "ada@x.no", "phone": None},
        {"object_type": "contact", "email": None, "phone": "+47 22 33 44 55"},
        {"object_type": "lead", "email": None, "phone": "22 33 44 55"},
        {"object_type": "case", "email": None, "phone": None},
    ]
    codes = [row["contact_code"] for row in stage_rows(rows)]
    assert codes == ["NO_CONTACT", "NO_CONTACT", None, None, None, None]


def test_row_hash_is_of_the_standardised_values() -> None:
    rows = [
        {"item_id": "1", "email": "Ada@x.no ", "country": "Norway"},
        {"item_id": "1", "email": "ada@x.no", "country": "NO"},
        {"item_id": "1", "email": "ada@x.no", "country": "SE"},
    ]
    first, second, third = (row["row_hash"] for row in stage_rows(rows))
    assert first == second != third


TEXT = st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(CANONICAL["items"], TEXT)), min_size=20, max_size=40))
def test_any_text_goes_through_and_standardising_is_idempotent(rows: list[dict[str, str | None]]) -> None:
    found = stage_rows(rows, standardise={"phone_region": "NO"}, object_type=None)
    assert len(found) == len(rows)

    def text(value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, list):
            return ";".join(value) or None
        return str(value).lower() if isinstance(value, bool) else getattr(value, "isoformat", lambda: str(value))()

    again = stage_rows([{name: text(row[name]) for name in CANONICAL["items"]} for row in found], object_type=None)
    for before, after in zip(found, again, strict=True):
        names = [name for name in CANONICAL["items"] if name != "other_emails"]
        assert {name: before[name] or None for name in names} == {name: after[name] or None for name in names}
