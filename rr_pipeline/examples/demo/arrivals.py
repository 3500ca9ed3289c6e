"""Which rows arrive when and where: originals, their duplicates, and which rows are spoilt.

Belongs here: one row per physical item row of the exports, as whole numbers. Does not belong
here: the text of a row (``cells``, ``spoil``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from rr_pipeline.examples.demo.draw import Bools, Draw, Ints
from rr_pipeline.examples.demo.feeds import FEEDS
from rr_pipeline.examples.demo.people import FINE, FREE_MAIL, People, make_people
from rr_pipeline.examples.demo.places import countries
from rr_pipeline.examples.demo.spoil import JSON_BROKEN, is_ragged, spoil_draw
from rr_pipeline.examples.demo.timing import DAY, SECOND, Period

# Positions in ``FEEDS``.
CRM_LEADS, WEB_LEADS, PARTNER_LEADS, EVENT_CONTACTS, CRM_OPPORTUNITIES, CRM_CASES = range(6)
_SHARES = (420, 280, 120, 80, 60, 40)
# How a row came to be: itself, or what kind of second sight of somebody. Parts of all duplicates, in thousandths.
TWINS = (
    "original",
    "exact_copy",
    "updated_later",
    "email_case",
    "plus_tag",
    "dots",
    "second_email",
    "phone_and_name",
    "cross_source",
)
ORIGINAL, EXACT, UPDATED, CASE, PLUS, DOTS, SECOND_EMAIL, PHONE, CROSS = range(9)
_TWIN_WEIGHTS = (0, 200, 190, 120, 70, 40, 120, 130, 130)
_TWIN_PER_10000 = 1_020
_LATE_PER_10000 = 40
_DELAYS = tuple(minutes * 60 * SECOND for minutes in (2, 7, 25, 90, 400, 1_440, 4_300, 11_000, 30_000))


@dataclass(frozen=True)
class Arrivals:
    """One row an item row, in no order. ``number`` makes the id; ``delivery`` says which file of its source holds it.

    ``dice`` decides small matters of spelling; ``spoil`` and ``twin`` are positions in ``spoil.SPOILS`` and ``TWINS``.
    """

    person: Ints
    source: Ints
    number: Ints
    created_us: Ints
    updated_us: Ints
    delivery: Ints
    dice: Ints
    spoil: Ints
    twin: Ints

    def __len__(self) -> int:
        return len(self.person)

    def take(self, rows: Ints) -> Arrivals:
        """Return the rows at these positions."""
        return Arrivals(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def in_file(self, source: int, delivery: int) -> Arrivals:
        """Return the rows of one file, in the order they stand there."""
        rows = np.flatnonzero((self.source == source) & (self.delivery == delivery))
        return self.take(rows[np.lexsort((rows, self.created_us[rows]))])


@dataclass(frozen=True)
class World:
    """Everything that is drawn before a word is written. ``contact`` is a person's number as a known contact, or -1."""

    seed: int
    period: Period
    account_count: int
    people: People
    contact: Ints
    arrivals: Arrivals


