"""Companies of the demo: made-up names and domains.

Belongs here: names and domains of companies, as functions of a number. Does not belong here: who owns the account.
Prospects and accounts are made of different words, so that no prospect falls on an account's domain by chance.

Domains end in ``.corp``, mailboxes of providers in ``.mail``: two endings that the public root does not have, so that
no address of the demo is anybody's. Addresses under ``.example`` would all be flagged as tests.
"""

from __future__ import annotations

from functools import cache

from rr_pipeline.examples.demo.names import plain

_PROSPECT_STEMS = (
    "Nordlys Bluefin Kestrel Amberline Copperleaf Driftwood Evergreen Falkenhof Granitt Halcyon Ironbark "
    "Juniper Kaleido Lodestar Månelyst Northgate Ostrava Pinnacle Quillon Ridgeway Silverbirch Tallgrass Umbra "
    "Vellamo Westmarch Xanadu Yellowtail Zephyr Alpenglow Brightwater Cascade Dünenblick Ecluse Fjordkraft- "
    "Null Gullfaks-Ny Harborview Isolde Jadeite Krähenberg Lumière Meridian Nimbus Orchard Plume Quartzite "
    "Rosenholm Saltmarsh Thornbury Ursa Vinterbro"
)
_ACCOUNT_STEMS = (
    "Aurora Borealis Castellan Delphine Eventide Fennimore Gjallarhorn Hollanda Ingleside Jorvik Kingfisher "
    "Larkspur Monteverde Nautilus Osprey Pallas Quintara Rowanwood Sequoia Tramontana Ulvang Valkyrie Windrose "
    "Yarrow Zenith Albatross Bellweather Cormorant Dovetail Estuary"
)
_TRADES = (
    "Logistics Foods Robotics Marine Textiles Software Energy Health Optics Paper Steel Travel Analytics "
    "Brewing Ceramics Dairy Education Farming Glass Housing Insurance Jewellery Kitchens Lighting Motors "
    "Networks Outdoor Pharma Rail Sports"
)
_PLACES = (
    "Oslo Bergen Stockholm Malmö Aarhus Helsinki Hamburg München Wien Zürich London Leeds Dublin Lyon Gent "
    "Utrecht Sevilla Torino Porto Boston Denver Seattle Toronto Osaka Sydney Pune Kraków Patras Lviv Singapore"
)
INDUSTRIES = (
    "Manufacturing",
    "Retail",
    "Finance",
    "Healthcare",
    "Education",
    "Energy",
    "Media",
    "Transport",
    "Public sector",
)


@cache
def prospects() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names (without the legal form) and domains of the companies that are not accounts yet."""
    pairs = [(stem, trade) for stem in _PROSPECT_STEMS.split() for trade in _TRADES.split()]
    return (
        tuple(f"{stem} {trade}" for stem, trade in pairs),
        tuple(f"{plain(stem)}-{plain(trade)}.corp" for stem, trade in pairs),
    )


@cache
def accounts(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return names and distinct domains of the first ``count`` accounts; beyond 27,000 a number is added."""
    stems, trades, places = _ACCOUNT_STEMS.split(), _TRADES.split(), _PLACES.split()
    size = len(stems) * len(trades) * len(places)
    names: list[str] = []
    domains: list[str] = []
    for number in range(count):
        # 7,919 has no factor in common with the size: a walk over all combinations that does not look like a list.
        at = number * 7_919 % size
        words = [
            stems[at % len(stems)],
            trades[at // len(stems) % len(trades)],
            places[at // (len(stems) * len(trades))],
        ]
        words += [str(number // size + 1)] if number >= size else []
        names.append(" ".join(words))
        domains.append("-".join(plain(word) for word in words) + ".corp")
    return tuple(names), tuple(domains)
