"""The bank of cabinets: read in the background, within a limit of memory, whatever the files are like."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from bad_cabinets import BAD, write_all
from jackclients import wait_until
from responses import coloured, folder_of

from rig.audio import wav
from rig.cabinet.bank import Bank
from rig.cabinet.ir import IR
from rig.cabinet.prepared import Cabinet, PreparedIR
from rig.errors import RigError

RATE = 48000


def prepare(path):
    return PreparedIR.load(path, RATE, 10 * RATE)


def read(bank, order=None):
    bank.read_ahead(range(len(bank.paths)) if order is None else order)
    wait_until(lambda: bank.idle, "the bank", 30)


class Shop:
    """Prepares made-up items of one size, one after the other, and remembers which."""

    def __init__(self, taps=2048):
        self.asked, self.gate = [], threading.Semaphore(0)
        ir = IR.from_taps(np.ones(taps), RATE)
        self.item = PreparedIR(ir, Cabinet(ir))
        self.held = False

    def __call__(self, path):
        self.asked.append(int(path.stem))
        if self.held:
            self.gate.acquire(timeout=20)
        return self.item


def numbered(folder, count):
    paths = [folder / f"{i}.wav" for i in range(count)]
    for path in paths:
        path.touch()
    return paths


def test_every_file_of_a_folder_becomes_what_it_is_alone(tmp_path):
    paths = folder_of(tmp_path, 12, samples=300)
    bank = Bank(paths, prepare)
    read(bank)
    assert sorted(bank.ready) == list(range(12))
    for i, path in enumerate(paths):
        np.testing.assert_array_equal(bank.peek(i).ir.taps, IR.load(path, RATE).taps)
        bank.go(i)
        assert bank.take() is bank.peek(i)  # at once, and again and again the same one
    assert bank.nbytes == sum(bank.peek(i).nbytes for i in range(12))
    bank.close()


def test_what_is_asked_for_comes_before_what_is_read_ahead(tmp_path):
    shop = Shop()
    shop.held = True
    bank = Bank(numbered(tmp_path, 50), shop)
    bank.read_ahead(range(50))
    wait_until(lambda: shop.asked, "the first")
    bank.go(33)  # while a slow file holds up the reader
    wait_until(lambda: len(shop.asked) == 2, "the second")
    assert shop.asked == [0, 33]
    shop.held = False
    shop.gate.release(2)
    assert bank.wait(10) is shop.item
    read(bank)
    assert len(shop.asked) == 50


def test_the_most_urgent_are_read_first(tmp_path):
    shop = Shop()
    bank = Bank(numbered(tmp_path, 5), shop)
    read(bank, [3, 4, 2, 0, 1])
    assert shop.asked == [3, 4, 2, 0, 1]


def test_beyond_the_limit_of_memory_files_are_read_when_they_are_asked_for(tmp_path):
    shop = Shop()
    bank = Bank(numbered(tmp_path, 20), shop, max_bytes=5 * shop.item.nbytes)
    read(bank)
    assert sorted(bank.ready) == [0, 1, 2, 3, 4]
    for position in (12, 13, 19, 0):
        bank.go(position)
        assert bank.wait(10) is shop.item
        order = [(position + i) % 20 for i in range(20)]
        read(bank, order)
        assert sorted(bank.ready) == sorted(order[:5])
        assert bank.nbytes <= 5 * shop.item.nbytes
    asked = len(shop.asked)
    read(bank, order)  # nothing goes in and out for ever
    assert len(shop.asked) == asked


def test_one_item_may_be_larger_than_the_limit(tmp_path):
    shop = Shop()
    bank = Bank(numbered(tmp_path, 3), shop, max_bytes=1)
    bank.go(1)
    assert bank.wait(10) is shop.item
    read(bank)
    assert bank.ready == [1]


def test_each_file_that_cannot_be_used_is_listed_with_its_reason_and_the_others_play(tmp_path):
    good = tmp_path / "good.wav"
    wav.write(good, coloured(0), RATE)
    paths = [*write_all(tmp_path), good]
    bank = Bank(paths, prepare)
    read(bank)
    assert list(bank.problems) == list(range(len(BAD)))
    for position, (name, (_, reason)) in enumerate(BAD.items()):
        assert bank.problems[position].startswith(name)
        assert reason in bank.problems[position]
        bank.go(position)
        with pytest.raises(RigError, match=reason):
            bank.take()
    bank.go(len(BAD))
    assert bank.take().ir.name == "good.wav"


def test_a_mistake_of_ours_is_a_sentence_too(tmp_path):
    def failing(path):
        raise ZeroDivisionError("by zero")

    bank = Bank(numbered(tmp_path, 1), failing)
    bank.go(0)
    with pytest.raises(RigError, match=r"0\.wav: rig failed over this file \(ZeroDivisionError"):
        bank.wait(10)


def test_a_file_that_changes_or_goes_is_noticed_when_it_is_asked_for(tmp_path):
    paths = folder_of(tmp_path, 2, samples=300)
    bank = Bank(paths, prepare)
    read(bank)
    before = bank.peek(0)
    wav.write(paths[0], coloured(5, 400), RATE, overwrite=True)
    bank.go(0)
    after = bank.wait(10)
    assert after is not before
    assert after.ir.taps.shape == (1, 400)
    paths[1].unlink()
    bank.go(1)
    with pytest.raises(RigError, match="no such file"):
        bank.wait(10)
    assert bank.nbytes == after.nbytes


def test_a_bank_that_is_closed_reads_nothing_more(tmp_path):
    shop = Shop()
    shop.held = True
    bank = Bank(numbered(tmp_path, 5), shop)
    bank.read_ahead(range(5))
    wait_until(lambda: shop.asked, "the first")
    shop.gate.release()
    bank.close()
    assert len(shop.asked) <= 2
