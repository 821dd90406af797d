"""The shelf: neighbours are prepared ahead, the newest question wins, and what lies there is bounded."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import dataclass
from pathlib import Path

import pytest
from jackclients import wait_until

from rig.errors import ModelError
from rig.files.preload import THREADS
from rig.player.neighbours import LEFT_BEHIND, NeighbourPreloader


@dataclass(eq=False)
class Item:
    text: str
    nbytes: int


class Preparer:
    """Prepares files, notes in which order, and can be told to be slow."""

    def __init__(self, nbytes=1):
        self.nbytes, self.prepared, self.slow, self.go_on = nbytes, [], set(), threading.Event()
        self.cooking = 0

    def __call__(self, path):
        self.cooking += 1
        if path.name in self.slow:
            self.go_on.wait(20)
        self.prepared.append(path.name)
        self.cooking -= 1
        try:
            text = path.read_text()
        except OSError as error:
            raise ModelError(f"{path.name}: no such file") from error
        if text == "broken":
            raise ModelError(f"{path.name}: broken")
        return Item(text, self.nbytes)


@pytest.fixture
def folder(tmp_path):
    def make(count):
        paths = [tmp_path / f"{i}" for i in range(count)]
        for path in paths:
            path.write_text(f"content of {path.name}")
        return paths

    return make


class Begun(set):
    """What is being prepared; remembers in which order it was begun, which several threads agree on."""

    def __init__(self):
        self.order = []

    def add(self, position):
        self.order.append(position)
        super().add(position)


def idle(preloader):
    wait_until(lambda: not preloader._threads, "the shelf to have read ahead")


def test_what_lies_ahead_is_prepared_first_and_then_what_lies_behind(folder):
    preparer = Preparer()
    preloader = NeighbourPreloader(folder(20), preparer, ahead=4, behind=2)
    preloader._preparing = begun = Begun()
    preloader.read_ahead()
    idle(preloader)
    assert begun.order == [1, 2, 3, 4, 19, 18]
    begun.order.clear()
    preloader.go(10, direction=-1)
    assert preloader.wait(10).text == "content of 10"
    idle(preloader)
    assert begun.order == [10, 9, 8, 7, 6, 11, 12]


def test_a_neighbour_is_there_at_once_and_is_handed_out_once(folder):
    preparer = Preparer()
    preloader = NeighbourPreloader(folder(20), preparer)
    preloader.read_ahead()
    idle(preloader)
    preloader.step(1)
    first = preloader.take()
    assert first.text == "content of 1"
    assert preloader.take() is None  # nothing is asked for any more
    preloader.read_ahead()
    idle(preloader)
    preloader.step(1)
    preloader.take()
    preloader.step(-1)
    again = preloader.wait(10)
    assert again.text == first.text
    assert again is not first


def test_nothing_is_prepared_twice_while_it_is_wanted(folder):
    preparer = Preparer()
    preloader = NeighbourPreloader(folder(30), preparer)
    for _ in range(20):
        preloader.read_ahead()
        idle(preloader)
        preloader.step(1)
        assert preloader.take() is not None
    ahead = [name for name in preparer.prepared if 1 <= int(name) <= 20]
    assert len(set(ahead)) == 20
    assert len(ahead) < 2 * 20 + 5  # each once before it played, and once as the neighbour behind


def test_the_newest_question_wins_and_never_waits_for_an_older_one(folder):
    preparer = Preparer()
    preparer.slow = {"1", "2"}
    preloader = NeighbourPreloader(folder(20), preparer)
    preloader.step(1)
    assert preloader.take() is None
    preloader.step(1)
    assert preloader.take() is None
    preloader.step(1)
    assert preloader.wait(10).text == "content of 3"  # while both others are still under way
    assert not {"1", "2"} & set(preparer.prepared)
    preparer.go_on.set()
    idle(preloader)
    assert preloader.take() is None


def test_a_disk_that_answers_nothing_costs_a_few_threads_and_no_more(folder):
    preparer = Preparer()
    preparer.slow = {str(i) for i in range(20)}
    preloader = NeighbourPreloader(folder(20), preparer)
    for _ in range(15):
        preloader.step(1)
        assert preloader.take() is None
    assert len(preloader._threads) == THREADS
    preparer.go_on.set()
    assert preloader.wait(10).text == "content of 15"
    idle(preloader)


def test_a_broken_file_says_so_once_per_visit_and_the_next_step_goes_past_it(folder):
    paths = folder(5)
    paths[1].write_text("broken")
    preloader = NeighbourPreloader(paths, Preparer())
    for _ in range(2):
        preloader.step(1)
        with pytest.raises(ModelError, match="1: broken"):
            preloader.wait(10)
        assert not preloader.waiting
        assert preloader.take() is None
        preloader.step(1)
        assert preloader.wait(10).text == "content of 2"
        preloader.go(0, -1)
        assert preloader.wait(10).text == "content of 0"


def test_a_file_that_has_changed_is_read_again_and_one_that_is_gone_is_named(folder):
    paths = folder(6)
    paths[2].write_text("broken")
    preloader = NeighbourPreloader(paths, Preparer())
    preloader.read_ahead()
    idle(preloader)
    assert preloader.ready == [1, 2, 3, 4, 5]
    paths[1].write_text("another content")
    paths[2].write_text("repaired")
    paths[3].unlink()
    preloader.step(1)
    assert preloader.wait(10).text == "another content"
    preloader.step(1)
    assert preloader.wait(10).text == "repaired"
    preloader.step(1)
    with pytest.raises(ModelError, match="3: no such file"):
        preloader.wait(10)
    paths[3].write_text("back")
    preloader.go(3)
    assert preloader.wait(10).text == "back"


def test_what_lies_on_the_shelf_is_bounded_by_bytes_and_number(folder):
    preparer = Preparer(nbytes=40)
    preloader = NeighbourPreloader(folder(50), preparer, max_bytes=100)
    for _ in range(25):
        preloader.read_ahead()
        idle(preloader)
        assert preloader.nbytes <= 120  # the last one may exceed it
        preloader.step(1)
        preloader.wait(10)
    preparer.prepared.clear()
    for _ in range(5):  # and it does not prepare and throw away in turns
        preloader.read_ahead()
        idle(preloader)
    assert len(preparer.prepared) <= 3
    small = NeighbourPreloader(folder(50), Preparer(), ahead=3, behind=1)
    for _ in range(40):
        small.read_ahead()
        idle(small)
        small.step(1 if small.position % 7 else 3)
        small.wait(10)
        assert len(small.ready) <= 1 + 3 + 1 + LEFT_BEHIND


def test_what_is_handed_out_or_let_go_is_not_kept_alive(folder):
    alive = weakref.WeakSet()

    def prepare(path):
        item = Item(path.name, 1)
        alive.add(item)
        return item

    preloader = NeighbourPreloader(folder(60), prepare)
    for _ in range(50):
        preloader.step(1)
        preloader.wait(10)
        preloader.read_ahead()
    idle(preloader)
    gc.collect()
    assert len(alive) == len(preloader.ready)


def test_a_mistake_in_preparing_is_a_sentence_and_the_shelf_works_on(folder):
    def prepare(path: Path):
        if path.name == "1":
            raise ZeroDivisionError("oh")
        return Item(path.name, 1)

    preloader = NeighbourPreloader(folder(5), prepare)
    preloader.step(1)
    with pytest.raises(Exception, match=r"1: rig failed over this file \(ZeroDivisionError: oh\)"):
        preloader.wait(10)
    preloader.step(1)
    assert preloader.wait(10).text == "2"


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_lists_are_stepped_through_in_a_circle(folder, count):
    preloader = NeighbourPreloader(folder(count), Preparer())
    preloader.read_ahead()
    preloader.step(1)
    for i in range(1, 2 * count + 1):
        assert preloader.wait(10).text == f"content of {i % count}"
        preloader.read_ahead()
        preloader.step(1)
    assert count or preloader.take() is None


def test_closing_ends_the_reading_ahead(folder):
    preparer = Preparer()
    preparer.slow = {"1"}
    preloader = NeighbourPreloader(folder(20), preparer)
    preloader.read_ahead()
    wait_until(lambda: preparer.cooking == 1, "the first to be under way")
    preloader.close(timeout_s=0.0)  # does not wait for a disk that sleeps
    preparer.go_on.set()
    idle(preloader)
    assert preloader.ready == []
    assert preparer.prepared == ["1"]
