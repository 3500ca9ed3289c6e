"""The files around the items: users, accounts, contacts, open deals, activities, absences, former owners.

Belongs here: one function a table, that yields its deliveries. Does not belong here: item feeds (``cells``), dialects
(``text``), activities (``activities``). All of it comes from the CRM, but for the absences, which are HR's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from rr_pipeline.examples.demo import companies, ids
from rr_pipeline.examples.demo.activities import Delivery, activity_deliveries
from rr_pipeline.examples.demo.arrivals import World
from rr_pipeline.examples.demo.draw import Draw, Ints
from rr_pipeline.examples.demo.names import name_tables
from rr_pipeline.examples.demo.places import countries
from rr_pipeline.examples.demo.team import OWNERS, POOLS, USERS, old_owners
from rr_pipeline.examples.demo.timing import DAY, SECOND, iso_offset

BEFORE = -1  # the delivery before the first day: what the CRM held when the demo begins


@dataclass(frozen=True)
class Holdings:
    """Who owned what before the period: positions in ``OWNERS`` by account and by contact number."""

    account_owner: Ints
    contact_person: Ints
    contact_account: Ints
    contact_owner: Ints


def holdings(world: World) -> Holdings:
    """Draw the owners. Every account has one; seven contacts in ten belong to their account's owner."""
    draw = Draw(world.seed, "holdings")
    account_owner = old_owners(draw, world.account_count)
    person = np.flatnonzero(world.contact >= 0)
    account = world.people.account[person]
    own = old_owners(draw, len(person))
    return Holdings(
        account_owner, person, account, np.where(draw.chance(7_000, len(person)), account_owner[account], own)
    )


def context_deliveries(world: World, pool_of: Ints) -> Iterator[Delivery]:
    """Yield every context file. ``pool_of`` is the pool (position in ``POOLS``) each item row should come to, or -1."""
    held = holdings(world)
    yield from _users(world)
    yield from _accounts(world, held)
    yield Delivery("crm_contacts", BEFORE, _contacts(world, held))
    yield from _pipeline(world, held)
    yield Delivery("crm_owner_history", BEFORE, _history(world, held))
    yield from _absences(world)
    yield from activity_deliveries(world, pool_of, _owners_of_rows(world, held))


def _owners_of_rows(world: World, held: Holdings) -> Ints:
    """Position in ``OWNERS`` of who has the contact or account an item row is of; -1 where nobody is known."""
    by_person = np.full(len(world.people), -1, dtype=np.int64)
    account = world.people.account
    at_account = np.flatnonzero(account >= 0)
    by_person[at_account] = held.account_owner[account[at_account]]
    by_person[held.contact_person] = held.contact_owner
    return by_person[world.arrivals.person]


def _names(codes: Ints) -> pl.Series:
    return pl.Series(OWNERS).gather(codes)


