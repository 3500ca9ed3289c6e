"""Counts stay readable in terminals of any width: each number stands in a row that names its source."""

import io

import pytest
from rich.console import Console

from rr_pipeline.cli.screen_grid import Line, show_grid

COLUMNS = ("files", "rows in", "assigned", "kept", "duplicate", "disqualified", "quarantined", "held", "queued")
SOURCES = [f"salesforce_web_leads_area_{n}" for n in range(15)]
LONG = "a_source_whose_name_is_longer_than_all_that_a_line_of_a_terminal_holds_at_once_and_then_some"


def shown(width: int, lines: list[Line]) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False, color_system=None)
    show_grid(console, "What came in", "source", COLUMNS, lines)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def read_back(text: str) -> dict[str, dict[str, int]]:
    """The counts by row and column, from every block."""
    found: dict[str, dict[str, int]] = {}
    for block in text.strip("\n").split("\n\n"):
        lines = [line for line in block.splitlines() if line.strip() and line.strip() != "What came in"]
        head = next(line for line in lines if line.startswith("source"))
        names = [name for name in COLUMNS if f"  {name}" in head]
        for line in lines[lines.index(head) + 1 :]:
            label, *counts = line.split()
            assert len(counts) == len(names)
            found.setdefault(label, {}).update(
                {name: int(count.replace(",", "").replace("·", "0")) for name, count in zip(names, counts, strict=True)}
            )
    return found


@pytest.mark.parametrize("width", [60, 72, 80, 100, 132, 200])
def test_every_count_has_its_source_beside_it(width: int) -> None:
    counts = {source: tuple((n + 1) * 12_345 * (place % 3) for place in range(9)) for n, source in enumerate(SOURCES)}
    text = shown(width, [Line(source, of_source) for source, of_source in counts.items()])
    assert all(len(line) <= width for line in text.splitlines())
    assert read_back(text) == {
        source: dict(zip(COLUMNS, of_source, strict=True)) for source, of_source in counts.items()
    }


@pytest.mark.parametrize(("width", "blocks"), [(60, 2), (80, 2), (132, 1)])
def test_columns_share_as_few_blocks_as_fit(width: int, blocks: int) -> None:
    assert shown(width, [Line("leads", (1,) * 9), Line("all", (1,) * 9, is_total=True)]).count("source ") == blocks


@pytest.mark.parametrize("width", [60, 80])
def test_a_long_name_is_broken_and_not_cut(width: int) -> None:
    text = shown(width, [Line(LONG, (7,) * 9)])
    assert all(len(line) <= width for line in text.splitlines())
    (first, *_) = text.split("\n\n")
    assert LONG in "".join(line.split("  ")[0].strip() for line in first.splitlines()[2:])
