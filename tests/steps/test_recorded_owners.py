"""Recorded owners counted again minute by minute, in small random histories."""

import random

import pytest

from rr_pipeline.warehouse.sql_files import make_temp
from tests.steps.given import at, give, open_given, taken

TABLES = {
    "int_due_items": (
        "item_seq bigint, object_type varchar, item_id varchar, ingest_batch bigint, decided_at timestamptz, "
        "policy_no integer"
    ),
    "int_batches": "ingest_batch bigint, closes_at timestamptz",
    "int_precedence": "policy_no integer, claim varchar, claim_rank integer, keep_inactive boolean",
    "int_known_users": "user_id varchar, known_from_at timestamptz, manager_id varchar",
    "ops.batches": "ingest_batch bigint, effective_at timestamptz",
    "int_user_intervals": "user_id varchar, from_at timestamptz, until_at timestamptz",
    "staging.stg_users": "user_id varchar, ingest_batch bigint",
    "staging.stg_ownership_history": (
        "object_type varchar, item_id varchar, owner_id varchar, from_at timestamptz, until_at timestamptz, "
        "updated_at timestamptz, ingest_batch bigint, file_id bigint, row_number bigint"
    ),
    "ops.ingested_files": "file_id bigint, file_name varchar, delivered_at timestamptz",
    "ops.withdrawn_files": "file_id bigint, from_batch bigint",
}
END = 60
ACTIVE = {"ann": (0, END), "bob": (0, 30), "cat": (30, END), "new": (0, END)}
"""Minutes in which they are active; gone never is, new is known from the third delivery on, queue never."""
SINCE = {"ann": 1, "bob": 1, "cat": 1, "gone": 1, "new": 3}
CLOSES = {1: 10, 2: 20, 3: 33, 4: 50}
"""Minute of the end of each delivery: of an owner to come it counts whether he was active then."""


DELIVERED = {1: 1, 2: 3, 3: 2, 4: 4}
"""Minute in which each batch was delivered: the third is one of before the second that came late."""
FILES = {"z.csv": 1, "a.csv": 2}
"""Number of each file of a batch: the name counts, not the number."""


def newest_of(rows, batch, told):
    """Of one start and delivery: users first, then the one updated last, then by file name and place."""
    return max(
        (SINCE.get(owner, 9) <= batch, updated or -1, name, place, owner, end or END)
        for owner, _, end, by, updated, name, place in rows
        if by == told
    )


def changes_of(rows, batch):
    """Who got it at which minute, with the end that is recorded."""
    found = {}
    for start in {row[1] for row in rows}:
        those = [row for row in rows if row[1] == start]
        last_updated, last_delivered = -1, -1
        for told in sorted({row[3] for row in those if row[3] <= batch}):
            _, updated, _, _, owner, end = newest_of(those, batch, told)
            comparable = -1 not in (updated, last_updated) and updated != last_updated
            if updated > last_updated if comparable else DELIVERED[told] >= last_delivered:
                found[start] = owner, end
            last_updated, last_delivered = max(updated, last_updated), max(DELIVERED[told], last_delivered)
    return found


def owners_by_minute(rows, batch):
    """Whose it is in each minute, as recorded: None is nobody."""
    changes, found, standing = changes_of(rows, batch), [], (None, 0)
    for minute in range(END):
        standing = changes.get(minute, standing)
        found.append(standing[0] if minute < standing[1] else None)
    return found


def expected(rows, batch, decided, keep_inactive):
    """Stretches (owner, from, until) from the claim on; a claim that does not hold stands alone, with its state."""
    minutes = owners_by_minute(rows, batch)
    stretches = [
        (minutes[minute], minute, next((end for end in range(minute, END) if minutes[end] != minutes[minute]), END))
        for minute in range(decided, END)
        if minutes[minute] and (minute == decided or minutes[minute - 1] != minutes[minute])
    ]

    def state(owner, minute):
        if SINCE.get(owner, 9) > batch:
            return "owner_unknown"
        start, end = ACTIVE.get(owner, (0, 0))
        return "active" if start <= min(minute, CLOSES[batch]) < end else "owner_inactive"

    holding = ("active", "owner_inactive") if keep_inactive else ("active",)
    states = [state(owner, start) for owner, start, _ in stretches]
    first = next((place for place, said in enumerate(states) if said in holding), 0)
    kept = [
        (*stretch, said)
        for place, (stretch, said) in enumerate(zip(stretches, states, strict=True))
        if place == first or (place > first and said != "owner_unknown")
    ]
    return [
        (owner, decided if place == 0 else start, None if place == len(kept) - 1 else end, said)
        for place, (owner, start, end, said) in enumerate(kept)
    ]