def make_world(items: int, seed: int, days: int) -> World:
    """Draw the people and the item rows of a demo: ``items`` rows in all, duplicates and spoilt rows among them."""
    period = Period.of(days)
    twins = items * _TWIN_PER_10000 // 10_000
    originals = items - twins
    account_count = max(20, min(20_000, items // 50))
    draw = Draw(seed, "arrivals")
    source = draw.pick(_SHARES, originals)
    source[0] = CRM_LEADS
    is_lead = source <= EVENT_CONTACTS
    known = np.where(is_lead, draw.chance(1_050, originals), draw.chance(1_500, originals))
    at_account = known | np.where(is_lead, draw.chance(520, originals), draw.chance(5_400, originals))
    account = np.where(at_account, draw.below(account_count, originals), -1)
    people = make_people(seed, source == WEB_LEADS, account)
    first = _originals(draw, period, people, source)
    rows = _join(first, _twins(Draw(seed, "twins"), period, people, first, twins))
    contact = np.where(known, np.cumsum(known) - 1, -1)
    return World(seed, period, account_count, people, contact, rows)


def _originals(draw: Draw, period: Period, people: People, source: Ints) -> Arrivals:
    count = len(source)
    hours = np.array([country.hours for country in countries()])[people.country]
    created = period.arrivals(draw, hours)
    delivery = period.file_of(created)
    late = np.where(draw.chance(_LATE_PER_10000, count), draw.below(3, count) + 1, 0)
    edges = np.asarray(period.edges)
    touched = created + draw.below(900, count) * SECOND
    spoil = spoil_draw(draw, count)
    spoil = np.where((source == PARTNER_LEADS) & is_ragged(spoil), JSON_BROKEN, spoil)
    spoil = np.where(np.array([feed.spoils for feed in FEEDS])[source, spoil], spoil, 0)
    spoil[0] = 0
    return Arrivals(
        person=np.arange(count, dtype=np.int64),
        source=source,
        number=np.arange(count, dtype=np.int64),
        created_us=created,
        updated_us=np.minimum(touched, edges[delivery + 1] - SECOND),
        delivery=np.minimum(delivery + late, period.deliveries - 1),
        dice=draw.below(1 << 40, count),
        # Rows that qualification sets aside stay whole, so that each outcome has its own examples.
        spoil=np.where(people.standing == FINE, spoil, 0),
        twin=np.zeros(count, dtype=np.int64),
    )


def _twins(draw: Draw, period: Period, people: People, first: Arrivals, count: int) -> Arrivals:
    twin = draw.pick(_TWIN_WEIGHTS, count)
    clean = (first.source <= EVENT_CONTACTS) & (first.spoil == 0) & (first.delivery == period.file_of(first.created_us))
    has_second = people.second_email.is_not_null().to_numpy()
    needs: dict[int, Bools] = {
        PLUS: people.is_free_mail,
        DOTS: people.email.str.ends_with("@" + FREE_MAIL[0]).to_numpy(),
        SECOND_EMAIL: has_second & (first.source != PARTNER_LEADS),
        PHONE: people.phone > 0,
    }
    of = np.zeros(count, dtype=np.int64)
    for kind in range(1, len(TWINS)):
        rows = np.flatnonzero(twin == kind)
        candidates = np.flatnonzero(clean & needs.get(kind, np.True_))
        if len(candidates) == 0:  # only in tiny demos: then it is a plain copy of the first row
            twin[rows] = EXACT
            continue
        of[rows] = candidates[draw.below(len(candidates), len(rows))]
    base = first.take(of)
    seen = _later(draw, period, base.created_us)
    keeps_id = (twin == EXACT) | (twin == UPDATED)
    return replace(
        base,
        source=np.where(keeps_id, base.source, _other_source(draw, people, base, twin == CROSS)),
        number=np.where(keeps_id, base.number, len(first) + np.arange(count)),
        created_us=np.where(keeps_id, base.created_us, seen),
        updated_us=np.where(twin == EXACT, base.updated_us, seen),
        delivery=np.where(twin == EXACT, base.delivery, period.file_of(seen)),
        dice=np.where(keeps_id, base.dice, draw.below(1 << 40, count)),
        spoil=np.zeros(count, dtype=np.int64),
        twin=twin,
    )


def _later(draw: Draw, period: Period, created: Ints) -> Ints:
    """Return an instant after ``created`` and inside the period: minutes to weeks later."""
    delays = np.array(_DELAYS)[draw.below(len(_DELAYS), len(created))]
    seen = created + delays + draw.below(600, len(created)) * SECOND
    room = np.maximum(period.end_us - created - SECOND, SECOND) // SECOND
    soon = created + draw.below(DAY, len(created)) % room * SECOND
    result: Ints = np.where(seen < period.end_us, seen, soon)
    return result


def _other_source(draw: Draw, people: People, base: Arrivals, must_differ: Bools) -> Ints:
    """Return where a second sight comes in: any lead feed that can spell the name; another one where it must differ."""
    step = draw.below(3, len(base)) + 1
    moved = (base.source + np.where(must_differ, step, draw.below(2, len(base)) * step)) % 4
    cannot = (moved == WEB_LEADS) & ~people.is_western[base.person]
    elsewhere: Ints = np.where(base.source == CRM_LEADS, PARTNER_LEADS, CRM_LEADS)
    return np.where(cannot, elsewhere, moved)


def _join(one: Arrivals, other: Arrivals) -> Arrivals:
    names = one.__dataclass_fields__
    return Arrivals(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))
