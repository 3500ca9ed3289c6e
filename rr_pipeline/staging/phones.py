"""Phone numbers to E.164, on distinct texts.

Belongs here: what a written number means in a region. ``phonenumbers`` (libphonenumber) decides; most well-formed
numbers are decided by its own tables, compiled into SQL, because asking it costs 12 microseconds a number. Does not
belong here: which region a row has (sql/staging).

The short cut answers only where each of the library's steps is plain: a run of digits and separators; +, 00 where
that is all a region dials abroad with, the country code, or one national prefix of fixed digits in front; and the
pattern and length of a number type of the region the library would choose. All else is asked. A test compares both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import duckdb
import phonenumbers
import polars as pl

from rr_pipeline.staging.mapping_sql import literal, literals
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.sql_files import make_temp, read_sql

FAST_GROUP_ROWS = 200
"""A region with fewer new texts than this is not worth a query of its own."""

_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail", "fixed_line",
    "mobile",
)  # fmt: skip
# The library's metadata classes are typed as if any part could be missing; for a region with numbers none is.
_metadata_of: Callable[[str], Any] = phonenumbers.PhoneMetadata.metadata_for_region
_SHAPE = r"[(]?[+]?[(]?[0-9][0-9 ().-]{5,24}[0-9]"


def standardise(text: str, region: str) -> str | None:
    """Return the E.164 form of a written number, or None when it is not a valid number of any country.

    ``region`` is an ISO 3166-1 code, or empty: then only numbers with a leading + can be read.
    """
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def make_phone_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Fill TEMP table phone_texts from TEMP table phone_inputs (phone_text, region), both distinct.

    Grain of phone_texts: one row per input. Columns: phone_text, region, e164 (null: not valid), phone_code
    (PHONE_INVALID, PHONE_REGION_UNKNOWN or null). Answers of the library are kept in staging.phone_numbers, with its
    version: a new version is asked again.
    """
    con.execute(read_sql("staging", "phone_numbers").statement)
    con.execute("delete from staging.phone_numbers where library_version <> ?", [phonenumbers.__version__])
    make_temp(con, "staging", "phone_fast")
    _answer_by_tables(con)
    _ask_library(con)
    make_temp(con, "staging", "phone_texts")


def _answer_by_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Fill phone_fast, group by group: numbers with + by country code, the others by their region."""
    # 0047 22 33 44 55, where 00 is all that dials abroad from the region, is +47 22 33 44 55.
    con.execute(f"""create or replace temp table phone_digits as
        with plain as (
            select phone_text, region, contains(left(phone_text, 2), '+') as has_plus,
                regexp_replace(phone_text, '[^0-9]+', '', 'g') as digits
            from phone_inputs where regexp_full_match(phone_text, '{_SHAPE}')
        ), dialled as (
            select *, not has_plus and region in ({literals(_dialling_00())})
                and regexp_matches(digits, '^00[1-9]') as has_00
            from plain
        )
        select phone_text, region, has_plus or has_00 as is_international,
            case when has_00 then substr(digits, 3) else digits end as digits
        from dialled""")
    national = con.execute(
        "select region from phone_digits where not is_international and region <> '' "
        "group by region having count(*) >= ? order by region",
        [FAST_GROUP_ROWS],
    ).fetchall()
    selects = [forms for (region,) in national for forms in _national_forms(region)]
    starts = con.execute(
        "select left(digits, 3), count(*) from phone_digits where is_international group by all order by 1"
    ).fetchall()
    counts: dict[int, int] = {}
    for start, count in starts:
        for length in (1, 2, 3):
            if int(start[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE and start[0] != "0":
                counts[int(start[:length])] = counts.get(int(start[:length]), 0) + count
                break
    codes = sorted(code for code, count in counts.items() if count >= FAST_GROUP_ROWS and _main(code))
    selects += [_international_form(code) for code in codes]
    if selects:
        # At once: of several inserts into a table, one without rows may not come before a large one (see create_empty).
        con.execute("insert into phone_fast " + " union all ".join(f"({select})" for select in selects))


@cache
def _dialling_00() -> tuple[str, ...]:
    """Return the regions whose one and only international prefix is 00."""
    return tuple(
        region for region in sorted(phonenumbers.SUPPORTED_REGIONS) if _metadata_of(region).international_prefix == "00"
    )


def _main(code: int) -> Any:
    """Return the metadata of the main region of a country code; None for codes that belong to no region."""
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    return None if region == "001" else _metadata_of(region)


def _matches(metadata: Any, digits: str) -> str:
    """Return the condition that the library knows a type of ``digits`` in one region."""
    general = metadata.general_desc
    by_lengths: dict[tuple[int, ...], list[str]] = {}
    for name in _TYPES:
        desc = getattr(metadata, name)
        if desc is not None and desc.national_number_pattern not in (None, "NA"):
            by_lengths.setdefault(tuple(desc.possible_length), []).append(desc.national_number_pattern)
    types = [f"({_length(digits, lengths)} and {_full(digits, found)})" for lengths, found in by_lengths.items()]
    whole = f"{_length(digits, general.possible_length)} and {_full(digits, [general.national_number_pattern])}"
    return f"({whole} and ({' or '.join(types) or 'false'}))"


def _length(digits: str, lengths: tuple[int, ...]) -> str:
    """Return the condition on the number of digits; no lengths means any."""
    return f"strlen({digits}) in ({', '.join(map(str, lengths))})" if lengths else "true"


def _full(digits: str, patterns: list[str]) -> str:
    pattern = "|".join(f"(?:{one})" for one in patterns)
    return f"regexp_full_match({digits}, {literal(pattern)})"


def _regions(code: int) -> list[Any]:
    """Return the metadata of all regions of a country code, in the library's order."""
    regions = (_metadata_of(region) for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code])
    return [metadata for metadata in regions if metadata is not None]


