"""Persons by shared keys, against a slow fold in plain Python; and the same whatever the cuts."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.person_fold import NOBODY, Ends, Keyed, resolve
from tests.effort import examples

MOST, DOUBTED, LATER = 2, 7, np.iinfo(np.int64).max
kinds = st.sampled_from(["none", "tested", "folded"])
item_keys = st.lists(
    st.tuples(
        kinds,
        st.lists(st.integers(0, DOUBTED), max_size=3, unique=True),
        st.sampled_from([None, None, "ada", "bob", "cid", "dan"]),
        # After how many items it is closed; the window is five.
        st.sampled_from([None, None, 1, 3]),
    ),
    min_size=1,
    max_size=25,
)
WINDOW = 5


def slow_fold(items):
    """(person, duplicate_of) of each item: persons are lists of signs, joined as items show them to be one."""
    persons = {}  # number -> [signs, first item]
    answers, names, ended = [], {}, {}
    for seq, (kind, keys, name, lasts) in enumerate(items, start=1):
        if lasts is not None:
            ended[seq] = seq + lasts
        for key in keys if name else ():
            names.setdefault(key, set()).add(name)
        proving = {key for key in keys if key != DOUBTED and len(names.get(key, ())) <= MOST}
        signs = proving | ({(key, name) for key in keys} if name else set())
        mine = sorted(number for number, (known, _) in persons.items() if known & signs)
        number = mine[0] if mine else len(answers_numbers(answers)) + 1
        joined, firsts = set(signs), []
        for other in mine:
            known, first = persons.pop(other)
            joined |= known
            firsts += [first] if first else []
        first = min(firsts, default=None)
        stands = first if first and seq - ended.get(first, LATER) <= WINDOW else None
        answers.append((number, stands if kind != "none" else None))
        persons[number] = (joined, seq if kind == "folded" and stands is None else first)
    return answers


def answers_numbers(answers):
    return {number for number, _ in answers}


class Memory:
    """What a caller keeps between folds."""

    def __init__(self):
        self.keys, self.pairs, self.persons, self.ended = {}, {}, {}, {}
        self.next_person, self.next_seq = 1, 1

    def fold(self, items):
        items = [(*item, None, None)[:4] for item in items]
        texts = sorted({key for _, keys, _, _ in items for key in keys})
        twos = sorted({(key, name) for _, keys, name, _ in items for key in keys if name})
        place, two = ({one: number for number, one in enumerate(ones)} for ones in (texts, twos))
        known, pairs = (
            [known.get(one, NOBODY) for one in ones] for known, ones in ((self.keys, texts), (self.pairs, twos))
        )
        persons = sorted({number for number in [*known, *pairs] if number != NOBODY})
        seqs = np.arange(self.next_seq, self.next_seq + len(items))
        self.ended |= {int(seq): int(seq) + one[3] for seq, one in zip(seqs, items, strict=True) if one[3] is not None}
        firsts = [self.persons[number] for number in persons]
        closed = _longs([self.ended.get(seq, LATER) for seq in [*firsts, *seqs.tolist()]])
        found = resolve(
            Keyed(
                item_seq=seqs,
                may_fold=np.array([kind != "none" for kind, *_ in items]),
                may_survive=np.array([kind == "folded" for kind, *_ in items]),
                decided=seqs,
                window=np.full(len(items), WINDOW),
                most_names=np.full(len(items), MOST),
                offsets=np.cumsum([0] + [len(keys) for _, keys, _, _ in items]),
                key=_longs([place[key] for _, keys, _, _ in items for key in keys]),
                pair=_longs([two.get((key, name), NOBODY) for _, keys, name, _ in items for key in keys]),
                known=_longs(known),
                is_doubted=np.array([key == DOUBTED for key in texts], dtype=bool),
                names=_longs([sum(one == key for one, _ in self.pairs) for key in texts]),
                pair_known=_longs(pairs),
                persons=_longs(persons),
                first_seq=_longs(firsts),
                next_person=self.next_person,
                ends=Ends(closed, closed, np.full(closed.size, LATER)),
            )
        )
        became = dict(zip(found.persons.tolist(), found.became.tolist(), strict=True))
        for memory, ones, numbers in ((self.keys, texts, found.key_person), (self.pairs, twos, found.pair_person)):
            memory.update({one: became.get(number, number) for one, number in memory.items()})
            memory.update(dict(zip(ones, numbers.tolist(), strict=True)))
        self.persons |= dict(zip(found.persons.tolist(), found.first_seq.tolist(), strict=True))
        self.next_person, self.next_seq = found.next_person, self.next_seq + len(items)
        return [
            (number, None if first == NOBODY else first)
            for number, first in zip(found.person.tolist(), found.duplicate_of.tolist(), strict=True)
        ]


def _longs(values):
    return np.array(values, dtype=np.int64)


@settings(max_examples=examples(150), deadline=None)
@given(items=item_keys)
def test_fold_is_the_slow_fold(items):
    assert Memory().fold(items) == slow_fold(items)


@settings(max_examples=examples(150), deadline=None)
@given(items=item_keys, cuts=st.lists(st.integers(0, 25), max_size=4))
def test_cuts_change_nothing(items, cuts):
    memory, answers = Memory(), []
    places = sorted({min(cut, len(items)) for cut in cuts} | {0, len(items)})
    for start, end in pairwise(places):
        answers += memory.fold(items[start:end])
    assert answers == Memory().fold(items)


def test_later_items_do_not_change_earlier_ones():
    # The third item shows that the first two are one person; the second stays what it was said to be.
    items = [("folded", [0]), ("folded", [1]), ("folded", [0, 1]), ("folded", [1])]
    assert Memory().fold(items) == [(1, None), (2, None), (1, 1), (1, 1)]


def test_items_that_are_not_deduplicated_share_the_person_only():
    assert Memory().fold([("none", [0]), ("folded", [0]), ("folded", [0])]) == [(1, None), (1, None), (1, 2)]


def test_an_item_without_keys_is_a_person_of_its_own():
    assert Memory().fold([("folded", []), ("folded", [])]) == [(1, None), (2, None)]


def test_nothing_due():
    assert Memory().fold([("folded", [0])]) == [(1, None)]
    empty = np.zeros(0, np.int64)
    flags, ends = empty.astype(bool), Ends(empty, empty, empty)
    found = resolve(
        Keyed(
            empty, flags, flags, empty, empty, empty, np.zeros(1, np.int64), empty, empty, empty, flags, empty, empty,
            empty, empty, 5, ends,
        )
    )  # fmt: skip
    assert found.next_person == 5
    assert found.person.size == 0
