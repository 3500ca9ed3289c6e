"""The steps of a run in their order, what each reads and leaves, and how one is performed.

Belongs here: which they are. Does not belong here: what comes before and after them (run.py), and which table is made
of which (``flow``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rr_pipeline.routing.policy_conditions import apply_rules
from rr_pipeline.session.session import Session
from rr_pipeline.steps import deliveries, due_items, events, identity, measures, rotation
from rr_pipeline.steps.again import settle_again
from rr_pipeline.steps.found import Found


@dataclass(frozen=True)
class Part:
    """One part of a run: a name, what it does in a few words, and the tables it reads and leaves.

    ``reads``: what other parts or earlier runs have left, and of its own what only its code looks at; ``leaves``: what
    it makes or changes, in that order, tables of this run only without a schema. ``<table>`` stands for every canonical
    table, ``<record>`` for account, contact, opportunity and user. ``by``: how what it reads may be cut, and it leaves
    the same rows (``warehouse.sql_files``); empty: not at all. A test holds all of it against the SQL files and
    against what a run performs.
    """

    name: str
    doing: str
    reads: tuple[str, ...]
    leaves: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True)
class Step:
    """A part of a run that is performed on its session; it returns what was found so far and what it adds to that."""

    part: Part
    perform: Callable[[Session, Found], Found]

    @property
    def name(self) -> str:
        """Name of its part."""
        return self.part.name

    @property
    def doing(self) -> str:
        """What it does, in a few words."""
        return self.part.doing


def names(text: str) -> tuple[str, ...]:
    """Names of tables out of a text of them."""
    return tuple(text.split())


OPENING = Part("opening", "opening the warehouse", (), names("ops.layout"))
RAW = Part(
    "raw",
    "reading deliveries",
    names("landing/"),
    names("""
        raw.<source> ops.ingested_files ops.schema_drift ops.feed_columns ops.quarantine int_run_files int_run_refusals
        ops.repeated_files
    """),
)
STAGING = Part(
    "staging",
    "typing and standardising",
    names("raw.<source> ops.ingested_files ops.runs marts.fct_items"),
    names("""
        int_feeds country_names language_names zone_names email_cells website_cells country_cells phone_cells
        time_cells country_texts email_cell_texts odd_email_texts odd_email_pieces website_texts domain_names
        email_texts phone_inputs staging.phone_numbers phone_digits phone_fast phone_texts local_days mapped_<table>
        staged_<table> staging.stg_<table> int_absence_rows int_listed_rows intermediate.int_refused_keys
        ops.ingested_files
    """),
)
QUALITY = Part(
    "quality",
    "checking expectations",
    names("staged_<table> ops.ingested_files int_feeds"),
    names("""
        quarantine_hits refused_rows ops.quarantine refused_rates int_absence_rows int_listed_rows
        intermediate.int_refused_keys staging.stg_<table> ops.quality_results ops.quality_codes
    """),
)
ARRIVALS = Part(
    "arrivals",
    "ordering arrivals",
    names("""
        staged_<table> staging.stg_items staging.stg_accounts staging.stg_contacts staging.stg_users ops.ingested_files
        int_feeds int_run_files refused_rows marts.fct_items ops.runs marts.fct_decisions_before marts.fct_items_before
        marts.fct_sla_before
    """),
    names("""
        intermediate.int_item_rows intermediate.int_waiting_rows ops.batches ops.restatements ops.superseded_decisions
        ops.repeated_rows ops.policy_versions int_policies int_known_ids int_id_suspects int_id_conflicts ops.quarantine
        refused_rows staging.stg_items int_arrivals intermediate.int_waiting_news intermediate.int_waiting_activities
        intermediate.int_waiting_closings intermediate.int_item_activities int_event_words int_closing_statuses
        int_outcome_texts int_closing_rows int_owner_rows int_told int_past_runs int_told_again int_batches int_closes
        staging.unlisted_words ops.unlisted_words int_listed_words int_listed_fields int_unlisted_words int_references
        ops.reference_matches int_update_rules int_again int_earlier_items ops.router_open int_again_rows int_due_items
        int_first_batches int_set_aside_versions int_arrived_closed ops.exception_tokens ops.withdrawn_files
    """),
)
OWNERS = Part(
    "owners",
    "finding existing owners",
    names("""
        int_arrived_closed int_first_batches int_due_items int_batches ops.batches ops.ingested_files staged_accounts
        staged_contacts staged_opportunities staged_users staged_ownership_history staging.stg_accounts
        staging.stg_contacts staging.stg_opportunities staging.stg_users staging.stg_absences
        staging.stg_ownership_history int_feeds intermediate.int_refused_keys ops.withdrawn_files
    """),
    names("""
        int_<record>_versions int_absence_rows int_listed_rows intermediate.int_refused_keys int_unlisted
        int_listed_stretches int_known_users int_user_intervals int_stand_ins int_left_users int_accounts int_contacts
        int_opportunities int_item_contexts int_precedence int_nobodies int_queue_prefixes int_delivered_owners
        int_recorded_changes int_recorded_stretches int_recorded_owners int_owner_claims int_kept_owners
    """),
)
TERRITORIES = Part(
    "territories",
    "applying territories",
    names("""
        int_due_items int_kept_owners int_item_contexts staging.stg_items int_again_rows int_update_rules
        int_arrived_closed int_earlier_items int_closing_rows int_batches int_policies intermediate.int_item_activities
    """),
    names("""
        int_territories int_rule_hits int_again int_reopenings int_reroutings
    """),
)
EVENTS = Part(
    "events",
    "ordering what happened since",
    names("""
        int_feeds int_again int_reopenings staged_activities staging.stg_items int_due_items int_item_contexts
        int_closing_rows int_event_words int_outcome_texts int_policies int_batches ops.batches
        intermediate.int_item_activities marts.fct_items ops.ingested_files ops.withdrawn_files ops.router_open
    """),
    names("""
        int_earlier_items int_new_activities int_item_matches int_contact_matches int_activity_events
        int_closing_events int_withdrawal_events int_item_events int_reopened int_reopened_at int_still_waiting
        intermediate.int_waiting_activities
    """),
)
IDENTITY = Part(
    "identity",
    "resolving identities",
    names("""
        int_arrived_closed int_due_items int_rule_hits int_earlier_items int_item_events int_reopened_at
        intermediate.int_item_activities staging.stg_items marts.fct_items ops.batches ops.ingested_files
    """),
    names("""
        intermediate.int_identity_keys intermediate.int_key_names intermediate.int_persons ops.weak_keys ops.persons
        int_due_names int_key_texts int_keys int_key_pairs int_item_keys int_deduplicated int_survivor_ends
        int_identities int_survivors
    """),
)
SETTLING = Part(
    "settling",
    "settling what needs no turn",
    names("int_arrived_closed int_due_items int_identities int_kept_owners int_recorded_owners int_rule_hits"),
    names("int_routing int_history_intervals"),
)
ROUTER = Part(
    "router",
    "rotating",
    names("""
        int_feeds int_routing int_reopened int_reopened_at int_reroutings int_history_intervals int_due_items
        int_item_events int_batches int_known_users int_user_intervals int_recorded_owners int_delivered_owners
        staging.stg_absences ops.ingested_files ops.batches ops.runs marts.fct_items marts.fct_decisions
        intermediate.int_counted_kept int_policies int_territories int_rule_hits int_earlier_items int_owner_rows
        staging.stg_items staging.stg_users staging.stg_ownership_history ops.superseded_decisions marts.fct_ownership
        intermediate.int_item_activities marts.fct_decisions_before int_update_rules int_nobodies int_queue_prefixes
        int_past_runs ops.repeated_files ops.exception_tokens int_told_again
    """),
    names("""
        int_policy_uses int_traits int_last_owners int_router_arrivals int_held_items int_router_persons int_told_owners
        int_owner_changes int_last_changes int_owner_news int_router_events int_router_open
        routed_decisions routed_breaches routed_settlements routed_considered ops.considered_log routed_rosters
        ops.rosters routed_fair_shares ops.fair_shares int_item_names routed_members routed_pools ops.router_state
        ops.router_tokens ops.router_holds ops.router_users ops.router_grants ops.router_open ops.router_persons
        int_limit_windows int_member_zones int_user_zones int_zone_offsets
    """),
)
MARTS = Part(
    "marts",
    "writing marts",
    names("""
        int_arrivals int_closes int_batches int_delivered_owners int_due_items int_feeds int_history_intervals
        int_item_contexts int_item_events int_item_names int_owner_news int_again int_known_users int_limit_windows
        int_policies int_policy_uses int_routing int_reopened int_reopened_at int_reroutings int_run_files
        int_run_refusals int_survivors int_user_versions refused_rows fresh_rows routed_breaches routed_decisions
        routed_settlements staging.stg_items staging.stg_users ops.batches ops.considered_log ops.persons
        ops.fair_shares ops.ingested_files ops.quality_results ops.quarantine ops.rosters ops.router_holds int_past_runs
        int_update_rules int_told_again
    """),
    names("""
        int_policy_pools int_policy_members int_policy_users int_refused_items int_owner_ends int_tellings int_item_ends
        int_rerouted marts.fct_decisions marts.fct_breaches ops.clocks marts.fct_settlements marts.fct_items
        marts.fct_ownership int_forestalled int_owner_touches intermediate.int_item_activities marts.fct_item_events
        int_sla_items int_told_before int_sla_touches int_sla_intervals int_owner_clocks int_owner_zones
        int_sla_local_times marts.fct_sla int_day_stretches marts.dim_days marts.fct_waits fresh_rows int_managers
        int_outbox_events ops.outbox intermediate.int_counted_kept int_given marts.dim_pools marts.dim_members
        int_file_outcomes ops.runs marts.fct_considered marts.mart_backlog_daily marts.mart_balance_daily
        marts.mart_fairness marts.mart_lead_times marts.mart_quality marts.mart_reassignments
        marts.mart_routing_daily marts.mart_sla_daily
    """),
)
INVARIANTS = Part(
    "invariants",
    "proving invariants",
    names("""
        int_due_items int_feeds int_file_outcomes int_left_users int_given int_item_events int_limit_windows
        int_member_zones int_policies int_policy_members int_policy_pools int_policy_users int_reopened int_reopened_at
        int_run_files int_run_refusals int_user_zones int_zone_offsets intermediate.int_counted_kept
        intermediate.int_item_activities marts.dim_members marts.dim_pools marts.fct_breaches marts.fct_decisions
        marts.fct_item_events marts.fct_items marts.fct_ownership marts.fct_settlements marts.fct_sla marts.fct_waits
        ops.considered_log ops.exception_tokens ops.fair_shares ops.ingested_files ops.rosters ops.router_holds
        ops.router_open ops.router_state ops.router_tokens ops.router_users ops.runs ops.withdrawn_files routed_breaches
    """),
    (),
)
REPORT = Part(
    "report",
    "telling what came of it",
    names("""
        int_feeds int_file_outcomes int_item_events int_run_files int_run_refusals routed_breaches routed_decisions
        marts.fct_sla ops.fair_shares ops.ingested_files ops.quality_codes ops.router_holds ops.weak_keys ops.runs
    """),
    (),
)


def _raw(session: Session, found: Found) -> Found:
    return replace(found, ingest=deliveries.ingest_deliveries(session))


def _staging(session: Session, found: Found) -> Found:
    taken, instants = deliveries.stage_deliveries(session, found.ingest)
    return replace(found, ingest=taken, instants=instants)


def _quality(session: Session, found: Found) -> Found:
    return replace(found, suites=deliveries.validate_deliveries(session))


def _arrivals(session: Session, found: Found) -> Found:
    return replace(found, due_count=due_items.settle_arrivals(session, found.has_new_files))


def _owners(session: Session, found: Found) -> Found:
    return replace(found, people=due_items.settle_owners(session, found.has_new_files))


def _territories(session: Session, found: Found) -> Found:
    apply_rules(session)
    # A delivery that an earlier run took up, and left to this one, may tell of nothing else.
    return replace(found, due_count=found.due_count + settle_again(session))


def _events(session: Session, found: Found) -> Found:
    return replace(found, event_count=events.settle_events(session))


def _identity(session: Session, found: Found) -> Found:
    identity.resolve_identities(session)
    return found


def _settling(session: Session, found: Found) -> Found:
    due_items.settle_routing(session)
    return found


def _router(session: Session, found: Found) -> Found:
    return replace(found, rotation=rotation.rotate(session, found.people))


def _marts(session: Session, found: Found) -> Found:
    measures.write_marts(session, found.people)
    return found


def _invariants(session: Session, found: Found) -> Found:
    return replace(found, checks=measures.check_invariants(session, found))


STEPS = (
    Step(RAW, _raw),
    Step(STAGING, _staging),
    Step(QUALITY, _quality),
    Step(ARRIVALS, _arrivals),
    Step(OWNERS, _owners),
    Step(TERRITORIES, _territories),
    Step(EVENTS, _events),
    Step(IDENTITY, _identity),
    Step(SETTLING, _settling),
    Step(ROUTER, _router),
    Step(MARTS, _marts),
    Step(INVARIANTS, _invariants),
)
PARTS = (OPENING, *(step.part for step in STEPS), REPORT)
"""All parts of a run: its steps, what comes before them, and what it tells before its own tables go."""


def perform_all(session: Session, steps: Sequence[Step] = STEPS) -> Found:
    """Perform all steps in their order; return what they found."""
    found = Found()
    for step in steps:
        found = perform(session, step, found)
    return found


def perform(session: Session, step: Step, found: Found) -> Found:
    """Perform one step, note how long it took, and return what is found by then."""
    session.progress(step.doing, 0, None)
    begun = time.perf_counter()
    try:
        found = step.perform(session, found)
    except BaseException as error:
        session.failure = error
        raise
    session.seconds[step.name] = round(time.perf_counter() - begun, 3)
    return found
