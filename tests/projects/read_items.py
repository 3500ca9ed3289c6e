"""What a project says of each item before the rotation, read plainly: person, context, existing owner, pool, needs.

Belongs here: duplicates, contacts and accounts, claims, conditions. Does not belong here: the rotation (tests/core),
and what happens afterwards (``read_events``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.projects.read_history import kept_by, recorded
from tests.projects.read_people import People
from tests.projects.read_policy import version_starts
from tests.projects.read_rows import Rows, Told, closes_anyway, closing_statuses, fold
from tests.projects.read_time import us
from tests.projects.tree import Project, Row

Tree = Mapping[str, Any]
COUNTRIES = {"norway": "NO", "sweden": "SE", "france": "FR"}
NUMBERS = {"employee_count", "priority"}
PRIORITIES = {"high": -1, "low": 1, "urgent": -2, "normal": 0}


@dataclass(frozen=True)
class Settled:
    """What is known of an item when the rotation takes it up, or why it does not.

    ``has_now``: of an item that its record keeps, who has it by the end of that record; ``is_last``: nobody later.
    """

    number: int
    told: Told
    decided: int
    person: int
    contact: str | None
    account: str | None
    pool: str
    needs: tuple[str, ...]
    wishes: tuple[str, ...]
    prefers: tuple[str, ...]
    targets: tuple[str, ...]
    outcome: str | None = None
    reason: str | None = None
    owner: str | None = None
    has_now: str | None = None
    is_last: bool = True
    duplicate_of: int | None = None

    @property
    def priority(self) -> int:
        return priority_of(self.told.row)


def priority_of(row: Row) -> int:
    word = row.get("priority")
    return PRIORITIES[word] if word in PRIORITIES else int(word or 0)


@dataclass
class Items:
    project: Project
    rows: Rows
    people: People
    settled: list[Settled] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.starts = version_starts(self.project)
        self.person_of_key: dict[str, int] = {}
        self.names_of: dict[str, dict[str, int]] = {}
        self.first_of: dict[int, int] = {}
        self.person_count = 0
        for number, told, decided in self.rows.items():
            self.settled.append(self._settle(number, told, decided))

    def policy_at(self, t: int) -> Tree:
        return self.project.policies[max(place for place, start in enumerate(self.starts) if start <= t)]

    def _settle(self, number: int, told: Told, decided: int) -> Settled:
        policy, row = self.policy_at(decided), told.row
        kind = self.project.feed(told.feed).object_type
        contact, account = self._context(told)
        fields = self._fields(told, kind, contact, account)
        pool, needs = _territory(policy, row, fields)
        more: dict[str, Any] = {}
        reason = next((one["name"] for one in policy.get("qualification", ()) if holds(one, fields)), None)
        is_closed = arrives_closed(row, policy)
        person, survivor = self._person(
            number, row, kind, policy, decided, can_fold=not is_closed, can_survive=reason is None
        )
        if is_closed:
            more = {"outcome": "disqualified", "reason": "closed_on_arrival"}
        elif survivor is not None:
            more = {"outcome": "duplicate", "reason": "same_person", "duplicate_of": survivor}
        elif reason is not None:
            more = {"outcome": "disqualified", "reason": reason}
        else:
            more = self._claim(told, policy, contact, account, decided)
        return Settled(
            number, told, decided, person, contact, account, pool, needs, *_wishes(policy, fields),
            tuple(sorted(_targets(policy, fields))), **more,
        )  # fmt: skip

    def by_versions(self, item: Settled) -> Iterator[tuple[int, Settled]]:
        """What versions that begin later say of an item that may wait, where it belongs elsewhere by them."""
        told = item.told
        fields = self._fields(told, self.project.feed(told.feed).object_type, item.contact, item.account)
        for start, before, policy in zip(
            self.starts[1:], self.project.policies[:-1], self.project.policies[1:], strict=True
        ):
            pool, needs = _territory(policy, told.row, fields)
            if (
                start <= item.decided
                or (pool, needs) == _territory(before, told.row, fields)
                or any(holds(one, fields) for one in policy.get("qualification", ()))
            ):
                continue
            wishes, prefers = _wishes(policy, fields)
            targets = tuple(sorted(_targets(policy, fields)))
            yield start, replace(item, pool=pool, needs=needs, wishes=wishes, prefers=prefers, targets=targets)

    # Persons

    def _person(
        self, number: int, row: Row, kind: str | None, policy: Tree, decided: int, *, can_fold: bool, can_survive: bool
    ) -> tuple[int, int | None]:
        """The person of an item, and the earlier item that it repeats."""
        identity = policy.get("identity", {})
        keys = keys_of(row, identity.get("keys", ["email", "phone_and_name"]))
        keys = self._proving(row, keys, int(identity.get("most_per_key", 3)))
        met = sorted({self.person_of_key[key] for key in keys if key in self.person_of_key})
        if met:
            person = met[0]
            firsts = [self.first_of.pop(one) for one in met if one in self.first_of]
            if firsts:
                self.first_of[person] = min(firsts)
            joined = {key: person for key, one in self.person_of_key.items() if one in met}
            self.person_of_key.update(joined)
        else:
            self.person_count += 1
            person = self.person_count
        self.person_of_key.update(dict.fromkeys(keys, person))
        if not can_fold or kind not in identity.get("deduplicate", ["lead", "contact"]):
            return person, None
        survivor = self.first_of.get(person)
        if survivor is not None and self._is_deleted(survivor, decided):
            survivor = None
        if can_survive and survivor is None:
            self.first_of[person] = number
        return person, survivor

    def _is_deleted(self, number: int, t: int) -> bool:
        """Whether a row of an earlier item says by an instant that it is deleted."""
        key = self.settled[number - self.settled[0].number].told.key
        for told in [*self.rows.decided_by, *self.rows.further]:
            if told.key == key and told.row.get("is_deleted"):
                said = told.row.get("closed_at") or told.row.get("updated_at") or told.row["created_at"]
                if max(min(us(said), self.rows.closes[told.place]), self.rows.effective[told.place]) <= t:
                    return True
        return False

    def _proving(self, row: Row, keys: list[str], most: int) -> list[str]:
        """The keys, and each address with the name; without the address alone where too many names came with it."""
        name = " ".join(sorted(fold(row.get("full_name")).split()))
        found = []
        for key in keys:
            if key.startswith("email:"):
                names = self.names_of.setdefault(key, {})
                if name:
                    names[name] = 1
                    found.append(f"{key} {name}")
                if len(names) > most:
                    continue
            found.append(key)
        return found

    # Contacts, accounts, claims

    def _known(self, table: str, key: str, place: int) -> dict[str, tuple[int, Row]]:
        """The latest rows of a table by id, as known at a delivery, with the places they came at."""
        feeds = {feed.name for feed in self.project.feeds if feed.table == table}
        found: dict[str, tuple[int, Row]] = {}
        for number, delivery in enumerate(self.project.deliveries[: place + 1]):
            for name in sorted(feeds & set(delivery.rows)):
                found |= {row[key]: (number, row) for row in delivery.rows[name]}
        return found

    def _context(self, told: Told) -> tuple[str | None, str | None]:
        row, contacts = told.row, self._known("contacts", "contact_id", told.place)
        contact, account = row.get("contact_id"), row.get("account_id")
        if not contact:
            emails = set(emails_of(row))
            hits = [(-place, name) for name, (place, one) in contacts.items() if one.get("email") in emails]
            contact = min(hits)[1] if hits else None
        if not account and contact in contacts:
            account = contacts[contact][1].get("account_id")
        if not account and row.get("email"):
            domain = row["email"].split("@")[1]
            accounts = self._known("accounts", "account_id", told.place)
            hosts = [name for name, (_, one) in accounts.items() if one.get("domain") == domain]
            account = hosts[0] if len(hosts) == 1 else None
        return contact or None, account or None

    def _claim(
        self, told: Told, policy: Tree, contact: str | None, account: str | None, decided: int
    ) -> dict[str, Any]:
        """Who has the item already, if that counts."""
        contacts = self._known("contacts", "contact_id", told.place)
        accounts = self._known("accounts", "account_id", told.place)
        deals = [
            (-place, name, one["owner_id"])
            for name, (place, one) in self._known("opportunities", "opportunity_id", told.place).items()
            if one.get("is_open") and one.get("owner_id")
            if (contact and one.get("contact_id") == contact) or (account and one.get("account_id") == account)
        ]
        owners = {
            "item": told.row.get("owner_id"),
            "opportunity": min(deals)[2] if deals else None,
            "contact": contacts[contact][1].get("owner_id") if contact in contacts else None,
            "account": accounts[account][1].get("owner_id") if account in accounts else None,
        }
        ownership = policy.get("ownership", {})
        ignored = {fold(one) for one in ownership.get("ignore_owners", ())}
        for claim in ownership.get("precedence", ["item", "opportunity", "contact", "account", "survivor"]):
            owner = owners.get(claim)
            if owner and claim != "history" and fold(owner) in ignored:
                continue
            if claim == "history":
                close = self.rows.closes[told.place]
                stretches = recorded(self.project, self.people, told, decided)
                keep_inactive = bool(ownership.get("keep_inactive"))
                kept = kept_by(self.people, stretches, told.place, close, keep_inactive=keep_inactive)
                if kept is not None:
                    return {
                        "outcome": "kept",
                        "reason": "history",
                        "owner": kept[0],
                        "has_now": kept[1],
                        "is_last": kept[2],
                    }
            elif owner:
                is_known = self.people.at(owner, decided) is not None
                is_active = self.people.is_active(owner, decided) or not self.people.is_fed(decided)
                if is_active or (is_known and ownership.get("keep_inactive")):
                    return {"outcome": "kept", "reason": f"{claim}_owner", "owner": owner}
        return {}

    def _fields(self, told: Told, kind: str | None, contact: str | None, account: str | None) -> dict[str, Any]:
        """What conditions may ask for, as they compare it."""
        row = told.row
        country = row.get("country")
        known = self._known("accounts", "account_id", told.place)
        found = {name: fold(row.get(name)) for name in ("tier", "source_channel", "consent_status", "email")}
        return {
            **found,
            "object_type": kind,
            "country": fold(COUNTRIES.get(fold(country), country)),
            "employee_count": row.get("employee_count"),
            "priority": priority_of(row),
            "needed_skills": asked(row),
            "contact_id": fold(contact),
            "account_tier": fold(known[account][1].get("tier")) if account in known else "",
        }


def arrives_closed(row: Row, policy: Tree) -> bool:
    """Whether the row an item is decided by says that it is over already, and the policy sets such items aside."""
    if policy.get("updates", {}).get("arrives_closed", "set_aside") == "decide":
        return False
    return closes_anyway(row) or fold(row.get("status")) in closing_statuses(policy)


def emails_of(row: Row) -> list[str]:
    return [email for email in (row.get("email"), *(row.get("other_emails") or "").split(";")) if email]


def keys_of(row: Row, kinds: list[str]) -> list[str]:
    found = [f"email:{email}" for email in emails_of(row)] if "email" in kinds else []
    if "phone_and_name" in kinds and row.get("phone") and row.get("full_name"):
        found.append(f"phone:{row['phone']} {' '.join(sorted(fold(row['full_name']).split()))}")
    return found


def asked(row: Row) -> list[str]:
    return [fold(skill) for skill in (row.get("needed_skills") or "").split(";") if skill.strip()]


def holds(rule: Tree, fields: Tree) -> bool:
    return all(_meets(name, fields[name], wanted) for name, wanted in rule["when"].items())


def _meets(name: str, value: Any, wanted: Any) -> bool:
    if isinstance(wanted, list):
        wanted = {"any": wanted}
    is_empty = value is None or value in ("", [])
    checks = []
    for form, what in wanted.items():
        if form == "is_empty":
            checks.append(is_empty == what)
        elif form in {"min", "max"}:
            checks.append(not is_empty and (value >= what if form == "min" else value <= what))
        elif form == "starts_with":
            checks.append(any(fold(value).startswith(fold(one)) for one in what))
        else:
            hits = {float(one) for one in what} if name in NUMBERS else {fold(one) for one in what}
            listed = not is_empty and bool(hits & set(value if isinstance(value, list) else [value]))
            checks.append(listed == (form == "any"))
    return all(checks)


def _territory(policy: Tree, row: Row, fields: Tree) -> tuple[str, tuple[str, ...]]:
    """The pool that the rules send an item to, and the skills it needs there."""
    listed = {skill.lower() for skill in policy.get("skills", ())}
    needs = {skill for skill in asked(row) if skill in listed}
    for rule in policy.get("skill_rules", ()):
        needs |= {skill.lower() for skill in rule["needs"]} if holds(rule, fields) else set()
    pool = policy["catch_all"]
    if set(asked(row)) <= listed:
        rules = sorted(policy.get("territories", ()), key=lambda one: one.get("priority", 100))
        found = next((one for one in rules if holds(one, fields)), None)
        if found is not None:
            pool = found["pool"]
            needs |= {skill.lower() for skill in found.get("needs", ())}
    return pool, tuple(sorted(needs))


def _wishes(policy: Tree, fields: Tree) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The skills and the users that the first preference which holds names."""
    chosen: Tree = next((one["prefer"] for one in policy.get("preferences", ()) if holds(one, fields)), {})
    return tuple(sorted(skill.lower() for skill in chosen.get("skills", ()))), tuple(sorted(chosen.get("users", ())))


def _targets(policy: Tree, fields: Tree) -> list[str]:
    """Names of the conditional targets of all pools that apply."""
    found = []
    for name, pool in policy["pools"].items():
        targets = pool.get("sla", ())
        for target in [targets] if isinstance(targets, dict) else targets:
            if "when" in target and holds(target, fields):
                found.append(f"{name}/{target.get('name', 'first_touch')}")
    return found
