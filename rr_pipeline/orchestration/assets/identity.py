"""staging -> intermediate: what is due, in canonical order; whose person each item is; who owns it already."""

from rr_pipeline.orchestration.assets.common import Told, markdown, table_spec, told
from rr_pipeline.orchestration.assets.graph import ARRIVALS, IDENTITIES, OWNERS
from rr_pipeline.session.session import Session
from rr_pipeline.steps.found import Found

SPECS = [
    table_spec(
        "int_due_items",
        "identity",
        "The items this run decides, in canonical order: (ingest_batch, created_at, source, item_id).",
    ),
    table_spec(
        "int_identities", "identity", "The person of each item by exact keys, and the earlier item it duplicates."
    ),
    table_spec(
        "int_kept_owners",
        "identity",
        "Owners the items already have, through opportunity, contact or account, and whether they are active.",
    ),
]


def tell_arrivals(session: Session, _found: Found) -> Told:
    """What is due."""
    roles = markdown(session, "select role, count(*) as rows from int_arrivals group by all order by all")
    yield told(session, ARRIVALS, "int_due_items", roles=roles)


def tell_identities(session: Session, _found: Found) -> Told:
    """The persons, and how many items duplicate an earlier one."""
    duplicates = session.count("select count(*) from int_identities where duplicate_of_seq is not null")
    yield told(session, IDENTITIES, "int_identities", duplicates=duplicates)


def tell_owners(session: Session, _found: Found) -> Told:
    """The owners found, by what claims them."""
    claims = markdown(
        session, "select claim, owner_state, count(*) as items from int_owner_claims group by all order by all"
    )
    yield told(session, OWNERS, "int_kept_owners", claims=claims)
