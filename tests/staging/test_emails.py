"""E-mail cells: rows of edge cases, public syntax vectors, a slow oracle, and idempotence."""

from __future__ import annotations

import csv
import re

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from rr_pipeline.staging.lookups import ascii_domain, is_confusable
from rr_pipeline.staging.staging import stage
from tests.data_sets import FOLDER, data_set
from tests.facts import email_forms

from .conftest import make_project, open_memory, stage_rows

# cell, email, other_emails, email_code, email_warning
CASES = [
    ("Ada@Example.NO", "ada@example.no", None, None, None),
    (" ada@x.no\u00a0", "ada@x.no", None, None, None),
    ("\u200bada@x\u200b.no\ufeff", "ada@x.no", None, None, None),
    ("mailto:Ada@x.no?subject=Hi", "ada@x.no", None, None, None),
    ("Ada Lovelace <ada@x.no>", "ada@x.no", None, None, None),
    ('"Lovelace, Ada" <ada@x.no>', "ada@x.no", None, None, None),
    ("ada@x.no <ada@x.no>", "ada@x.no", None, None, None),
    ("'ada@x.no'", "ada@x.no", None, None, None),
    ("ada@x.no; bob@y.no", "ada@x.no", ["bob@y.no"], "EMAIL_SEVERAL", None),
    ("zoe@x.no,bob@y.no ada@y.no", "zoe@x.no", ["ada@y.no", "bob@y.no"], "EMAIL_SEVERAL", None),
    ("Zoe <zoe@x.no>, Bob <bob@y.no>; ada@y.no", "zoe@x.no", ["ada@y.no", "bob@y.no"], "EMAIL_SEVERAL", None),
    ("ada@x.no;", "ada@x.no", None, None, None),
    ("ada@x.no; ADA@x.no", "ada@x.no", None, None, None),
    ("ada@@x.no; bob@y.no", "bob@y.no", None, "EMAIL_SEVERAL", None),
    ("ada@@x.no", None, None, "EMAIL_INVALID", None),
    ("ada@x@y.no", None, None, "EMAIL_INVALID", None),
    ("ada smith ada@x.no", None, None, "EMAIL_INVALID", None),
    ("ada @x.no", None, None, "EMAIL_INVALID", None),
    ("none", None, None, "EMAIL_INVALID", None),
    ("<ada@x.no", None, None, "EMAIL_INVALID", None),
    ("ada@localhost", None, None, "EMAIL_INVALID", None),
    ("ada@x.1", None, None, "EMAIL_INVALID", None),
    ("a" * 64 + "@x.no", "a" * 64 + "@x.no", None, None, None),
    ("a" * 65 + "@x.no", None, None, "EMAIL_TOO_LONG", None),
    ("a@" + "b" * 64 + ".no", None, None, "EMAIL_TOO_LONG", None),
    ("a@" + "b." * 130 + "no", None, None, "EMAIL_TOO_LONG", None),
    ("Ada@BÜCHER.de", "ada@xn--bcher-kva.de", None, None, None),
    ("ada@xn--bcher-kva.de", "ada@xn--bcher-kva.de", None, None, None),
    ("ada@Bu\u0308cher.de", "ada@xn--bcher-kva.de", None, None, None),
    ("ada@ｘ．no", "ada@x.no", None, None, None),
    ("jo\u0308rg@x.de", "j\u00f6rg@x.de", None, None, None),
    ("\u0430da@x.no", "\u0430da@x.no", None, None, "EMAIL_CONFUSABLE"),  # a Cyrillic first letter
    ("ada@\u0440aypal.com", "ada@xn--aypal-uye.com", None, None, "EMAIL_CONFUSABLE"),
    ("ada@xn--aypal-uye.com", "ada@xn--aypal-uye.com", None, None, "EMAIL_CONFUSABLE"),
    ("иван@пример.рф", "иван@xn--e1afmkfd.xn--p1ai", None, None, None),
    ("info@x.no", "info@x.no", None, None, "EMAIL_ROLE"),
    ("no-reply@x.no", "no-reply@x.no", None, None, "EMAIL_ROLE"),
    ("information@x.no", "information@x.no", None, None, None),
    ("test@x.no", "test@x.no", None, None, "EMAIL_TEST"),
    ("ada@example.com", "ada@example.com", None, None, "EMAIL_TEST"),
    ("ada@mail.invalid", "ada@mail.invalid", None, None, "EMAIL_TEST"),
    ("contest@latest.com", "contest@latest.com", None, None, None),
    ("ada+news@gmail.com", "ada+news@gmail.com", None, None, None),
    ("a.d.a@gmail.com", "a.d.a@gmail.com", None, None, None),
    ("", None, None, None, None),
    ("N/A", None, None, None, None),
]
FIELDS = ("email", "other_emails", "email_code", "email_warning")


