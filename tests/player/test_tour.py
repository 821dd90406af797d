"""The order in which the keys go through a bank."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.player.browse_order import BrowseOrder

PATHS = [Path(f"{i}.wav") for i in range(10)]


@pytest.fixture
def browsing():
    return BrowseOrder(PATHS, lambda: {PATHS[2], PATHS[7]}, seed=1)


def walk(browsing, position, steps, direction=1):
    for _ in range(steps):
        position = browsing.step(position, direction)
        yield position


def test_next_goes_round_and_previous_goes_back(browsing):
    assert list(walk(browsing, 8, 4)) == [9, 0, 1, 2]
    assert list(walk(browsing, 1, 3, -1)) == [0, 9, 8]


def test_what_is_rejected_is_stepped_over_and_leads_to_its_own_neighbours(browsing):
    browsing.reject(4)
    assert browsing.step(4, 1) == 5
    assert browsing.step(4, -1) == 3
    browsing.reject(5)
    assert browsing.step(5, 1) == 6
    assert list(walk(browsing, 3, 2)) == [6, 7]
    browsing.reject(9)
    assert browsing.step(9, 1) == 0
    assert browsing.step(9, -1) == 8


def test_the_kept_and_the_favourites_are_tours_of_their_own(browsing):
    browsing.keep(3, True)
    browsing.keep(6, True)
    browsing.keep(6, True)  # it stays, however often it is said
    browsing.look_at("kept", 5)
    assert browsing.positions == [3, 6]
    assert (browsing.step(5, 1), browsing.step(5, -1)) == (6, 3)
    browsing.look_at("favourites", 5)
    assert browsing.positions == [2, 7]
    browsing.keep(3, False)
    assert browsing.kept == {6}
    browsing.reject(6)
    browsing.include_all()
    assert browsing.positions == list(range(10))
    assert not browsing.kept


def test_an_empty_tour_leads_nowhere(browsing):
    browsing.look_at("kept", 0)
    assert browsing.step(0, 1) is None
    assert browsing.order(4, 1)[0] == 4


def test_what_the_next_keys_ask_for_comes_first_and_nothing_is_left_out(browsing):
    assert browsing.order(5, 1) == [5, 6, 7, 4, 8, 9, 3, 0, 1, 2]
    assert browsing.order(5, -1)[:4] == [5, 4, 3, 6]
    browsing.reject(6)
    assert browsing.order(5, 1)[:3] == [5, 7, 8]
    assert sorted(browsing.order(5, 1)) == list(range(10))


def test_blind_is_a_random_order_of_everything_with_lasting_numbers(browsing):
    first = browsing.blindfold()
    order = [first, *walk(browsing, first, 9)]
    assert sorted(order) == list(range(10))
    assert order != sorted(order)
    assert [browsing.numbers[at] for at in order] == list(range(1, 11))
    browsing.heard_blind = order[:3]
    browsing.reject(order[1])
    assert browsing.step(order[1], 1) == order[2]
    assert browsing.numbers[order[2]] == 3  # as before
    assert browsing.numbered(3) == order[2]
    assert browsing.numbered(2) is None
    browsing.keep(order[2], True)
    assert browsing.step(order[2], 1) == order[3]  # still in the order of before
    assert browsing.reveal(order[2]) == [(1, order[0]), (2, order[1]), (3, order[2])]
    assert browsing.positions == sorted(set(range(10)) - {order[1]})


def test_one_cabinet_cannot_be_heard_blind():
    assert BrowseOrder(PATHS[:1], set).blindfold() is None


def test_what_cannot_be_used_is_passed_over(browsing):
    browsing.pass_over({0, 5}, 4)
    assert browsing.step(4, 1) == 6
    assert browsing.numbered(1) == 1
