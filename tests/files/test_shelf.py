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


class PresetLoader:
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


def idle(shelf):
    wait_until(lambda: not shelf._threads, "the shelf to have read ahead")


def test_what_lies_ahead_is_prepared_first_and_then_what_lies_behind(folder):
    kitchen = PresetLoader()
    shelf = NeighbourPreloader(folder(20), kitchen, ahead=4, behind=2)
    shelf._preparing = begun = Begun()
    shelf.read_ahead()
    idle(shelf)
    assert begun.order == [1, 2, 3, 4, 19, 18]
    begun.order.clear()
    shelf.go(10, direction=-1)
    assert shelf.wait(10).text == "content of 10"
    idle(shelf)
    assert begun.order == [10, 9, 8, 7, 6, 11, 12]


def test_a_neighbour_is_there_at_once_and_is_handed_out_once(folder):
    kitchen = PresetLoader()
    shelf = NeighbourPreloader(folder(20), kitchen)
    shelf.read_ahead()
    idle(shelf)
    shelf.step(1)
    first = shelf.take()
    assert first.text == "content of 1"
    assert shelf.take() is None  # nothing is asked for any more
    shelf.read_ahead()
    idle(shelf)
    shelf.step(1)
    shelf.take()
    shelf.step(-1)
    again = shelf.wait(10)
    assert again.text == first.text
    assert again is not first


def test_nothing_is_prepared_twice_while_it_is_wanted(folder):
    kitchen = PresetLoader()
    shelf = NeighbourPreloader(folder(30), kitchen)
    for _ in range(20):
        shelf.read_ahead()
        idle(shelf)
        shelf.step(1)
        assert shelf.take() is not None
    ahead = [name for name in kitchen.prepared if 1 <= int(name) <= 20]
    assert len(set(ahead)) == 20
    assert len(ahead) < 2 * 20 + 5  # each once before it played, and once as the neighbour behind


def test_the_newest_question_wins_and_never_waits_for_an_older_one(folder):
    kitchen = PresetLoader()
    kitchen.slow = {"1", "2"}
    shelf = NeighbourPreloader(folder(20), kitchen)
    shelf.step(1)
    assert shelf.take() is None
    shelf.step(1)
    assert shelf.take() is None
    shelf.step(1)
    assert shelf.wait(10).text == "content of 3"  # while both others are still under way
    assert not {"1", "2"} & set(kitchen.prepared)
    kitchen.go_on.set()
    idle(shelf)
    assert shelf.take() is None


def test_a_disk_that_answers_nothing_costs_a_few_threads_and_no_more(folder):
    kitchen = PresetLoader()
    kitchen.slow = {str(i) for i in range(20)}
    shelf = NeighbourPreloader(folder(20), kitchen)
    for _ in range(15):
        shelf.step(1)
        assert shelf.take() is None
    assert len(shelf._threads) == THREADS
    kitchen.go_on.set()
    assert shelf.wait(10).text == "content of 15"
    idle(shelf)


def test_a_broken_file_says_so_once_per_visit_and_the_next_step_goes_past_it(folder):
    paths = folder(5)
    paths[1].write_text("broken")
    shelf = NeighbourPreloader(paths, PresetLoader())
    for _ in range(2):
        shelf.step(1)
        with pytest.raises(ModelError, match="1: broken"):
            shelf.wait(10)
        assert not shelf.waiting
        assert shelf.take() is None
        shelf.step(1)
        assert shelf.wait(10).text == "content of 2"
        shelf.go(0, -1)
        assert shelf.wait(10).text == "content of 0"


def test_a_file_that_has_changed_is_read_again_and_one_that_is_gone_is_named(folder):
    paths = folder(6)
    paths[2].write_text("broken")
    shelf = NeighbourPreloader(paths, PresetLoader())
    shelf.read_ahead()
    idle(shelf)
    assert shelf.ready == [1, 2, 3, 4, 5]
    paths[1].write_text("another content")
    paths[2].write_text("repaired")
    paths[3].unlink()
    shelf.step(1)
    assert shelf.wait(10).text == "another content"
    shelf.step(1)
    assert shelf.wait(10).text == "repaired"
    shelf.step(1)
    with pytest.raises(ModelError, match="3: no such file"):
        shelf.wait(10)
    paths[3].write_text("back")
    shelf.go(3)
    assert shelf.wait(10).text == "back"


def test_what_lies_on_the_shelf_is_bounded_by_bytes_and_number(folder):
    kitchen = PresetLoader(nbytes=40)
    shelf = NeighbourPreloader(folder(50), kitchen, max_bytes=100)
    for _ in range(25):
        shelf.read_ahead()
        idle(shelf)
        assert shelf.nbytes <= 120  # the last one may exceed it
        shelf.step(1)
        shelf.wait(10)
    kitchen.prepared.clear()
    for _ in range(5):  # and it does not prepare and throw away in turns
        shelf.read_ahead()
        idle(shelf)
    assert len(kitchen.prepared) <= 3
    small = NeighbourPreloader(folder(50), PresetLoader(), ahead=3, behind=1)
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

    shelf = NeighbourPreloader(folder(60), prepare)
    for _ in range(50):
        shelf.step(1)
        shelf.wait(10)
        shelf.read_ahead()
    idle(shelf)
    gc.collect()
    assert len(alive) == len(shelf.ready)


def test_a_mistake_in_preparing_is_a_sentence_and_the_shelf_works_on(folder):
    def prepare(path: Path):
        if path.name == "1":
            raise ZeroDivisionError("oh")
        return Item(path.name, 1)

    shelf = NeighbourPreloader(folder(5), prepare)
    shelf.step(1)
    with pytest.raises(Exception, match=r"1: rig failed over this file \(ZeroDivisionError: oh\)"):
        shelf.wait(10)
    shelf.step(1)
    assert shelf.wait(10).text == "2"


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_short_lists_are_stepped_through_in_a_circle(folder, count):
    shelf = NeighbourPreloader(folder(count), PresetLoader())
    shelf.read_ahead()
    shelf.step(1)
    for i in range(1, 2 * count + 1):
        assert shelf.wait(10).text == f"content of {i % count}"
        shelf.read_ahead()
        shelf.step(1)
    assert count or shelf.take() is None


def test_closing_ends_the_reading_ahead(folder):
    kitchen = PresetLoader()
    kitchen.slow = {"1"}
    shelf = NeighbourPreloader(folder(20), kitchen)
    shelf.read_ahead()
    wait_until(lambda: kitchen.cooking == 1, "the first to be under way")
    shelf.close(timeout_s=0.0)  # does not wait for a disk that sleeps
    kitchen.go_on.set()
    idle(shelf)
    assert shelf.ready == []
    assert kitchen.prepared == ["1"]