def history(dice):
    for place in range(dice.choice([0, 1, 2, 3, 5, 8])):
        start = dice.choice([0, 5, 10, 20, 25, 30, 35, 40, 50])
        end = min(start + dice.choice([5, 10, 30]), END - 1) if dice.random() < 0.4 else None
        told, updated, name = dice.randint(1, 4), dice.choice([None, None, 1, 2, 3]), dice.choice(list(FILES))
        yield dice.choice(["ann", "bob", "cat", "gone", "new", "queue"]), start, end, told, updated, name, place


@pytest.mark.parametrize("keep_inactive", [False, True])
def test_recorded_owners_are_those_of_each_minute(keep_inactive):
    dice = random.Random(11)
    worlds = {seq: (list(history(dice)), dice.randint(1, 3), dice.choice([0, 7, 20, 33])) for seq in range(1, 1500)}
    with open_given(TABLES) as con:
        con.execute("insert into int_precedence values (1, 'history', 1, ?)", [keep_inactive])
        give(
            con,
            "int_known_users",
            *({"user_id": user, "known_from_at": at(CLOSES[batch])} for user, batch in SINCE.items()),
        )
        give(con, "int_batches", *({"ingest_batch": batch, "closes_at": at(end)} for batch, end in CLOSES.items()))
        give(con, "ops.batches", *({"ingest_batch": batch, "effective_at": at(batch)} for batch in range(1, 5)))
        give(con, "staging.stg_users", *({"user_id": user, "ingest_batch": batch} for user, batch in SINCE.items()))
        give(
            con, "int_user_intervals",
            *({"user_id": user, "from_at": at(start), "until_at": at(end)} for user, (start, end) in ACTIVE.items()),
        )  # fmt: skip
        item = {"object_type": "lead", "policy_no": 1}
        give(
            con, "int_due_items",
            *(
                {**item, "item_seq": seq, "item_id": f"L{seq}", "ingest_batch": batch, "decided_at": at(decided)}
                for seq, (_, batch, decided) in worlds.items()
            ),
        )  # fmt: skip
        give(
            con, "staging.stg_ownership_history",
            *(
                {"object_type": "lead", "item_id": f"L{seq}", "owner_id": owner, "from_at": at(start),
                 "until_at": None if end is None else at(end), "ingest_batch": told,
                 "updated_at": None if updated is None else at(updated),
                 "file_id": told * 10 + FILES[name], "row_number": place}
                for seq, (rows, _, _) in worlds.items()
                for owner, start, end, told, updated, name, place in rows
            ),
        )  # fmt: skip
        give(
            con, "ops.ingested_files",
            *(
                {"file_id": batch * 10 + number, "file_name": name, "delivered_at": at(delivered)}
                for batch, delivered in DELIVERED.items()
                for name, number in FILES.items()
            ),
        )  # fmt: skip
        for table in ("int_recorded_changes", "int_recorded_stretches", "int_recorded_owners"):
            make_temp(con, "intermediate", table)
        found = {}
        for row in taken(con, "from int_recorded_owners order by item_seq, place"):
            told = row["owner_id"], row["from_at"], row["until_at"], row["owner_state"]
            found.setdefault(row["item_seq"], []).append(told)
    for seq, (rows, batch, decided) in worlds.items():
        wanted = [
            (owner, at(start), None if end is None else at(end), said)
            for owner, start, end, said in expected(rows, batch, decided, keep_inactive)
        ]
        assert found.get(seq, []) == wanted, (rows, batch, decided)