def test_edge_cases() -> None:
    found = stage_rows([{"email": case[0]} for case in CASES])
    got = [(case[0], *(row[field] for field in FIELDS)) for case, row in zip(CASES, found, strict=True)]
    assert got == CASES
    assert [row["email_domain"] for row in found] == [case[1].partition("@")[2] if case[1] else None for case in CASES]


def test_tags_and_dots_only_at_the_configured_domains() -> None:
    cells = [
        "a.da+x@gmail.com",
        "a.da+x@GMAIL.com",
        "a.da+x@corp.no",
        "a.da+x@other.no",
        "+x@gmail.com",
        "a.da@gmail.com",
    ]
    wanted = ["ada@gmail.com", "ada@gmail.com", "a.da@corp.no", "a.da+x@other.no", "+x@gmail.com", "ada@gmail.com"]
    settings_of = {"plus_tag_domains": ("gmail.com", "corp.no"), "dot_domains": ("gmail.com",)}
    assert [row["email"] for row in stage_rows([{"email": cell} for cell in cells], standardise=settings_of)] == wanted


def test_other_emails_are_a_sorted_set_without_the_first() -> None:
    rows = [
        {"email": "ada@x.no; bob@x.no", "other_emails": "Zoe@x.no, ADA@x.no;bob@x.no"},
        {"email": "ada@x.no", "other_emails": "ADA@x.no"},
        {"email": None, "other_emails": "zoe@x.no"},
        {"email": "ada@x.no", "other_emails": "nobody"},
    ]
    found = [(row["email"], row["other_emails"]) for row in stage_rows(rows)]
    assert found == [
        ("ada@x.no", ["bob@x.no", "zoe@x.no"]),
        ("ada@x.no", None),
        (None, ["zoe@x.no"]),
        ("ada@x.no", None),
    ]


# Classes of the vectors whose addresses are accepted: plain valid ones, and those only a name server could refuse.
# RFC5321 and above are forms that mail systems may carry but nobody's records use: quoted local parts, comments,
# address literals, folding white space, domains of one label or ending in a number.
ACCEPTED = ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN")
EXCEPTIONS = {
    "5": "a domain of one label, which resolves",
    "13": "a top-level name of one letter, which none is",
    "19": "a bar in the local part; here it stands between addresses",
    "33": "a top-level name with a hyphen, which none has",
    "37": "a top-level name of one letter, at the length limit",
}
# White space around an address is trimmed here; in the vectors it is folding white space or an error.
TRIMMED = {"88", "89", "99", "127", "128", "132", "141", "142", "143", "144", "145", "146", "147", "148", "149", "150",
           "151", "152", "153", "154", "155", "156", "157", "158"}  # fmt: skip


def test_forms_of_the_standards() -> None:
    cells = [*email_forms.ACCEPTED, *email_forms.REFUSED]
    found = stage_rows([{"email": cell} for cell in cells])
    accepted = [cell for cell, row in zip(cells, found, strict=True) if row["email"] is not None]
    assert accepted == list(email_forms.ACCEPTED)
    assert [row["email"] for row in found[: len(accepted)]] == [cell.strip() for cell in email_forms.ACCEPTED]


