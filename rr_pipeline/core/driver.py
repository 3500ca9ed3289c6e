"""The order of work around the kernel: versions of the policy, chunks of arrivals, and the state between them.

Belongs here: one call of the router from its first chunk to its last state. Does not belong here: the rule
(``turns``), the layout of arrays (``epochs``, ``queues``, ``item_state``) and frames (``output``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US
from rr_pipeline.core.checks import check_arrivals, check_events, check_policies, check_tokens, state_is_consistent
from rr_pipeline.core.frames import TOKEN_STATE, RoutedChunk, RouterState, nothing_decided
from rr_pipeline.core.inputs import Inputs, as_arrays, read_closes
from rr_pipeline.core.kernel.codes import FAR_PAST, GIFT, NEVER
from rr_pipeline.core.kernel.fold import AHEAD, DONE, GROW, NEW_DAY, fold
from rr_pipeline.core.kernel.item_records import Arrival, Contest, Event, Handover, Job
from rr_pipeline.core.kernel.records import one_of, table_of
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.trees import tree_over
from rr_pipeline.core.leavers import next_leave, settle, void_tokens
from rr_pipeline.core.model import Departure, Policy
from rr_pipeline.core.packing.arrivals import (
    lay_out_idle,
    read_arrivals,
    read_events,
    read_gifts,
    read_leavings,
    read_stand_ins,
    read_told_before,
)
from rr_pipeline.core.packing.epochs import Epoch, build_epoch, write_members, write_pools, write_users
from rr_pipeline.core.packing.fair_shares import DayShares
from rr_pipeline.core.packing.groups import GroupBook, Items
from rr_pipeline.core.packing.growing import with_room
from rr_pipeline.core.packing.item_state import (
    read_holds,
    read_opens,
    read_persons,
    refuse_stuck,
    write_holds,
    write_opens,
    write_persons,
)
from rr_pipeline.core.packing.live_items import Tracked
from rr_pipeline.core.packing.output import begin_progress, make_buffers, read_breaches, read_frames
from rr_pipeline.core.packing.rosters import RosterBook
from rr_pipeline.core.packing.token_book import TokenBook
from rr_pipeline.core.packing.traits import TraitsTable
from rr_pipeline.core.reopened import with_items, without_items
from rr_pipeline.errors import RefusedError

_LONGEST_US = 400 * DAY_US
"""A version is laid out for so long at a time, so that memory does not grow with the years it is in force."""


class Run:
    """One call of the router: the version in force, what is held, and everything that goes on from chunk to chunk."""

    def __init__(
        self, sink: Callable[[RoutedChunk], None], inputs: Inputs, state: RouterState, persons_ahead: int
    ) -> None:
        """``persons_ahead``: about so many arrivals have a person; what is too low costs time, too high memory."""
        check_policies(inputs.policies)
        check_tokens(inputs.tokens)
        state_is_consistent(state)
        again = inputs.reopened
        self._sink, self._inputs, self._state = sink, inputs, with_items(state, again)
        self._policies, self._until_us = inputs.policies, inputs.until_us
        self._persons_ahead = persons_ahead
        self._traits = TraitsTable()
        self._shares = DayShares(inputs.day_zone)
        self._spent = frozenset(state.tokens["token_id"].to_list())
        self._next_seq = state.next_decision_seq
        self._held = state.holds["item_seq"]
        self._last_us = FAR_PAST
        self._epoch: Epoch | None = None
        frontier = state.frontier_us
        self._events = check_events(inputs.events, FAR_PAST if frontier is None else frontier, self._until_us)
        self._event_at = 0
        self._departures = sorted(
            (
                one
                for one in inputs.departures
                if (frontier is None or one.at_us > frontier) and one.at_us <= self._until_us
            ),
            key=lambda one: (one.at_us, one.user_id, one.cause),
        )
        self._handovers = table_of(Handover, 0)
        gifts = self._events.filter(pl.col("kind") == GIFT)
        self._named = frozenset(gifts["item_seq"].to_list()) | again.items
        deputies = {one.deputy for one in self._departures if one.deputy is not None}
        deputies |= {one.deputy for one in inputs.deputies if one.deputy is not None}
        self._given = sorted(deputies | again.users | set(gifts["member_id"].drop_nulls().to_list()))
        self._known_us = FAR_PAST if frontier is None else frontier
        self._closes = read_closes(inputs, frontier)
        self._past, self._taken = [one for one in inputs.past_runs if one.end_us <= self._until_us], 0
        self._told_us = inputs.past_runs[0].told_us if inputs.past_runs else inputs.told_us
        if frontier is not None:
            if self._until_us < frontier:
                raise RefusedError("the run would end before the frontier; decisions up to there are final")
            self._last_us = frontier
            self._enter(self._version_at(frontier), frontier)

    def _version_at(self, instant_us: int) -> int:
        for place, policy in enumerate(self._policies):
            if policy.from_us <= instant_us < policy.until_us:
                return place
        raise RefusedError("no policy version is in force at an instant to be decided; add one that covers it")

    def take(self, frame: pl.DataFrame) -> None:
        """Decide a stretch of arrivals, of one at least, version by version."""
        check_arrivals(frame, self._held, self._last_us, self._until_us)
        self._last_us = int(frame["decided_at"][-1])
        if self._epoch is None:
            start = int(frame["decided_at"][0])
            self._enter(self._version_at(start), start)
        done = 0
        while self._past and self._past[0].taken < self._taken + frame.height:
            end = max(done, self._past[0].taken - self._taken)
            self._take_part(frame[done:end])
            done = end
            self._end_past_run()
        self._take_part(frame[done:])
        self._taken += frame.height
        self._persons_ahead -= frame["person"].count() if "person" in frame.columns else 0

    def _take_part(self, frame: pl.DataFrame) -> None:
        times = frame["decided_at"].to_numpy()
        done = 0
        while done < frame.height:
            assert self._epoch is not None
            end = int(np.searchsorted(times, self._epoch.last_us, side="right"))
            if end > done:
                self._fold(frame[done:end], FAR_PAST, int(times[end - 1]))
                done = end
            else:
                self._go_on()

    def finish(self) -> RouterState:
        """Let time run on to the end of the run and return the state."""
        if self._epoch is None and self._events.height:
            start = int(self._events["at_us"][0])
            self._enter(self._version_at(start), start)
        while self._past:
            self._end_past_run()
        if self._epoch is not None:
            self._run_to(self._until_us)
            if self._inputs.told_us < NEVER and self._inputs.step_closes:
                self._take_late_steps(self._inputs.step_closes, self._until_us)
            self._leave()
        after = replace(
            without_items(self._state),
            tokens=pl.DataFrame({"token_id": sorted(self._spent)}, schema=TOKEN_STATE),
            frontier_us=self._until_us,
            next_decision_seq=self._next_seq,
        )
        state_is_consistent(after)
        shares = self._shares.rest()
        if shares.height:
            self._sink(nothing_decided(shares))
        return after

    def _run_to(self, end_us: int) -> None:
        """Let time run to an instant, version by version."""
        assert self._epoch is not None
        while self._epoch.last_us < end_us:
            self._go_on()
        self._fold(None, end_us, end_us)

    def _end_past_run(self) -> None:
        """Pass the end of an earlier run: its steps come after all that it took up, then the next one tells."""
        past = self._past.pop(0)
        # Before the first arrival nothing is there that could change.
        if self._epoch is not None and past.end_us >= self._progress.now_us:
            self._run_to(past.end_us)
            self._take_late_steps([(past.close_us, past.activities_us)], past.end_us)
            self._closes.steps = self._tracked.step_closes = as_arrays(())
        later = (one.told_us for one in self._inputs.past_runs if one.told_us > past.told_us)
        self._told_us = min(later, default=self._inputs.told_us)
        if self._epoch is not None:
            self._progress.told_us = self._told_us

    def _take_late_steps(self, closes: Sequence[tuple[int, int]], end_us: int) -> None:
        """Take the steps of live items that are due, where owners are told at the end: after everything else."""
        self._closes.steps = as_arrays(closes)
        self._tracked.lay_steps(self._closes.steps)
        self._fold(None, end_us, end_us)

    def _go_on(self) -> None:
        """Let time run to the end of the stretch that is laid out, and lay out the next one."""
        assert self._epoch is not None
        ends = self._epoch.last_us
        self._fold(None, ends, ends)
        self._leave()
        version = self._version
        if ends + 1 == self._policies[version].until_us:
            version += 1
        if version == len(self._policies):
            raise RefusedError("no policy version is in force at the end of the run; add one that covers it")
        self._enter(version, ends + 1)

    def _enter(self, version: int, start_us: int) -> None:
        """Lay out a version from ``start_us`` on; held items are offered again at that instant.

        A member may have moved to where it is still the day before, as when a clock is turned back over midnight.
        """
        policy, inputs = self._policies[version], self._inputs
        state = self._state = self._settle(policy, start_us)
        last_us = min(policy.until_us - 1, self._until_us, start_us + _LONGEST_US)
        leave = next_leave(policy, start_us, last_us)
        span = (start_us, last_us if leave is None else leave - 1)
        feeds = inputs.absences, inputs.status_changes, inputs.pauses
        epoch = build_epoch(self._policies, version, span, feeds, state, inputs.kept, self._given)
        self._version, self._epoch = version, epoch
        self._stand_ins = read_stand_ins(inputs.stand_ins, epoch)
        self._deputies = read_stand_ins(inputs.deputies, epoch)
        void = void_tokens(self._policies, inputs.tokens, start_us)
        self._tokens = TokenBook(inputs.tokens, self._spent, void, state.grants, epoch.numbering, epoch.pools)
        self._shares.enter(epoch)
        noted = int(state.holds["skipped"].list.len().sum())
        progress = self._progress = begin_progress(start_us)
        progress.waits_at_closes = inputs.waits_at_closes
        skips = self._tokens.most_skips, self._tokens.skip_count
        self._buffers, self._room = make_buffers(epoch, progress, *skips, noted)
        self._job, self._contest = one_of(Job), one_of(Contest)
        progress.grants = self._tokens.granted
        progress.known_us, progress.told_us = self._known_us, self._told_us
        progress.notes_owners = len(inputs.reopened.items) > 0
        self._told_before = read_told_before(inputs.told_before, epoch, progress)
        lay_out_idle(progress, policy, epoch)
        rerouted = inputs.reopened.rerouted
        progress.notes_queues = len(rerouted) > 0
        refuse_stuck(state.holds, policy, rerouted)
        held = read_holds(state.holds, epoch, self._traits, int(inputs.waits_at_closes), self._named)
        opened = read_opens(state.open, epoch, self._traits)
        failover_to, moves = epoch.pools["failover_to"].copy(), epoch.waits.moves
        sends = epoch.ladders.sends(epoch.numbering.pool_number)
        book = GroupBook(epoch.numbering.pools, self._traits, failover_to, epoch.ladders, moves, sends)
        persons = read_persons(state.persons, epoch), self._persons_ahead
        has_events = self._events.height > 0
        skip_count, closes = self._tokens.skip_count, (self._closes.ends, self._closes.waits)
        self._tracked = Tracked(
            epoch, book, held, opened, persons, skip_count, has_events, closes, self._closes.steps, progress
        )
        wakes = np.full(max(1, epoch.pools.size), NEVER)
        wakes[: epoch.pools.size][epoch.pools["held"] + epoch.pools["waiters"] > 0] = start_us
        self._book, self._wakes = book, tree_over(wakes)
        self._rosters = RosterBook(epoch, state.rosters)

    def _settle(self, policy: Policy, at_us: int) -> RouterState:
        """Share out what those who have left are owed or owe; return the state after it."""
        state, settled = settle(policy, replace(self._state, next_decision_seq=self._next_seq), at_us)
        if settled.height:
            self._sink(nothing_decided(self._shares.settled(settled, at_us), settlements=settled))
        return state

    def _leave(self) -> None:
        """Write what the version in force has changed back to the state."""
        assert self._epoch is not None
        epoch, tracked = self._epoch, self._tracked
        self._shares.leave(epoch)
        self._spent |= self._tokens.spent()
        members = write_members(epoch, self._state.members)
        self._state = replace(
            self._state,
            members=members,
            users=write_users(epoch),
            pools=write_pools(epoch, self._state.pools, members),
            holds=write_holds(tracked.held(), tracked.opened().trail, epoch, self._traits),
            open=write_opens(tracked.opened(), epoch, self._traits),
            persons=write_persons(tracked.persons(), epoch),
            grants=self._tokens.write_grants(int(self._progress.grants)),
        )

    def _fold(self, frame: pl.DataFrame | None, last_us: int, events_until_us: int) -> None:
        """Let the kernel take the arrivals, the events up to and with an instant, and what falls due by ``last_us``."""
        epoch, progress = self._epoch, self._progress
        assert epoch is not None
        known, meant = self._traits, self._inputs.traits
        fresh = Items() if frame is None else read_arrivals(frame, epoch, known, meant, self._named)
        self._tokens.match(self._traits)
        told = self._take_events(events_until_us)
        events, (gifts, given) = read_events(told, epoch), read_gifts(told, epoch, known, meant)
        self._leavings = read_leavings(self._take_departures(events_until_us), epoch)
        arrivals, events["group"][gifts] = self._tracked.load(fresh, given)
        progress.next_arrival, progress.next_event, progress.last_us = 0, 0, last_us
        progress.next_leaving = 0
        answer = -1
        while answer != DONE:
            answer = fold(self._kernel_state(epoch, arrivals, events))
            if answer == NEW_DAY:
                progress.day_end_us = self._shares.turn(epoch, int(progress.now_us))
            elif answer == GROW:
                self._tracked.grow()
                if progress.grants >= self._tokens.grants.size:
                    self._tokens.grow()
            elif answer == AHEAD:
                self._tracked.lay_ahead()
                arrivals, events["group"][gifts] = self._tracked.load(fresh, given)
                progress.is_ahead = 0
                self._tokens.match(self._traits)
            else:
                self._hand_over(epoch)
        self._tracked.check()

    def _kernel_state(self, epoch: Epoch, arrivals: npt.NDArray[Arrival], events: npt.NDArray[Event]) -> State:
        """Return all the tables as they stand now."""
        tokens, open_count = self._tokens, self._tracked.tables.open_items.size
        if self._handovers.size < open_count:
            self._handovers = with_room(self._handovers, open_count - self._handovers.size)
        return State(
            progress=self._progress,
            job=self._job,
            contest=self._contest,
            pools=epoch.pools,
            wakes=self._wakes,
            standings=epoch.standings,
            tallies=epoch.tallies,
            users=epoch.users,
            **epoch.times._asdict(),
            clocks=epoch.clocks,
            groups=self._book.table,
            onward=self._book.onward,
            pauses=epoch.pauses,
            waits=epoch.waits.table,
            fits=self._book.fits,
            tokens=tokens.table,
            needed=tokens.needed,
            grants=tokens.grants,
            targets=epoch.targets,
            events=events,
            leavings=self._leavings,
            stand_ins=self._stand_ins,
            deputies=self._deputies,
            handovers=self._handovers,
            closes=self._closes.ends,
            wait_closes=self._closes.waits,
            step_closes=self._closes.steps[0],
            activities=self._closes.steps[1],
            tellings=self._closes.tellings,
            told_before=self._told_before,
            arrivals=arrivals,
            **vars(self._tracked.tables),
            **self._room._asdict(),
            output=self._buffers.output,
        )

    def _take_events(self, until_us: int) -> pl.DataFrame:
        """Return the next events up to and with an instant."""
        end = int(np.searchsorted(self._events["at_us"].to_numpy(), until_us, side="right"))
        frame = self._events[self._event_at : end]
        self._event_at = end
        return frame

    def _take_departures(self, until_us: int) -> list[Departure]:
        """Return who goes next, up to and with an instant."""
        count = bisect_right(self._departures, until_us, key=lambda one: one.at_us)
        taken, self._departures = self._departures[:count], self._departures[count:]
        # Before the first item nobody has anything.
        return [one for one in taken if self._epoch is not None and one.at_us >= self._epoch.start_us]

    def _hand_over(self, epoch: Epoch) -> None:
        progress = self._progress
        count, missed = int(progress.rows), int(progress.breaches)
        if count == 0 and missed == 0:
            return
        is_special = bool(progress.is_special)
        own = self._buffers.give_away(count, is_special)
        breaches = read_breaches(epoch, own, missed)
        progress.rows, progress.cells, progress.breaches, progress.is_special = 0, 0, 0, 0
        if count == 0:
            self._sink(nothing_decided(self._shares.take(epoch), breaches))
            return
        rosters, known = self._rosters.name(epoch, own.rows, self._state.rosters)
        self._state = replace(self._state, rosters=known)
        decisions, considered = read_frames(
            epoch, own, count, self._next_seq, self._rosters.ids, self._tokens, is_special
        )
        self._next_seq += count
        self._sink(RoutedChunk(decisions, considered, rosters, self._shares.take(epoch), breaches))
