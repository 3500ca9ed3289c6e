-- ops.router_open: assigned items that the router still follows: their pool has targets or counts open items.
-- kind: declared
-- changes: merged by item_seq
-- grain: one row per open item
-- masks: member_id user
-- columns:
--   item_seq: the item
--   pool_id: pool it was given in
--   member_id: who has it
--   since_us: since when, in microseconds since 1970
--   created_us: when the item was created; null in rows of earlier versions, as the next two
--   told_us: when its owner was told
--   at_closes: steps are taken at closes only, not at their own instants
--   due_us: when the first touch is due; null without a clock
--   target: the target the clock is of
--   touched_us: first touch by this owner
--   is_breached: the target was found missed: a step at or after the due instant was taken
--   is_released: no longer counts as open
--   reassign_count: how often it was moved
--   previous: earlier owners, in order
--   previous_us: since when each of them had it, in microseconds since 1970
--   charged: parts of a turn it cost its owner
--   given_us: when it was told that a person gave it to its owner, from whom the router takes it no more; null: nobody
--     did; before since_us: it came so
--   needs: skills an owner must have
--   wishes: skills that let a member come first
--   prefers: members that come first
--   targets: targets the item names
--   priority: order of what falls due at one instant, lowest first
--   person: number of the person, where somebody may follow it
--   run_id: run that last had it in hand; null where an older version did
--   step: place of the next step of the target's ladder, from 0 on
--   step_us: its instant; null where none is left
--   waits: steps that wait for somebody: bit i for the one in place i
--   resolve_due_us: when the item is to be closed; the same of the target for closing, as the next four columns
--   resolve_target: see target
--   resolve_step: see step
--   resolve_step_us: see step_us
--   resolve_waits: see waits
--   acted_us: last touch by this owner; null: as touched_us
--   is_idle: the owner did nothing about it for so long that it waits for somebody else
create table if not exists ops.router_open (
    item_seq bigint,
    pool_id varchar,
    member_id varchar,
    since_us bigint,
    created_us bigint,
    told_us bigint,
    at_closes boolean,
    due_us bigint,
    target varchar,
    touched_us bigint,
    is_breached boolean,
    is_released boolean,
    reassign_count bigint,
    previous varchar[],
    previous_us bigint[],
    charged bigint,
    given_us bigint,
    needs varchar[],
    wishes varchar[],
    prefers varchar[],
    targets varchar[],
    priority integer,
    person bigint,
    run_id varchar,
    step bigint,
    step_us bigint,
    waits bigint,
    resolve_due_us bigint,
    resolve_target varchar,
    resolve_step bigint,
    resolve_step_us bigint,
    resolve_waits bigint,
    acted_us bigint,
    is_idle boolean
)
