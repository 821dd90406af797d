"""A player that goes on at another rate: the same sound and the same state, and nothing of the old one is kept."""

from __future__ import annotations

import gc
import json
import time
import weakref

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Told, db, guitar

from rig.audio import wav
from rig.audio.resample import resample
from rig.backends.offline import Offline
from rig.cabinet.ir import IR, at_rate
from rig.engine import Engine
from rig.errors import RigError
from rig.files import bundled
from rig.levels import Level
from rig.player.player import Player


class Rig:
    """A player at a rate, on the offline backend."""

    def __init__(self, rate, *, before=None, models=(A2, NANO), irs=None, told=None):
        self.told = Told() if told is None else told
        self.engine = Engine(rate, guard=False)
        self.backend = Offline(rate)
        self.backend.start(self.engine.block_address, self.engine.address)
        irs = bundled.irs() if irs is None else irs
        self.player = Player(self.engine, self.told.append, models, irs, interface=Level(12.2, "entered"))
        if before is None:
            self.player.start()
        else:
            self.player.restore(before.player.snapshot())
        self.settle()

    def play(self, x):
        return self.backend.process(np.asarray(x, np.float32))

    def settle(self):
        for _ in range(3):
            self.play(np.zeros(int(self.engine.sample_rate / 2)))
            self.player.poll()

    def do(self, *commands):
        for name, way in commands:
            self.player.do(name, way)
            assert self.player.arrive(20.0)
            self.settle()


def later(x, samples):
    """x later by parts of a sample, as if it repeated."""
    turns = np.fft.rfftfreq(len(x)) * samples
    return np.fft.irfft(np.fft.rfft(x) * np.exp(-2j * np.pi * turns), len(x))


def close(*rigs):
    for one in rigs:
        one.player.close()


def test_everything_that_was_set_is_set_at_the_new_rate():
    old = Rig(RATE)
    old.player.looper.put(guitar(RATE), "take.wav")
    old.player.looper.press_loop()
    old.do(("next_model", 0), ("next_ir", 0), ("mark_a", 0), ("output_trim", -1), ("input_trim", 1))
    old.do(("mix_add", 0), ("next_ir", 0), ("part_gain", -1), ("part_invert", 0), ("mark_b", 0), ("mute", 0))
    old.do(("level_mode", 0), ("keep", 0), ("preamp_gain", 1))
    new = Rig(44100, before=old)
    a, b = old.player, new.player
    assert b.sound == a.sound
    assert (b.muted, b.bypassed, b.reduced, b.models.size) == (True, False, False, 1.0)
    assert (b.models.asked, b.cabinets.bank.position, b.cabinets.browsing.kept) == (1, 2, {2})
    assert (b.place, b.cabinets.place) == (a.place, a.cabinets.place)
    described = [(s.path, s.gain_db, s.inverted, s.delay_ms, s.pan) for s in b.mixer.parts]
    assert described == [(s.path, s.gain_db, s.inverted, s.delay_ms, s.pan) for s in a.mixer.parts]
    assert (b.mixer.chosen, b.mixer.is_on) == (1, True)
    assert {strip.item.ir.sample_rate for strip in b.mixer.parts} == {44100}
    assert (b.looper.is_looping, b.looper.name) == (False, "take.wav")
    assert db(new.play(guitar(44100))) < -200  # still muted
    b.do("mute")
    new.settle()
    b.do("compare")
    b.do("compare")
    assert b.tell.__self__[-1].startswith("Compare  B: the mix of 2")
    close(old, new)


