"""What the demo's policies say of single pools: what happens when nobody is there, and after the assignment.

Belongs here: the text of those settings with its comments, one entry a pool. Does not belong here: members, hours and
limits, which follow from the lists of the demo and the number of items.
"""

from __future__ import annotations

POOL_RULES: dict[str, str] = {
    "nordics": """\
    # What still waits after half a day the managers hear of; after a day it goes ahead of what came later.
    while_waiting: [{after: 12h, do: alert}, {after: 1d, do: raise}]
    # Whoever got a person's last item gets the next one too, for a month.
    sticky_for: 30d
    # An hour of working time for what is urgent; then somebody else is to have it, twice at most.
    sla:
      - name: hot
        when: {priority: {max: -1}}
        first_touch_within: 1h
        clock: working
        on_breach: [notify_manager, reassign]
      - {name: keen, when: {intent_score: {min: 0.9}}, first_touch_within: 4h, clock: working}
    activity_delay: 10m                             # calls reach the CRM a little late
    max_reassignments: 2
    redo_on_return: true                            # who returns spam gets another one""",
    "dach": """\
    # Some Swiss ask for Italian, which nobody here speaks: after two days those go to a queue.
    hold_for: 2d
    then: queue
    queue: language-desk
    sla:
      - name: hot
        when: {priority: {max: -1}}
        first_touch_within: 1h
        clock: working
        on_breach: [notify_manager, reassign]
      - {name: keen, when: {intent_score: {min: 0.9}}, first_touch_within: 4h, clock: working}
    activity_delay: 10m
    max_reassignments: 2""",
    "uk_ireland": """\
    # When London sleeps, the desk that follows the sun takes over at once.
    when_nobody: failover
    failover: general
    declines: true                                  # an owner may say no: somebody else gets it at once
    sla:
      - {name: hot, when: {priority: {max: -1}}, first_touch_within: 1h, on_breach: [notify_manager, reassign]}
    activity_delay: 10m
    max_reassignments: 2""",
    "western_europe": """\
    while_waiting: [{after: 1d, do: raise}]
    # Who is on leave gets some of it back afterwards, at most two turns.
    accrue_while: [skill_missing, vacation]
    catch_up_limit: 2
    sla: {name: hot, when: {priority: {max: -1}}, first_touch_within: 2h, clock: working}""",
    "southern_europe": """\
    while_waiting: [{after: 1d, do: raise}]
    sla: {name: hot, when: {priority: {max: -1}}, first_touch_within: 2h, clock: working}""",
    "north_america": """\
    while_waiting: [{after: 1d, do: raise}]
    # Half an hour, whatever the clock shows: a lead that nobody calls soon is lost.
    sla:
      - {name: hot, when: {priority: {max: -1}}, first_touch_within: 30m, on_breach: [notify_manager, reassign]}
      - {name: keen, when: {intent_score: {min: 0.9}}, first_touch_within: 2h, clock: working, on_breach: [reassign]}
    activity_delay: 5m
    max_reassignments: 2""",
    "apac": """\
    while_waiting: [{after: 1d, do: raise}]
    sla:
      name: hot
      when: {priority: {max: -1}}
      first_touch_within: 1h
      clock: working
      on_breach: [notify_manager, reassign]
    max_reassignments: 1""",
    "enterprise": """\
    # Kept tight on purpose: at busy hours items wait here, four hours at most, and then go to general.
    debt_limit: 3
    hold_for: 4h
    then: failover
    failover: general
    # The turn that a reassigned item cost goes with it to its new owner.
    charge_back: true
    sla:
      - name: largest
        when: {employee_count: {min: 10000}}
        first_touch_within: 1h
        clock: working
        on_breach: [notify_manager, reassign, queue: executive-desk]
      - name: hot
        when: {priority: {max: -1}}
        first_touch_within: 1h
        clock: working
        on_breach: [notify_manager, reassign]
    activity_delay: 10m
    max_reassignments: 1""",
    "support": """\
    while_waiting: [{after: 1d, do: raise}]
    # Cases go to whoever has the fewest open ones for the room there is, round the clock on working days.
    strategy: least_loaded
    max_open: $max_open
    # A redo is an apology here, and costs a turn.
    charge_redo: true
    sla:
      - name: urgent
        when: {priority: {max: -1}}
        first_touch_within: 1h
        clock: working
        on_breach: [notify_manager, reassign]
      - {name: normal, first_touch_within: 8h, clock: working}
    activity_delay: 10m""",
    "general": """\
    # Follows the sun on working days. What it cannot give to anybody for three days goes to a queue.
    hold_for: 3d
    then: queue
    queue: unclaimed
    sla: {name: hot, when: {priority: {max: -1}}, first_touch_within: 2h, clock: working}""",
}
"""Lines below a pool's name; ``$max_open`` is filled in."""
