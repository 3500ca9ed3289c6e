"""Persons by shared keys, against a slow fold in plain Python; and the same whatever the cuts."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.person_fold import NOBODY, Keyed, resolve
from tests.effort import examples

kinds = st.sampled_from(["none", "tested", "folded"])
item_keys = st.lists(st.tuples(kinds, st.lists(st.integers(0, 7), max_size=3, unique=True)), min_size=1, max_size=25)


def slow_fold(items):
    """(person, duplicate_of) of each item: persons are lists of keys, joined as items show them to be one."""
    persons = {}  # number -> [keys, first item]
    answers = []
    for seq, (kind, keys) in enumerate(items, start=1):
        mine = sorted(number for number, (known, _) in persons.items() if known & set(keys))
        number = mine[0] if mine else len(answers_numbers(answers)) + 1
        joined, firsts = set(keys), []
        for other in mine:
            known, first = persons.pop(other)
            joined |= known
            firsts += [first] if first else []
        first = min(firsts, default=None)
        answers.append((number, first if kind != "none" else None))
        persons[number] = (joined, first or (seq if kind == "folded" else None))
    return answers


def answers_numbers(answers):
    return {number for number, _ in answers}


class Memory:
    """What a caller keeps between folds."""

    def __init__(self):
        self.keys, self.persons, self.next_person, self.next_seq = {}, {}, 1, 1

    def fold(self, items):
        texts = sorted({key for _, keys in items for key in keys})
        place = {key: number for number, key in enumerate(texts)}
        known = np.array([self.keys.get(key, NOBODY) for key in texts], dtype=np.int64)
        persons = np.array(sorted({number for number in known.tolist() if number != NOBODY}), dtype=np.int64)
        found = resolve(
            Keyed(
                item_seq=np.arange(self.next_seq, self.next_seq + len(items)),
                may_fold=np.array([kind != "none" for kind, _ in items]),
                may_survive=np.array([kind == "folded" for kind, _ in items]),
                offsets=np.cumsum([0] + [len(keys) for _, keys in items]),
                key=np.array([place[key] for _, keys in items for key in keys], dtype=np.int64),
                known=known,
                persons=persons,
                first_seq=np.array([self.persons[number] for number in persons.tolist()], dtype=np.int64),
                next_person=self.next_person,
            )
        )
        became = dict(zip(found.persons.tolist(), found.became.tolist(), strict=True))
        self.keys = {key: became.get(number, number) for key, number in self.keys.items()}
        self.keys |= dict(zip(texts, found.key_person.tolist(), strict=True))
        self.persons |= dict(zip(found.persons.tolist(), found.first_seq.tolist(), strict=True))
        self.next_person, self.next_seq = found.next_person, self.next_seq + len(items)
        return [
            (number, None if first == NOBODY else first)
            for number, first in zip(found.person.tolist(), found.duplicate_of.tolist(), strict=True)
        ]


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
    flags = empty.astype(bool)
    found = resolve(Keyed(empty, flags, flags, np.zeros(1, np.int64), empty, empty, empty, empty, 5))
    assert found.next_person == 5
    assert found.person.size == 0
