"""Random feeds and deliveries: items that come late, twice and changed, people, owners, and what happens to items.

Belongs here: rows and when they come. Does not belong here: policies (``make_rules``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.core.world_dice import Dice
from tests.projects.make_pools import SKILLS, USERS, ZONES, Setting
from tests.projects.tree import Delivery, Feed

Rows = dict[str, list[dict[str, Any]]]
"""Rows of one delivery by feed."""

GAPS = (30, 60, 10, 240, 600, 1440, 3 * 1440)
FORMATS = ("csv", "csv", "jsonl", "parquet")
TIMES = ("iso", "iso", "local", "%d.%m.%Y %H:%M:%S", "epoch_s")
OTHERS = ("zed", "ghost")
"""``zed`` is a user who is no member; of ``ghost`` nobody has heard."""


def feeds_of(setting: Setting) -> list[Feed]:
    dice = setting.dice
    found = [_feed(dice, "leads", "items", "lead")]
    if dice.rarely(2):
        found.append(_feed(dice, "cases", "items", "case"))
    if dice.rarely(3):
        found.append(_feed(dice, "deals", "items", "opportunity"))
    if setting.has("claims"):
        found += [_feed(dice, name, name) for name in ("contacts", "accounts", "opportunities")]
        found += [Feed("history", "ownership_history")]
    if setting.has("away", "claims") or dice.rarely(3):
        found.append(Feed("users", "users", format=dice.pick(*FORMATS)))
    if setting.has("away"):
        found.append(Feed("absences", "absences", format=dice.pick("csv", "jsonl"), delimiter=dice.pick(",", ";")))
    if setting.has("sla", "capacity", "users", "declines", "returns", "claims", "persons"):
        found.append(_feed(dice, "acts", "activities"))
    return found


def _feed(dice: Dice, name: str, table: str, kind: str | None = None) -> Feed:
    format_, times, delimiter, renamed, zipped = dice.each(len(FORMATS), len(TIMES), 3, 3, 5)
    return Feed(
        name, table, kind, FORMATS[format_], TIMES[times], (",", ";", "|")[delimiter], renamed == 2, zipped == 4
    )


def times_of(setting: Setting) -> list[datetime]:
    """When deliveries come."""
    dice, at, found = setting.dice, setting.start, []
    for _ in range(dice.pick(3, 2, 4, 5, 6)):
        at += timedelta(minutes=dice.pick(*GAPS))
        found.append(at)
    return found


@dataclass
class Maker:
    """Writes deliveries one after the other, and remembers what it wrote."""

    setting: Setting
    feeds: Sequence[Feed]
    ends: Sequence[datetime]
    items: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    acts: list[dict[str, Any]] = field(default_factory=list)
    change_count: int = 0

    def deliveries(self) -> list[Delivery]:
        dice = self.setting.dice
        each = dice.pick(4, 2, 7, 10)
        names = [f"i{number}" for number in range(len(self.ends) * each)]
        begin, found = self.setting.start, []
        for place, at in enumerate(self.ends):
            own = names[place * each : (place + 1) * each]
            rows: Rows = {feed.name: [] for feed in self.feeds}
            self._items(rows, own, begin, at)
            self._changes(rows, begin, at)
            self._people(rows, place, at)
            self._claims(rows, place)
            self._history(rows, own, at)
            if "acts" in rows and (place or dice.rarely(2)):
                self._happenings(rows, names[: (place + 1) * each + each // 2], begin, at)
            found.append(Delivery(at, {name: some for name, some in rows.items() if some}))
            begin = at
        return found

    def _between(self, begin: datetime, end: datetime, early: int = 0) -> datetime:
        """An instant on a whole five minutes, or an odd one, now and then before all of it."""
        dice = self.setting.dice
        whole = int((end - begin).total_seconds()) // 60
        minute = dice.below(max(whole, 1)) if dice.rarely(3) else dice.below(max(whole // 5, 1)) * 5
        return begin + timedelta(minutes=minute - (early if early and dice.rarely(6) else 0))

    # Items

    def _items(self, rows: Rows, names: Sequence[str], begin: datetime, at: datetime) -> None:
        dice = self.setting.dice
        feeds = [feed.name for feed in self.feeds if feed.table == "items"]
        crowd = self._between(begin, at) if dice.rarely(3) else None
        for name in names:
            feed = dice.pick(*feeds)
            row = self._item(name, crowd or self._between(begin, at, 300))
            rows[feed].append(row)
            self.items[name] = feed, row
            if dice.rarely(12):
                rows[feed].append(dict(row))
        if dice.rarely(5):
            fault: Any = dice.pick({"item_id": None}, {"created_at": "soon"}, {"created_at": None})
            bad = {**self._item("bad", at), **fault}
            rows[dice.pick(*feeds)].append(bad)

    def _item(self, name: str, created: datetime) -> dict[str, Any]:
        dice, setting = self.setting.dice, self.setting
        who = dice.below(6) if setting.has("persons") and dice.rarely(2) else name
        row: dict[str, Any] = {
            "item_id": name,
            "created_at": created,
            "email": f"person{who}@house{dice.below(4)}.example" if isinstance(who, str) else f"person{who}@p.example",
            "country": dice.pick("NO", "SE", "FR", "Norway", None, "Atlantis"),
            "tier": dice.pick(None, "a", "b", "C "),
            "source_channel": dice.pick("web", "ads", None),
            "employee_count": dice.pick(None, 5, 50, 100, 1000),
            "priority": dice.pick(None, None, "1", "-1", "high", "low"),
        }
        if setting.has("skills") and dice.rarely(3):
            row["needed_skills"] = dice.pick("french", "Expert", "french; EXPERT", "golf", *SKILLS)
        if setting.has("rules") and dice.rarely(4):
            row["consent_status"] = dice.pick("denied", "granted")
        if setting.has("persons") and dice.rarely(4):
            row.update(phone=f"+4791234{dice.below(3)}00", full_name=dice.pick("Ola Nord", "nord ola", "Kari Syd"))
        if setting.has("persons") and dice.rarely(8):
            row["other_emails"] = f"person{dice.below(6)}@p.example"
        if setting.has("claims") and dice.rarely(4):
            row["owner_id"] = self._owner()
        if setting.has("claims") and dice.rarely(2):
            row.update(dice.pick({"contact_id": f"C{dice.below(4)}"}, {"account_id": f"A{dice.below(3)}"}))
        if dice.rarely(12):
            row.update(self._closed(created, created))
        return row

    def _closed(self, created: datetime, at: datetime) -> dict[str, Any]:
        dice = self.setting.dice
        return dice.pick(
            {"status": "Done"}, {"status": "Parked"}, {"is_converted": True}, {"closed_at": max(created, at)},
            {"is_deleted": True}, {"status": "open"},
        )  # fmt: skip

    def _changes(self, rows: Rows, begin: datetime, at: datetime) -> None:
        """Further rows of items already told of: changed, older than what was told, or the very same."""
        dice = self.setting.dice
        for _ in range(dice.pick(0, 1, 2, 4) if self.items else 0):
            name = dice.pick(*sorted(self.items))
            feed, row = self.items[name]
            self.change_count += 1  # no two changes of one instant: nothing would say which is the newer
            when = max(self._between(begin, at, 600), row["created_at"]) + timedelta(seconds=self.change_count)
            changed = {**row, **self._closed(row["created_at"], when), "updated_at": when}
            if dice.rarely(6):
                changed = dict(row)
            rows[feed].append(changed)
            self.items[name] = feed, changed

    # People and owners

    def _people(self, rows: Rows, place: int, at: datetime) -> None:
        dice = self.setting.dice
        if "users" in rows:
            told = not any(feed_rows for feed_rows in self._told_users)
            names = [*USERS, "zed"] if told and (place or not dice.rarely(4)) else []
            if not told:
                names = [name for name in USERS if dice.rarely(6)]
            rows["users"] = [self._user(name, at, is_first=told) for name in names]
            self._told_users.append(rows["users"])
        if "absences" in rows:
            rows["absences"] = [self._absence() for _ in range(dice.pick(0, 1, 2))]

    def __post_init__(self) -> None:
        self._told_users: list[list[dict[str, Any]]] = []

    def _user(self, name: str, at: datetime, *, is_first: bool) -> dict[str, Any]:
        dice = self.setting.dice
        row: dict[str, Any] = {"user_id": name, "is_active": dice.pick(True, None)}
        if dice.rarely(6 if is_first else 2):
            row["is_active"] = False
        if dice.rarely(3):
            row["time_zone"] = dice.pick(*ZONES)
        if dice.rarely(8):
            row["active_until"] = at + timedelta(minutes=dice.pick(30, 600))
        elif dice.rarely(8):
            row["active_from"] = at - timedelta(minutes=dice.pick(30, 600, -60))
        if dice.rarely(2):
            row["manager_id"] = dice.pick(*USERS)
        return row

    def _absence(self) -> dict[str, Any]:
        dice, setting = self.setting.dice, self.setting
        user = dice.pick(*USERS)
        if dice.rarely(2):
            first = dice.below(4)
            end = setting.day(first + dice.below(2)) if dice.rarely(2) else None
            return {"user_id": user, "start": setting.day(first), "end": end}
        start = setting.start + timedelta(minutes=30 * dice.below(100))
        return {"user_id": user, "start": start, "end": start + timedelta(minutes=dice.pick(30, 120, 1440))}

    def _claims(self, rows: Rows, place: int) -> None:
        dice = self.setting.dice
        if "contacts" not in rows:
            return
        for number in range(4):
            if dice.rarely(2 if place == 0 else 5):
                more = {"account_id": f"A{dice.below(3)}"} if dice.rarely(3) else {}
                email = f"person{number}@p.example" if dice.rarely(3) else None
                rows["contacts"].append({"contact_id": f"C{number}", "owner_id": self._owner(), "email": email, **more})
        for number in range(3):
            if dice.rarely(2 if place == 0 else 5):
                domain = f"house{dice.below(4)}.example" if dice.rarely(2) else None
                account = {"account_id": f"A{number}", "name": f"House {number}", "tier": dice.pick(None, "gold")}
                rows["accounts"].append({**account, "domain": domain, "owner_id": self._owner()})
        for number in range(3):
            if dice.rarely(3 if place == 0 else 6):
                whose = dice.pick({"contact_id": f"C{dice.below(4)}"}, {"account_id": f"A{dice.below(3)}"})
                deal = {"opportunity_id": f"O{number}", "is_open": dice.pick(True, True, False), **whose}
                rows["opportunities"].append({**deal, "owner_id": self._owner()})

    def _history(self, rows: Rows, names: Sequence[str], at: datetime) -> None:
        """Recorded owners of items of this delivery and of earlier ones, one after the other."""
        dice = self.setting.dice
        for name in names if "history" in rows else ():
            feed, row = self.items[name]
            begin = row["created_at"] + timedelta(minutes=dice.pick(0, -60, 30))
            for _ in range(dice.pick(0, 0, 1, 2, 3)):
                end = begin + timedelta(minutes=dice.pick(30, 10, 300))
                kind = next(one.object_type for one in self.feeds if one.name == feed)
                one = {"object_type": kind, "item_id": name, "owner_id": dice.pick(*USERS, "zed", "ghost")}
                rows["history"].append({**one, "from_at": begin, "until_at": end if dice.rarely(2) else None})
                begin = min(end, at)

    def _owner(self) -> str | None:
        dice = self.setting.dice
        return dice.pick(*USERS, *USERS, *OTHERS, None)

    # What happens to items

    def _happenings(self, rows: Rows, names: Sequence[str], begin: datetime, at: datetime) -> None:
        dice = self.setting.dice
        for _ in range(dice.pick(4, 0, 8, 12)):
            when = self._between(begin, at, 120)
            what = {"item_id": dice.pick(*names, "never")}
            if self.setting.has("claims") and dice.rarely(6):
                what = {"contact_id": f"C{dice.below(4)}"}
            users = USERS if dice.rarely(2) else (dice.pick(*USERS),)
            one = self._kind()
            for user in users if one["kind"] != "status_change" else users[:1]:
                number = f"a{len(self.acts):04}"
                self.acts.append({"activity_id": number, "occurred_at": when, "user_id": user, **what, **one})
                rows["acts"].append(self.acts[-1])
        if self.acts and dice.rarely(3):
            rows["acts"].append(dict(dice.pick(*self.acts)))

    def _kind(self) -> dict[str, Any]:
        dice = self.setting.dice
        kinds: list[dict[str, Any]] = [{"kind": "call"}, {"kind": "email"}, {"kind": "call", "direction": "outbound"}]
        kinds += [{"kind": "status_change", "outcome": dice.pick("closed", "won", "open", "Parked")}]
        kinds += [{"kind": "stage_change", "outcome": "Won"}, {"kind": "note"}]
        kinds += [{"kind": "call", "direction": "inbound"}, {"kind": "email", "is_automated": True}]
        if self.setting.has("declines"):
            kinds += [{"kind": "decline"}] * 4
        if self.setting.has("returns"):
            kinds += [{"kind": "status_change", "outcome": "spam"}] * 3
        return dice.pick(*kinds)