def _is_valid(code: int, digits: str) -> str:
    """Return the condition that the library calls a number of a country code valid.

    Of several regions with one code it takes the first whose leading digits match or, for one without leading
    digits, which knows a type of the number; that region must know a type.
    """
    regions = _regions(code)
    if len(regions) == 1:
        return _matches(regions[0], digits)
    branches = ""
    for metadata in regions:
        known = _matches(metadata, digits)
        if metadata.leading_digits is None:
            branches += f" when {known} then true"
        else:
            pattern = literal(f"^(?:{metadata.leading_digits})")
            branches += f" when regexp_matches({digits}, {pattern}) then {known}"
    return f"(case{branches} else false end)"


def _no_prefix(metadata: Any, digits: str) -> str:
    """Return the condition that no national prefix stands before ``digits``."""
    pattern = metadata.national_prefix_for_parsing
    return "true" if not pattern else f"not regexp_matches({digits}, {literal(f'^(?:{pattern})')})"


def _international_form(code: int) -> str:
    """Return the SELECT of answers for numbers with + and this country code."""
    rest = f"substr(digits, {len(str(code)) + 1})"
    return f"""
        select phone_text, region, case when {_is_valid(code, rest)} then '+' || digits end as e164
        from phone_digits
        where is_international and starts_with(digits, '{code}') and {_no_prefix(_main(code), rest)}"""


def _national_forms(region: str) -> Iterator[str]:
    """Yield a SELECT of answers for each way in which a number is written within its own country.

    No number is answered by two of them. Where a number could be read in two ways the library's own condition for
    choosing decides; where that depends on more than is checked here, nothing is answered.
    """
    metadata = _metadata_of(region)
    if metadata is None or _main(metadata.country_code) is None:
        return
    code = metadata.country_code
    general = metadata.general_desc
    pattern = [general.national_number_pattern]

    def answers(valid: str, rest: str) -> str:
        return f"""
        select phone_text, region, case when {valid} then '+{code}' || {rest} end as e164
        from phone_digits
        where not is_international and region = {literal(region)}
            and not regexp_matches(digits, {literal(f"^(?:{metadata.international_prefix})")})"""

    def fits(digits: str) -> str:
        return f"({_length(digits, general.possible_length)} and {_full(digits, pattern)})"

    # As it stands. Digits that begin with the country code keep it only if they are a whole number with it.
    yield f"""{answers(_is_valid(code, "digits"), "digits")}
            and {_no_prefix(metadata, "digits")} and (not starts_with(digits, '{code}') or {fits("digits")})"""
    # With the country code in front, but no +.
    rest = f"substr(digits, {len(str(code)) + 1})"
    yield f"""{answers(_is_valid(code, rest), rest)}
            and starts_with(digits, '{code}') and not {_full("digits", pattern)} and {fits(rest)}
            and {_no_prefix(metadata, rest)} and {_no_prefix(_main(code), rest)}"""
    # With a national prefix of fixed digits: the first choice of its pattern, so that no other is tried.
    prefix = re.match(r"(\d+)(?:\||$)", metadata.national_prefix_for_parsing or "")
    if prefix:
        rest = f"substr(digits, {len(prefix[1]) + 1})"
        neither = f"not {_is_valid(code, rest)} and not {_is_valid(code, 'digits')}"
        yield f"""{answers(_is_valid(code, rest), rest)}
            and starts_with(digits, '{prefix[1]}') and not starts_with(digits, '{code}')
            and ({fits(rest)} or {neither})"""


def _ask_library(con: duckdb.DuckDBPyConnection) -> None:
    asked = con.sql("""select phone_text, region from phone_inputs
        anti join phone_fast using (phone_text, region)
        anti join staging.phone_numbers using (phone_text, region)
        order by all""").pl()
    if asked.is_empty():
        return
    answers = [standardise(text, region) for text, region in asked.iter_rows()]
    frame = asked.with_columns(
        pl.Series("e164", answers, dtype=pl.String), pl.lit(phonenumbers.__version__).alias("library_version")
    )
    with lend(con, "phone_answers", frame.to_arrow()):
        con.execute("insert into staging.phone_numbers by name select * from phone_answers")
