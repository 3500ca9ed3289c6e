"""The columns of the tables the compiled fold works on, and the codes that stand in them.

Belongs here: whole numbers with a name. Does not belong here: shapes (``arrays``) and words of the user (``model``).
"""

from __future__ import annotations

from rr_pipeline.core.model import REASONS

NEVER = 2**62
FAR_PAST = -NEVER

# bits of a mask
NOT_MEMBER = 1 << REASONS.index("not_member")
INACTIVE = 1 << REASONS.index("inactive")
SKILL_MISSING = 1 << REASONS.index("skill_missing")
PREVIOUS_OWNER = 1 << REASONS.index("previous_owner")
LIMIT_TOTAL = 1 << REASONS.index("limit_total")
LIMIT_WEEK = 1 << REASONS.index("limit_week")
LIMIT_DAY = 1 << REASONS.index("limit_day")
LIMIT_HOUR = 1 << REASONS.index("limit_hour")
AT_CAPACITY = 1 << REASONS.index("at_capacity")
SKIP_TOKEN = 1 << REASONS.index("skip_token")
ENDING_LIMITS = LIMIT_WEEK | LIMIT_DAY | LIMIT_HOUR
REACHED = ENDING_LIMITS | LIMIT_TOTAL | AT_CAPACITY
ALL_REASONS = (1 << len(REASONS)) - 1

# kinds of decisions, as positions in model.KINDS; causes, event kinds and outcomes likewise
ASSIGN, REDO, SKIP, HOLD, REASSIGN, FAILOVER, QUEUE, KEEP, WITHDRAW = 0, 1, 2, 3, 4, 5, 6, 7, 8
BY_NOBODY, BY_EXPIRY, BY_BREACH, BY_DECLINE, BY_CLOSING = 0, 1, 2, 3, 4
TOUCH, CLOSE, RETURN, DECLINE = 0, 1, 2, 3
NOTIFIED, REASSIGNED, QUEUED, STAYED = 0, 1, 2, 3

# strategies, what is done when nobody is eligible, and the steps of a target (from STEP_QUEUE on: the queue's number)
FAIR, LEAST_LOADED = 0, 1
WAIT, GO_ON, GO_TO_QUEUE = 0, 1, 2
STEP_NOTIFY, STEP_REASSIGN, STEP_QUEUE = 0, 1, 2

# columns of Slots.hot
WEIGHT, BALANCE, LAST_TURN, CREDIT, LIVE = 0, 1, 2, 3, 4

# columns of Slots.tally: limits, the windows they count in (also the day and the week before), what was given in
# each, the time zone, and for the fairness measures of the day items won, turns, parts
# charged, and parts that cut prices kept from being credited; TOTAL .. PREVIOUS_DAY is added to the first three.
# Then open items and how many may be, the user, the user's next slot, the working clock, what load is measured by,
# and the pool; and a cell for each of the last days on which something was given: the day, shifted, and how much.
# Follow.users has the same columns as far as they make sense for a user.
TOTAL, WEEK, DAY, HOUR, PREVIOUS_WEEK, PREVIOUS_DAY = 0, 1, 2, 3, 4, 5
LIMIT, WINDOW, GIVEN, HOME, FIRST_DAY, WON, TURNS, CHARGED, CUT = 0, 4, 10, 16, 17, 18, 19, 20, 21
IS_LIMITED, OPEN, MOST_OPEN, USER, NEXT_SLOT, CLOCK, CAPACITY, POOL, FIRST_SLOT = 22, 24, 25, 26, 27, 28, 29, 30, 31
DAYS, DAYS_KEPT, DAY_SHIFT = 32, 8, 32
TALLY_COLUMNS = 40

# columns of Times.shift: of each row the offset to UTC, since when, the last hour the clock had shown before it was
# turned back, and when that hour began
Z_OFFSET, Z_SINCE, Z_BACK_HOUR, Z_BACK_US = 0, 1, 2, 3

# columns of Pools.table: ranges of its slots, segments, groups, zones and tokens, and where its masks begin; its rule;
# and what moves
SLOT, SLOT_END, BLOCKED, CATCH_UP, DEBT, CHARGE_REDO, NEXT_TURN, SHARED_BY = 0, 1, 2, 3, 4, 5, 6, 7
NEXT_ROLL, NEXT_DAY, HOUR_FULL, HELD, FIRST_TOKEN, TOKEN_END, WEEK_START, SEGMENT = 8, 9, 10, 11, 12, 13, 14, 15
NEXT_SEGMENT, SEGMENT_ROW, SEGMENT_END, GROUP, GROUP_END, ZONE, ZONE_END, TOKEN = 16, 17, 18, 19, 20, 21, 22, 23
STRATEGY, WHEN_NOBODY, FAILOVER_TO, TO_QUEUE, HOLD_FOR, THEN, DELAY, MOST_REASSIGN = 24, 25, 26, 27, 28, 29, 30, 31
CHARGE_BACK, REDO_ON_RETURN, COUNT_KEPT, STICKY, UNTIL_TOUCHED, DECLINES, FOLLOWED = 32, 33, 34, 35, 36, 37, 38
FIRST_GRANT, LAST_GRANT, MASK = 39, 40, 41
POOL_COLUMNS = 42

