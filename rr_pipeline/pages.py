"""Parts of documentation pages that are written by ``make docs``, between two marks that stand in the page."""

from __future__ import annotations


def put_between(page: str, first: str, last: str, text: str) -> str:
    """Return the page with the text between the two marks. Raises ValueError where it does not have them in order."""
    before, begin, rest = page.partition(first)
    _, end, after = rest.partition(last)
    if not begin or not end:
        raise ValueError(f"the page has no place between {first} and {last}")
    return f"{before}{first}\n\n{text}\n\n{last}{after}"