@data_set("vectors/isemail_tests_3.05.csv")
def test_public_syntax_vectors() -> None:
    with (FOLDER / "vectors/isemail_tests_3.05.csv").open(encoding="utf-8", newline="") as handle:
        vectors = [row for row in csv.DictReader(handle) if row["address"]]
    controls = {chr(0x2400 + code): chr(code) for code in range(32)}
    cells = ["".join(controls.get(letter, letter) for letter in row["address"]) for row in vectors]
    found = stage_rows([{"email": cell} for cell in cells])
    wrong = []
    for vector, row in zip(vectors, found, strict=True):
        accepted = (vector["category"] in ACCEPTED and vector["id"] not in EXCEPTIONS) or vector["id"] in TRIMMED
        if (row["email"] is not None) != accepted:
            wrong.append((vector["id"], vector["category"], row["email"]))
    assert wrong == []


ATOM = r"[\w!#$%&'*+/=?^`{}~-]+"


def oracle(cell: str) -> tuple[str | None, list[str] | None, str | None]:
    """One cell without brackets, read the slow way."""
    pieces = [piece for piece in re.split(r"[;,|\s]+", cell.lower()) if piece]
    if not pieces:
        return None, None, None
    found: list[str] = []
    bad = long = words = False
    for piece in pieces:
        local, _, domain = piece.partition("@")
        words |= "@" not in piece
        labels = domain.split(".")
        fits = (
            piece.count("@") == 1
            and re.fullmatch(rf"{ATOM}(\.{ATOM})*", local)
            and len(labels) > 1
            and all(re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", label) for label in labels)
            and re.fullmatch(r"[a-z]{2,}|xn--.*", labels[-1])
        )
        too_long = len(local) > 64 or len(piece) > 254 or any(len(label) > 63 for label in labels)
        if fits and not too_long:
            found.append(piece)
        else:
            bad = True
            long |= bool(fits) and too_long
    if not found or words:
        return None, None, "EMAIL_TOO_LONG" if long and not found else "EMAIL_INVALID"
    others = sorted(set(found) - {found[0]})
    return found[0], others or None, "EMAIL_SEVERAL" if others or bad else None


PART = st.text(st.sampled_from("abX1.-_+ "), max_size=6)
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", PART, PART) | st.builds(
    lambda local, size, top: f"{local}@{'d' * size}.{top}",
    PART,
    st.sampled_from([1, 3, 63, 64]),
    st.sampled_from(["no", "COM", "c"]),
)
CELL = st.lists(ADDRESS | st.just("word"), min_size=1, max_size=3).flatmap(
    lambda parts: st.sampled_from(["; ", ",", " ", "|"]).map(lambda sign: sign.join(parts))
)


# Each example is a whole table: shrinking one would take minutes, and the failing cell is named anyway.
@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.lists(CELL, min_size=60, max_size=120))
def test_cells_against_the_oracle_and_again(cells: list[str]) -> None:
    found = stage_rows([{"email": cell} for cell in cells])
    for cell, row in zip(cells, found, strict=True):
        assert (row["email"], row["other_emails"], row["email_code"]) == oracle(cell), cell
    standard = [row["email"] for row in found]
    assert [row["email"] for row in stage_rows([{"email": email} for email in standard])] == standard


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x24FF, exclude_categories=["Cs"]), max_size=30))
def test_ascii_domains_are_stable(domain: str) -> None:
    once = ascii_domain(domain)
    assert ascii_domain(once) == once
    assert once.isascii() or "xn--" not in once
    is_confusable(domain)


def test_scripts_of_a_label() -> None:
    assert is_confusable("\u0440aypal.com")
    assert is_confusable("xn--aypal-uye.com")
    assert not is_confusable("пример.com")
    assert not is_confusable("xn--\u0000")


def test_the_steps_leave_the_caller_its_transaction() -> None:
    con: duckdb.DuckDBPyConnection = open_memory()
    con.execute("begin")
    stage(con, make_project(), [])
    con.execute("rollback")
