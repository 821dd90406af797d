"""The order in which the keys go through a bank."""

from __future__ import annotations

from pathlib import Path

import pytest

from rig.control.tour import Tour

PATHS = [Path(f"{i}.wav") for i in range(10)]


@pytest.fixture
def tour():
    return Tour(PATHS, lambda: {PATHS[2], PATHS[7]}, seed=1)


def walk(tour, position, steps, direction=1):
    for _ in range(steps):
        position = tour.step(position, direction)
        yield position


def test_next_goes_round_and_previous_goes_back(tour):
    assert list(walk(tour, 8, 4)) == [9, 0, 1, 2]
    assert list(walk(tour, 1, 3, -1)) == [0, 9, 8]


def test_what_is_rejected_is_stepped_over_and_leads_to_its_own_neighbours(tour):
    tour.reject(4)
    assert tour.step(4, 1) == 5
    assert tour.step(4, -1) == 3
    tour.reject(5)
    assert tour.step(5, 1) == 6
    assert list(walk(tour, 3, 2)) == [6, 7]
    tour.reject(9)
    assert tour.step(9, 1) == 0
    assert tour.step(9, -1) == 8


def test_the_kept_and_the_favourites_are_tours_of_their_own(tour):
    assert tour.keep(3) and tour.keep(6)
    tour.look_at("kept", 5)
    assert tour.stops == [3, 6]
    assert (tour.step(5, 1), tour.step(5, -1)) == (6, 3)
    tour.look_at("favourites", 5)
    assert tour.stops == [2, 7]
    assert not tour.keep(3)
    tour.reject(6)
    tour.restore()
    assert tour.stops == list(range(10))
    assert not tour.kept


def test_an_empty_tour_leads_nowhere(tour):
    tour.look_at("kept", 0)
    assert tour.step(0, 1) is None
    assert tour.order(4, 1)[0] == 4


def test_what_the_next_keys_ask_for_comes_first_and_nothing_is_left_out(tour):
    assert tour.order(5, 1) == [5, 6, 7, 4, 8, 9, 3, 0, 1, 2]
    assert tour.order(5, -1)[:4] == [5, 4, 3, 6]
    tour.reject(6)
    assert tour.order(5, 1)[:3] == [5, 7, 8]
    assert sorted(tour.order(5, 1)) == list(range(10))


def test_blind_is_a_random_order_of_everything_with_lasting_numbers(tour):
    first = tour.blindfold()
    order = [first, *walk(tour, first, 9)]
    assert sorted(order) == list(range(10))
    assert order != sorted(order)
    assert [tour.numbers[at] for at in order] == list(range(1, 11))
    tour.heard_blind = order[:3]
    tour.reject(order[1])
    assert tour.step(order[1], 1) == order[2]
    assert tour.numbers[order[2]] == 3  # as before
    assert tour.numbered(3) == order[2]
    assert tour.numbered(2) is None
    tour.keep(order[2])
    assert tour.step(order[2], 1) == order[3]  # still in the order of before
    assert tour.reveal(order[2]) == [(1, order[0]), (2, order[1]), (3, order[2])]
    assert tour.stops == sorted(set(range(10)) - {order[1]})


def test_one_cabinet_cannot_be_heard_blind():
    assert Tour(PATHS[:1], set).blindfold() is None


def test_what_cannot_be_used_is_passed_over(tour):
    tour.pass_over({0, 5}, 4)
    assert tour.step(4, 1) == 6
    assert tour.numbered(1) == 1