# columns of Groups.table: pool, traits, rows of Groups.fits (who has the skills, who is preferred; -1: everybody,
# nobody), place of the priority, whether anybody has the skills, the target, the group in the pool it fails over to;
# then the queue of the held items
G_POOL, G_NEEDS, G_SKILLS, G_PREFER, G_PRIORITY, G_POSSIBLE, G_TARGET, G_FAILOVER = 0, 1, 2, 3, 4, 5, 6, 7
HEAD, TAIL, CURSOR = 8, 9, 10
GROUP_COLUMNS = 11

# columns of Holds.table (H_NEXT of a row that is free: the next free one), and of Holds.passed
H_ITEM, H_NEXT, H_BEFORE, H_SINCE, H_GROUP, H_PASSED_UNTIL, H_WAITS, H_EXPIRES, H_PERSON = 0, 1, 2, 3, 4, 5, 6, 7, 8
HOLD_COLUMNS = 9
P_HOLD, P_USER, P_UNTIL = 0, 1, 2

# columns of Tokens.table and Tokens.grants
T_SLOT, T_KIND, T_SKILL, T_FROM, T_UNTIL, T_USED, T_POSITION = 0, 1, 2, 3, 4, 5, 6
GR_SLOT, GR_FROM, GR_ITEM, GR_NEXT, GR_USED = 0, 1, 2, 3, 4
GRANT_COLUMNS = 5

# columns of Follow.opens (N_TRAIL of a row that is free: the next free one), Follow.trail (earlier
# owners of an item, the latest first), Follow.places, Follow.timers and Follow.later (timers from LA_FIRST on)
N_ITEM, N_SLOT, N_GROUP, N_SINCE, N_DUE, N_TARGET, N_TOUCHED, N_BREACHED, N_RELEASED = 0, 1, 2, 3, 4, 5, 6, 7, 8
N_COUNT, N_CHARGED, N_TRAIL, N_PERSON, N_LIVE = 9, 10, 11, 12, 13
OPEN_COLUMNS = 16  # two whole lines of memory
TR_USER, TR_NEXT = 0, 1
IX_ITEM, IX_ROW = 0, 1
TM_TIME, TM_KEY, TM_ROW = 0, 1, 2
LA_NEXT, LA_COUNT, LA_FIRST, TIMERS_IN_ROW = 0, 1, 2, 10
LATER_COLUMNS = LA_FIRST + 3 * TIMERS_IN_ROW

# columns of Follow.targets (steps from TG_STEP on, -1 after the last), Follow.persons, Follow.events and Arrivals.table
TG_WITHIN, TG_WORKING, TG_STEP = 0, 1, 2
MOST_STEPS = 4
MOST_HOPS = 11  # failovers in a row: the ten of a policy, and the way back from a default owner that is no more
PE_KEY, PE_USER, PE_AT = 0, 1, 2
E_TIME, E_ITEM, E_KIND, E_USER, E_OCCURRED = 0, 1, 2, 3, 4
A_TIME, A_ITEM, A_GROUP, A_PERSON, A_KEPT = 0, 1, 2, 3, 4
NOT_KEPT, BY_SURVIVOR = -1, -2  # beside users in A_KEPT

# columns of Output.rows and Output.breaches
O_ITEM, O_POOL, O_KIND, O_SLOT, O_TIME, O_TURN, O_BEFORE, O_AFTER, O_TOKEN = 0, 1, 2, 3, 4, 5, 6, 7, 8
O_LOAD, O_CAUSE, O_PREVIOUS, O_SENT, O_TARGET, O_DUE = 9, 10, 11, 12, 13, 14  # as ``output`` fills them beforehand
OUTPUT_ROWS = 15
B_ITEM, B_POOL, B_SLOT, B_KIND, B_TARGET, B_DUE, B_TIME, B_NOTIFIED, B_OUTCOME = 0, 1, 2, 3, 4, 5, 6, 7, 8
BREACH_COLUMNS = 9

# rows of Scratch.room
BITS, SHARE, PASSED = 0, 1, 2

# what the fold is about to offer: an arrival (or one that goes on to another pool), a held item, a hold that ran out,
# an item that its owner loses, or one that its owner loses to a queue
NOTHING, ARRIVED, HELD_ITEM, RAN_OUT, LOST, TAKEN_AWAY = 0, 1, 2, 3, 4, 5

# entries of the control array
C_ARRIVAL, C_HOLDS, C_PASSED, C_ROWS, C_CELLS, C_ZONES_NEXT, C_NOW = 0, 1, 2, 3, 4, 5, 6
C_LAST, C_MOST_ROWS, C_MOST_CELLS, C_ACCRUING, C_BACK_UNTIL, C_DAY_END = 7, 8, 9, 10, 11, 12
C_PRICE, C_WINNER, C_EVENT, C_OPENS, C_TRAIL, C_TIMERS, C_GRANTS, C_BREACHES, C_MOST_BREACHES = (
    13, 14, 15, 16, 17, 18, 19, 20, 21,
)  # fmt: skip
C_INDEXED, C_PERSONS, C_COST, C_SPECIAL, C_FREE_OPEN = 22, 23, 24, 25, 42
C_FREE_HOLD, C_HOUR, C_LATER, C_FREE_LATER = 43, 44, 45, 46
J_TARGET, J_DUE, J_TRIED, J_QUEUE, J_PASSED, J_KNOWN = 37, 38, 39, 40, 41, 47
J_MODE, J_ITEM, J_GROUP, J_HOLD, J_OPEN, J_PERSON, J_HOPS, J_CAUSE, J_STICKY, J_NOTIFIED, J_STEP = (
    26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
)  # fmt: skip
C_ELIGIBLE = 48
CONTROLS = 49
