"""The columns of the tables the compiled fold works on, and the codes that stand in them.

Belongs here: whole numbers with a name. Does not belong here: shapes (``arrays``) and words of the user (``model``).
"""

from __future__ import annotations

from rr_pipeline.core.model import REASONS

NEVER = 2**62
FAR_PAST = -NEVER

# bits of a mask
SKILL_MISSING = 1 << REASONS.index("skill_missing")
LIMIT_TOTAL = 1 << REASONS.index("limit_total")
LIMIT_WEEK = 1 << REASONS.index("limit_week")
LIMIT_DAY = 1 << REASONS.index("limit_day")
LIMIT_HOUR = 1 << REASONS.index("limit_hour")
SKIP_TOKEN = 1 << REASONS.index("skip_token")
ENDING_LIMITS = LIMIT_WEEK | LIMIT_DAY | LIMIT_HOUR
ALL_REASONS = (1 << len(REASONS)) - 1

# kinds of decisions, as positions in model.KINDS
ASSIGN, REDO, SKIP, HOLD = 0, 1, 2, 3

# columns of Slots.hot
WEIGHT, BALANCE, LAST_TURN, CREDIT, LIVE = 0, 1, 2, 3, 4

# columns of Slots.tally: limits, the windows they count in (also the day and the week before), what was given in
# each, the time zone, the row of the member's masks, and for the fairness measures of the day items won, turns, parts
# charged, and parts that cut prices kept from being credited; TOTAL .. PREVIOUS_DAY is added to the first three
TOTAL, WEEK, DAY, HOUR, PREVIOUS_WEEK, PREVIOUS_DAY = 0, 1, 2, 3, 4, 5
LIMIT, WINDOW, GIVEN, HOME, MASK_ROW, WON, TURNS, CHARGED, CUT = 0, 4, 10, 16, 17, 18, 19, 20, 21
TALLY_COLUMNS = 24

# columns of Pools.table: ranges of its slots, segments, groups, zones and tokens; its rule; and what moves
SLOT, SLOT_END, BLOCKED, CATCH_UP, DEBT, CHARGE_REDO, NEXT_TURN, SHARED_BY = 0, 1, 2, 3, 4, 5, 6, 7
NEXT_ROLL, NEXT_DAY, HOUR_FULL, HELD, FIRST_TOKEN, TOKEN_END, WEEK_START, SEGMENT = 8, 9, 10, 11, 12, 13, 14, 15
NEXT_SEGMENT, SEGMENT_ROW, SEGMENT_END, GROUP, GROUP_END, ZONE, ZONE_END, TOKEN = 16, 17, 18, 19, 20, 21, 22, 23
POOL_COLUMNS = 24

# columns of Groups.table
G_POOL, G_NEEDS, G_SKILLS, G_PRIORITY, G_POSSIBLE = 0, 1, 2, 3, 4

# columns of Groups.queue
HEAD, TAIL, CURSOR, BEFORE_CURSOR = 0, 1, 2, 3

# columns of Holds.table, and of Holds.passed
H_ITEM, H_NEXT, H_SINCE, H_GROUP, H_PASSED_UNTIL, H_WAITS = 0, 1, 2, 3, 4, 5
P_HOLD, P_SLOT, P_UNTIL = 0, 1, 2

# columns of Tokens.table
T_SLOT, T_KIND, T_SKILL, T_FROM, T_UNTIL, T_USED, T_POSITION = 0, 1, 2, 3, 4, 5, 6

# columns of Output.rows
O_ITEM, O_POOL, O_KIND, O_SLOT, O_TIME, O_TURN, O_BEFORE, O_AFTER, O_TOKEN = 0, 1, 2, 3, 4, 5, 6, 7, 8

# entries of the control array
C_ARRIVAL, C_HOLDS, C_PASSED, C_ROWS, C_CELLS, C_ZONES_NEXT, C_NOW = 0, 1, 2, 3, 4, 5, 6
C_LAST, C_MOST_ROWS, C_MOST_CELLS, C_ACCRUING, C_BACK_UNTIL, C_DAY_END = 7, 8, 9, 10, 11, 12
C_PRICE, C_WINNER = 13, 14
CONTROLS = 15
