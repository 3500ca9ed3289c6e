"""Codes that stand in the kernel's records: reasons as bits of a mask, and positions in the words of ``model``.

Belongs here: whole numbers with a name. Does not belong here: the fields they stand in (``pool_records``,
``item_records``) and words of the user (``model``).
"""

from __future__ import annotations

from rr_pipeline.core.limits import DATED, ENDING, WINDOWS
from rr_pipeline.core.model import BREACH_KINDS, CAUSES, EVENT_KINDS, KINDS, OUTCOMES, REASONS, STEPS

NEVER = 2**62
FAR_PAST = -NEVER
HOUR_US = 3_600_000_000

# bits of a mask
NOT_MEMBER = 1 << REASONS.index("not_member")
INACTIVE = 1 << REASONS.index("inactive")
VACATION = 1 << REASONS.index("vacation")
SKILL_MISSING = 1 << REASONS.index("skill_missing")
PREVIOUS_OWNER = 1 << REASONS.index("previous_owner")
AT_CAPACITY = 1 << REASONS.index("at_capacity")
SKIP_TOKEN = 1 << REASONS.index("skip_token")
LIMITS = tuple(1 << REASONS.index(one.reason) for one in WINDOWS)
ENDING_LIMITS = sum(1 << REASONS.index(one.reason) for one in ENDING)
REACHED = sum(LIMITS) | AT_CAPACITY
ALL_REASONS = (1 << len(REASONS)) - 1

# places of words in the vocabulary: kinds of decisions, causes, kinds of events, outcomes of breaches
ASSIGN, REDO, SKIP, HOLD = map(KINDS.index, ("assign", "redo", "skip", "hold"))
REASSIGN, FAILOVER, QUEUE = map(KINDS.index, ("reassign", "failover", "queue"))
KEEP, WITHDRAW, GIVE = map(KINDS.index, ("keep", "withdraw", "give"))
HANDOVER, STAND_IN, REROUTE = map(KINDS.index, ("handover", "stand_in", "reroute"))
ALERT, RAISE, DROP = map(KINDS.index, ("alert", "raise", "drop"))
BY_NOBODY, BY_EXPIRY, BY_BREACH = map(CAUSES.index, ("nobody", "hold_expired", "breach"))
BY_DECLINE, BY_CLOSING, BY_WAITING = map(CAUSES.index, ("decline", "closed", "waited"))
BY_DEPARTURE, BY_ABSENCE = map(CAUSES.index, ("departed", "away"))
BY_PERSON, BY_IDLING, BY_ELSEWHERE = map(CAUSES.index, ("manual", "idle", "elsewhere"))
TOUCH, CLOSE, RETURN, DECLINE = map(EVENT_KINDS.index, ("touch", "close", "return", "decline"))
GIFT, MOVING_AWAY = map(EVENT_KINDS.index, ("give", "reroute"))
NOTIFIED, REASSIGNED, QUEUED, STAYED = map(OUTCOMES.index, ("notified", "reassigned", "queued", "stayed"))
WAITS, REMINDED, TOLD, GIVEN_BACK = map(OUTCOMES.index, ("waits", "reminded", "told", "returned"))
MISSED, DECLINED, AHEAD, LATER = map(BREACH_KINDS.index, ("breach", "decline", "ahead", "later"))
CLOCK = len(BREACH_KINDS)  # among breaches: no row of them, but a clock that starts
STEP_NOTIFY, STEP_REASSIGN = map(STEPS.index, ("notify_manager", "reassign"))
STEP_QUEUE, STEP_REMIND = map(STEPS.index, ("queue", "remind"))
STEP_FAILOVER, STEP_CHANNEL, STEP_RETURN = map(STEPS.index, ("failover", "alternate_channel", "return"))
STEP_NONE = len(STEPS)  # the target is missed, and nothing is done at that instant

# strategies, and what is done when nobody is eligible
FAIR, LEAST_LOADED = 0, 1
WAIT, GO_ON, GO_TO_QUEUE = 0, 1, 2

# places in ``limits.WINDOWS``: those that begin with a date stand between the hour and the total
HOUR, FIRST_DATED, END_DATED, TOTAL = 0, 1, 1 + len(DATED), len(WINDOWS) - 1

NOWHERE, UNKNOWN_GROUP = -2, -1  # in ``State.onward``: the place is no more; the group is not laid out yet

NOT_KEPT, BY_SURVIVOR = -1, -2  # beside users in ``Arrival.kept_by``

TO_OTHERS, TO_DEPUTY, TO_QUEUE = 0, 1, 2  # where an idle item goes

# How an item comes: the last owner has a reopened one again, but not a late one; REROUTED: it waited elsewhere.
NEW, REOPENED, REOPENED_LATE, REROUTED = 0, 1, 2, 3
ITEM_KEY = 2**60  # number of an item among persons: this and its own; who had it last stands there
QUEUE_KEY = 2**61  # the same of items that may be in a queue, with the instant since when: FAR_PAST: it is not,
# NEVER: it waits no longer, as it belongs elsewhere

# what the fold is about to offer: an arrival (or one that goes on to another pool), a held item, a hold that ran out,
# an item that its owner loses, or one that its owner loses to a queue
NOTHING, ARRIVED, HELD_ITEM, RAN_OUT, LOST, TAKEN_AWAY = 0, 1, 2, 3, 4, 5
HANDED, SENT_BACK = 6, 7  # an item whose owner is gone; one that goes back to its pool

MOST_HOPS = 11  # failovers in a row: the ten of a policy, and the way back from a default owner that is no more
