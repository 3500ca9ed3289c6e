"""Invented data in the form of the walk-throughs' data sets, with what is odd about those: anybody may have it.

Belongs here: the files. Does not belong here: what must come of them; the tests recount that from the same files.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

SECTORS = (
    "retail", "marketing", "services", "technolgy", "software", "telecommunications", "medical", "finance",
    "entertainment", "employment",
)  # fmt: skip
PRODUCTS = ("GTX Basic", "GTX Pro", "MG Special", "MG Advanced", "GTX Plus Pro", "GTX Plus Basic", "GTK 500")
EVENTS = (
    "concept:name", "lifecycle:transition", "org:resource", "time:timestamp", "Activity", "Resource",
    "case:concept:name", "case:variant", "case:variant-index", "case:creator",
)  # fmt: skip


def _write(path: Path, columns: Sequence[str], records: Iterable[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="raise", lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(records)


def write_deals(
    folder: Path, policy: Mapping[str, Any], managers: Sequence[str], deals: int = 600, seed: int = 1
) -> Path:
    """A pipeline of deals of the policy's members: prospects have no date, one product is misspelt, accounts miss."""
    dice = random.Random(seed)
    agents = {name: [one["user"] for one in pool["members"]] for name, pool in policy["pools"].items()}
    selling = [agent for office, names in agents.items() if office != "desk" for agent in names]
    accounts = [
        {
            "account": f"Firm {number}", "sector": SECTORS[number % len(SECTORS)], "year_established": 1980 + number,
            "revenue": f"{number * 31}.40", "employees": number * 17,
            "office_location": "Nowhere" if number == 7 else "United States",
            "subsidiary_of": "Firm 1" if number == 9 else "",
        }
        for number in range(1, 31)
    ]  # fmt: skip
    _write(folder / "accounts.csv", tuple(accounts[0]), accounts)
    prices = [{"product": name, "series": name[:3], "sales_price": 55 + 100 * n} for n, name in enumerate(PRODUCTS)]
    _write(folder / "products.csv", tuple(prices[0]), prices)
    teams = [
        {"sales_agent": agent, "manager": managers[n % len(managers)], "regional_office": office.title()}
        for office, names in agents.items()
        for n, agent in enumerate(names)
    ]
    _write(folder / "sales_teams.csv", tuple(teams[0]), teams)
    rows = []
    for number in range(deals):
        stage = dice.choices(("Won", "Lost", "Engaging", "Prospecting"), (48, 28, 18, 6))[0]
        begun = date(2016, 10, 20) + timedelta(days=number // 4)
        ended = begun + timedelta(days=dice.randrange(1, 130))
        rows.append(
            {
                "opportunity_id": f"D{number * 7919 % 100_000:05}", "sales_agent": dice.choice(selling),
                "product": dice.choice((*PRODUCTS, "GTXPro")).strip(),
                "account": "" if dice.random() < 0.16 else dice.choice(accounts)["account"], "deal_stage": stage,
                "engage_date": "" if stage == "Prospecting" else begun,
                "close_date": ended if stage in ("Won", "Lost") else "",
                "close_value": {"Won": dice.randrange(50, 5000), "Lost": 0}.get(stage, ""),
            }
        )  # fmt: skip
    _write(folder / "sales_pipeline.csv", tuple(rows[0]), rows)
    return folder


def write_log(file: Path, cases: int = 160, seed: int = 1) -> Path:
    """A help desk's log of events: some cases have no seriousness, or it twice, or are taken again after their end."""
    dice = random.Random(seed)
    rows = []
    for number in range(1, cases + 1):
        # Some come at night or at a weekend; nobody does anything about those for days.
        at = datetime(2010, 1, 13, 8, 40, 25, tzinfo=UTC) + timedelta(
            days=dice.randrange(60), hours=dice.choice((0, 2, 5, 7, 12))
        )
        is_odd = at.hour > 16 or at.weekday() > 4
        steps = ["Assign seriousness"] if dice.random() < 0.95 else ["Create SW anomaly"]
        steps += ["Assign seriousness"] if dice.random() < 0.08 else []
        steps += ["Take in charge ticket"] if dice.random() < 0.92 else []
        steps += ["Wait", "Take in charge ticket"] if dice.random() < 0.25 else []
        steps += ["Resolve ticket"] if dice.random() < 0.97 else []
        steps += ["Closed"] if dice.random() < 0.97 else []
        steps += ["Take in charge ticket"] if dice.random() < 0.05 else []
        for step in steps:
            agent = f"Value {dice.randrange(1, 23)}"
            rows.append((at, f"Case{number}", step, agent))
            at += timedelta(seconds=400_000 if is_odd else dice.choice((7, 600, 9_000, 40_000, 100_000, 400_000)))
    rows.sort(key=lambda row: (row[1], row[0]))
    _write(
        file,
        EVENTS,
        (
            {
                "concept:name": step, "lifecycle:transition": "complete", "org:resource": agent,
                "time:timestamp": at, "Activity": step, "Resource": agent, "case:concept:name": case,
                "case:variant": "Variant 1", "case:variant-index": 1, "case:creator": "invented",
            }
            for at, case, step, agent in rows
        ),
    )  # fmt: skip
    return file