@pytest.mark.parametrize("rate", [44100, 96000])
def test_it_sounds_at_the_new_rate_as_it_did_before(rate):
    old = Rig(RATE)
    old.do(("next_ir", 0), ("output_trim", -1), ("mix_add", 0), ("next_ir", 0), ("part_gain", -1))
    new = Rig(rate, before=old)
    x = guitar(3 * RATE).astype(float) * np.minimum(1, np.arange(3 * RATE) / RATE)
    x = resample(x, RATE, 16000)  # nothing that one of the rates cannot hold
    y = resample(old.play(resample(x, 16000, RATE))[:, 0].astype(float), RATE, rate)
    z = new.play(resample(x, 16000, rate))[:, 0].astype(float)
    y = later(y, new.player.cabinets.playing.delay_samples)  # these cabinets begin at their peak
    late = new.engine.latency_samples
    n = min(y.size, z.size - late)
    low = [resample(s, rate, 8000)[4000:-4000] for s in (y[:n], z[late : late + n])]
    print(f"{rate} Hz against {RATE} Hz, below 4 kHz: {db(low[0] - low[1], low[0]):.0f} dB")
    assert db(low[0] - low[1], low[0]) < -20  # late by parts of a sample
    assert abs(db(*[np.sqrt(np.mean(s**2)) for s in low])) < 0.1
    close(old, new)


def test_bypass_and_a_smaller_size_stay():
    old = Rig(RATE)
    old.player.rig.reduced = True
    old.do(("bypass", 0))
    new = Rig(44100, before=old)
    assert new.player.bypassed
    assert new.engine.lanes[0].network is None
    new.do(("restore", 0))
    assert new.engine.lanes[0].network is not None
    close(old, new)


def test_a_step_that_was_under_way_arrives_at_the_new_rate():
    old = Rig(RATE)
    old.player.do("next_model")
    new = Rig(44100, before=old)
    assert new.player.arrive(20.0)
    assert new.player.sound.model.path == NANO
    close(old, new)


def test_files_that_have_gone_meanwhile_play_on(tmp_path):
    model, ir = tmp_path / "m.nam", tmp_path / "c.wav"
    model.write_bytes(NANO.read_bytes())
    ir.write_bytes(bundled.irs()[0].read_bytes())
    old = Rig(RATE, models=[model], irs=[ir])
    model.unlink()
    ir.unlink()
    new = Rig(44100, before=old, models=[model], irs=[ir])
    assert new.player.cabinets.playing.sample_rate == 44100
    assert db(new.play(guitar(44100))) > -60
    close(old, new)


def test_a_model_that_cannot_play_at_the_rate_is_one_sentence_and_the_old_player_is_as_it_was(tmp_path):
    document = json.loads(NANO.read_bytes())
    model = tmp_path / "m.nam"
    model.write_text(json.dumps(document))
    old = Rig(RATE, models=[model])
    told = Told()
    player = Player(Engine(47999), told.append, [model])
    with pytest.raises(RigError, match="cannot play in a session of 47999 Hz"):
        player.restore(old.player.snapshot())
    player.close()
    assert db(old.play(guitar(RATE))) > -60
    close(old)


def test_nothing_of_the_old_player_and_engine_is_kept():
    old = Rig(RATE)
    old.do(("mix_add", 0), ("next_ir", 0), ("mark_a", 0))
    new = Rig(44100, before=old)
    gone = [weakref.ref(old.player), weakref.ref(old.engine)]
    close(old)
    del old
    end = time.monotonic() + 30.0
    while any(ref() is not None for ref in gone) and time.monotonic() < end:
        gc.collect()  # a thread that was reading ahead ends with its file, which a busy machine may take long over
        time.sleep(0.05)
    assert [ref() for ref in gone] == [None, None]
    close(new)


def test_a_response_at_another_rate_is_the_one_of_the_file_or_the_taps_made_over(tmp_path):
    path = tmp_path / "ir.wav"
    taps = np.random.default_rng(3).standard_normal(600) * np.exp(-np.arange(600) / 60)
    wav.write(path, resample(taps, 16000, 48000), 48000, "FLOAT")  # nothing near half of the rate
    ir = IR.load(path)
    of_file = at_rate(ir, 44100)
    np.testing.assert_array_equal(of_file.taps, IR.load(path, 44100).taps)
    path.unlink()
    of_taps = at_rate(ir, 44100)
    assert db(of_taps.taps - of_file.taps, of_file.taps) < -80
    assert (of_taps.sample_rate, of_taps.content_hash) == (44100, ir.content_hash)