def _middle(world: World) -> int:
    return int(world.period.file_of(np.array([world.period.edges[0] + world.period.days * DAY // 2]))[0])


def _users(world: World) -> Iterator[Delivery]:
    """Two snapshots: in the second somebody has left, which takes effect when it is delivered."""
    for delivery, later in ((BEFORE, False), (_middle(world), True)):
        active = [user.is_active and not (later and user.leaves) for user in USERS]
        frame = pl.DataFrame(
            {
                "Id": [user.alias for user in USERS],
                "Name": [user.name for user in USERS],
                "Email": [f"{user.alias}@routing-demo.corp" for user in USERS],
                "IsActive": ["true" if is_active else "false" for is_active in active],
                "TimeZoneSidKey": [user.zone for user in USERS],
                "ManagerId": [user.manager for user in USERS],
                "UserType": ["Standard" for _ in USERS],
            }
        )
        yield Delivery("crm_users", delivery, frame)


def _accounts(world: World, held: Holdings) -> Iterator[Delivery]:
    count = world.account_count
    draw = Draw(world.seed, "accounts")
    names, domains = companies.accounts(count)
    code = draw.pick([country.weight for country in countries()], count)
    city = draw.below(1 << 20, count)
    places = [
        countries()[c].cities[int(n) % len(countries()[c].cities)] for c, n in zip(code.tolist(), city, strict=True)
    ]
    people = world.people
    sizes = np.full(count, 40, dtype=np.int64)
    sizes[people.account[people.account >= 0]] = people.employees[people.account >= 0]
    frame = pl.DataFrame(
        {
            "Id": ids.salesforce_ids("001", np.arange(count)),
            "IsDeleted": pl.repeat("false", count, eager=True),
            "Name": pl.Series(names),
            "Website": "https://" + pl.Series(domains),
            "Domain__c": pl.Series(domains),
            "BillingCountry": pl.Series([country.name for country in countries()]).gather(code),
            "BillingState": pl.Series([place[1] for place in places]),
            "BillingPostalCode": pl.Series([place[2] for place in places]),
            "Industry": pl.Series(companies.INDUSTRIES).gather(np.arange(count) % len(companies.INDUSTRIES)),
            "NumberOfEmployees": pl.Series(sizes).cast(pl.String),
            "Tier__c": pl.Series(("Gold", "Silver", "Bronze")).gather(draw.pick((1, 3, 6), count)),
            "ParentId": pl.repeat("", count, eager=True),
            "OwnerId": _names(held.account_owner),
        }
    )
    yield Delivery("crm_accounts", BEFORE, frame)
    moved = np.flatnonzero(draw.chance(200, count))  # accounts that change hands half-way
    if len(moved):
        owner = _names(old_owners(draw, len(moved)))
        yield Delivery("crm_accounts", _middle(world), frame[moved].with_columns(owner.alias("OwnerId")))


def _contacts(world: World, held: Holdings) -> pl.DataFrame:
    people, who = world.people, held.contact_person
    firsts, lasts = name_tables()
    first = pl.Series(firsts.latin).gather(people.first[who])
    last = pl.Series(lasts.latin).gather(people.last[who])
    email = people.email.gather(who)
    # One in five is known by the other address, and some are in capitals: matching must still find them.
    frame = pl.DataFrame({"email": email, "second": people.second_email.gather(who), "n": np.arange(len(who))})
    told = frame.select(
        pl.when((pl.col("n") % 5 == 0) & pl.col("second").is_not_null())
        .then(pl.col("second"))
        .when(pl.col("n") % 9 == 0)
        .then(pl.col("email").str.to_uppercase())
        .otherwise(pl.col("email"))
    ).to_series()
    dial = pl.Series([country.dial for country in countries()]).gather(people.country[who])
    phone = pl.select(
        pl.when(pl.Series(people.phone[who] > 0))
        .then("+" + pl.lit(dial) + pl.lit(pl.Series(people.phone[who]).cast(pl.String)))
        .otherwise(pl.lit(""))
    ).to_series()
    return pl.DataFrame(
        {
            "Id": ids.salesforce_ids("003", np.arange(len(who))),
            "AccountId": ids.salesforce_ids("001", held.contact_account),
            "LastName": last,
            "FirstName": first,
            "Name": first + " " + last,
            "Email": told,
            "Phone": phone,
            "OwnerId": _names(held.contact_owner),
        }
    )


def _pipeline(world: World, held: Holdings) -> Iterator[Delivery]:
    """Open deals at one account in eight: their owner comes before the account's. A second file closes some of them."""
    draw = Draw(world.seed, "pipeline")
    account = np.flatnonzero(draw.chance(1_250, world.account_count))
    count = len(account)
    owner = np.where(draw.chance(6_000, count), held.account_owner[account], old_owners(draw, count))
    frame = pl.DataFrame(
        {
            "Id": ids.salesforce_ids("006", 800_000_000 + np.arange(count)),
            "AccountId": ids.salesforce_ids("001", account),
            "ContactId": pl.repeat("", count, eager=True),
            "Amount": pl.Series(draw.below(90_000, count) + 2_000).cast(pl.String),
            "IsClosed": pl.Series(["false", "true"]).gather(draw.pick((4, 1), count)),
            "OwnerId": _names(owner),
        }
    )
    if count:
        yield Delivery("crm_pipeline", BEFORE, frame)
    closed = np.flatnonzero(draw.chance(1_500, count))
    if len(closed):
        yield Delivery("crm_pipeline", _middle(world), frame[closed].with_columns(pl.lit("true").alias("IsClosed")))


def _history(world: World, held: Holdings) -> pl.DataFrame:
    """Former owners of a third of the accounts: two intervals that meet, the second still open."""
    draw = Draw(world.seed, "history")
    account = np.flatnonzero(draw.chance(3_300, world.account_count))
    count = len(account)
    change = world.period.start_us - draw.below(500, count) * DAY - draw.below(86_400, count) * SECOND
    begin = change - draw.below(700, count) * DAY - DAY
    text_id = ids.salesforce_ids("001", account)
    parts = [
        pl.DataFrame({"RecordId": text_id, "OwnerId": _names(who), "StartDate": iso_offset(start), "EndDate": end})
        for who, start, end in (
            (old_owners(draw, count), begin, iso_offset(change)),
            (held.account_owner[account], change, pl.repeat("", count, eager=True)),
        )
    ]
    return (
        pl.concat(parts)
        .with_columns(pl.lit("account").alias("ObjectType"))
        .select("ObjectType", "RecordId", "OwnerId", "StartDate", "EndDate")
    )


def _absences(world: World) -> Iterator[Delivery]:
    """Holidays known beforehand, and illness that is reported half-way. Local dates, both ends included."""
    draw = Draw(world.seed, "absences")
    start, days = world.period.start.date(), world.period.days
    middle = (world.period.edges[_middle(world) + 1] - world.period.start_us) // DAY
    aliases = sorted({alias for roster in POOLS.values() for alias, _, _ in roster})
    planned: list[tuple[str, str, str, str]] = []
    sudden: list[tuple[str, str, str, str]] = []
    for alias in aliases:
        first, length = int(draw.below(days, 1)[0]), 1 + int(draw.below(max(1, min(12, days // 4)), 1)[0])
        kind = ("vacation", "vacation", "parental", "training")[int(draw.below(4, 1)[0])]
        row = (alias, *_dates(start + timedelta(days=first), length), kind)
        if int(draw.below(10, 1)[0]) < 5 and days > 3:
            planned.append(row)
        elif int(draw.below(10, 1)[0]) < 3:
            sudden.append((alias, *_dates(start + timedelta(days=int(middle)), 2), "sick"))
    for delivery, rows in ((BEFORE, planned), (_middle(world), sudden)):
        if rows:
            yield Delivery(
                "hr_absences", delivery, pl.DataFrame(rows, schema=["user_id", "start", "end", "kind"], orient="row")
            )


def _dates(first: date, length: int) -> tuple[str, str]:
    return first.strftime("%d.%m.%Y"), (first + timedelta(days=length - 1)).strftime("%d.%m.%Y")
