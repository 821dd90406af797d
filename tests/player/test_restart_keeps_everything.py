"""The server comes back at another rate: whatever the player has set before is still as it was."""

from __future__ import annotations

import time

import numpy as np
import pytest
from preset_stage import four_presets
from rigs import A2, NANO, RATE, Told, db, dc_blocked, guitar, sine

from rig.audio.loudness import integrated_lufs
from rig.audio.resample import resample
from rig.backends.lost import Lost
from rig.backends.offline import Offline
from rig.cli.live.live_line import log_line
from rig.engine import Engine
from rig.files import bundled
from rig.player.cabinets.cabinets import CALM_S
from rig.player.player import Player

NEW_RATE = 44100


class Session:
    """A player at a rate, on the offline backend; `before`: the one that it carries on."""

    def __init__(self, rate=RATE, before=None, presets=()):
        self.told, self.engine = Told(), Engine(rate, guard=False)
        self.backend = Offline(rate)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.player = Player(self.engine, self.told.append, (NANO, A2), bundled.irs(), presets=presets)
        if before is None:
            self.player.start()
        else:
            self.player.restore(before.player.snapshot())
        self.settle()

    def play(self, x):
        """The left output."""
        return self.backend.process(np.asarray(x, np.float32))[:, 0]

    def settle(self):
        for _ in range(3):
            self.play(np.zeros(int(self.engine.sample_rate / 4)))
            self.player.poll()

    def line(self):
        """The line at the bottom of the terminal."""
        return log_line(self.player.look(), Lost())

    def do(self, name, **options):
        self.player.do(name, **options)
        assert self.player.arrive(60)
        self.settle()


@pytest.fixture
def old():
    session = Session()
    yield session
    session.player.close()


@pytest.fixture
def restart(old):
    sessions = []

    def at_another_rate():
        sessions.append(Session(NEW_RATE, before=old))
        return sessions[-1]

    yield at_another_rate
    for session in sessions:
        session.player.close()


def test_the_volume_stays_as_low_as_it_was(old, restart):
    old.player.set("volume", -20.0)
    new = restart()
    x = guitar(NEW_RATE)
    low = new.play(x)
    new.player.set("volume", 0.0)
    new.settle()
    # From another past of the model: its level is the same far within a tenth of a decibel.
    assert db(new.play(x), low) == pytest.approx(20.0, abs=0.1)


def test_the_gate_is_on_where_it_was(old, restart):
    old.player.set("gate_threshold", -33.0)
    old.player.set("gate", True)
    new = restart()
    assert "GATE -33 shut" in new.line()
    soft = 10 ** (-40 / 20)  # below the threshold
    assert not new.play(soft * np.sin(0.03 * np.arange(NEW_RATE))).any()


def test_a_threshold_that_was_chosen_stays_while_the_gate_is_off(old, restart):
    old.player.set("gate_threshold", -33.0)
    new = restart()
    assert "GATE" not in new.line()
    new.player.set("gate", True)
    assert "GATE -33" in new.line()


def test_the_rumble_filter_is_where_it_was(old, restart):
    old.do("bypass")
    old.player.set("rumble", 80.0)
    new = restart()
    assert "CUT 80 Hz" in new.line()
    hum = 0.1 * np.sin(2 * np.pi * 20 * np.arange(NEW_RATE) / NEW_RATE)
    filtered = new.play(hum)[NEW_RATE // 2 :]
    new.player.set("rumble", 0.0)
    new.settle()
    # Two octaves below the cutoff; the gentlest high-pass there is would take 12 dB away.
    assert db(filtered, new.play(hum)[NEW_RATE // 2 :]) < -12


def test_the_tuner_goes_on_tuning_in_silence_and_the_sound_comes_back_after_it(old, restart):
    old.player.tuner.a4_hz = 442.0
    old.do("tuner")
    new = restart()
    string = 0.1 * np.sin(2 * np.pi * 110.5 * np.arange(NEW_RATE) / NEW_RATE)  # A2 at that reference
    assert not new.play(string).any()
    for _ in range(2):  # it shows what two looks agree on
        new.player.tuner.look()
    shown = new.line()
    assert "A2" in shown
    assert "in tune" in shown
    assert "A4 = 442 Hz" in shown
    new.do("tuner")
    assert np.abs(new.play(guitar(NEW_RATE))).max() > 0.01


def test_who_was_muted_before_tuning_is_muted_after_it(old, restart):
    old.do("mute")
    old.do("tuner")
    new = restart()
    new.do("tuner")
    assert not new.play(guitar(NEW_RATE)).any()
    new.do("mute")
    assert np.abs(new.play(guitar(NEW_RATE))).max() > 0.01


def test_a_tuner_that_was_not_to_mute_does_not(old, restart):
    old.player.tuner.mutes = False
    new = restart()
    new.do("tuner")
    assert np.abs(new.play(guitar(NEW_RATE))).max() > 0.01


def test_a_bypass_pressed_while_a_model_was_on_its_way_is_not_ended_by_it(old, restart):
    old.player.do("next_model")
    old.player.do("bypass")
    new = restart()
    new.player.do("no_cabinet")
    assert new.player.arrive(60)
    new.settle()
    assert new.player.sound.model.path == A2
    x = sine(NEW_RATE, 440.0)
    y = new.play(x)[NEW_RATE // 2 :]
    # The dry guitar; the blocker of DC of the two rates differs by far less than this.
    assert db(y - dc_blocked(x)[NEW_RATE // 2 :], x) < -50


def test_the_next_one_of_the_last_search_is_still_found(old, restart):
    name = bundled.irs()[1].stem
    old.do("search_ir", text=name)
    new = restart()
    new.do("search_ir", text="")
    assert f"Search   {name}: 1 found" in new.told.text


def test_equal_loudness_and_the_shortlist_stay(old, restart):
    old.do("equal_loudness")
    old.do("keep")
    new = restart()
    new.do("equal_loudness")
    assert "Loudness each cabinet at its own level" in new.told.text
    new.do("keep")
    assert f"{bundled.irs()[0].name} is not kept" in new.told.text


def test_the_keys_still_go_through_the_kept(old, restart):
    old.do("keep")
    old.do("view")
    assert "cab 1/1 kept" in old.line()
    assert "cab 1/1 kept" in restart().line()


def test_cabinets_stay_as_loud_as_each_other(old, restart):
    def heard(session):
        """In LUFS, when the cabinet that plays has been matched."""
        deadline = time.monotonic() + 30
        while "not matched yet" in session.line() and time.monotonic() < deadline:
            session.settle()
        assert "not matched yet" not in session.line()
        cabinets, equal = session.player.cabinets, session.player.equal
        while abs(equal.gain_db(cabinets.playing) - cabinets.applied_db) > 0.01 and time.monotonic() < deadline:
            time.sleep(CALM_S)  # it rises in steps
            session.settle()
        rate = int(session.engine.sample_rate)
        return integrated_lufs(session.play(resample(guitar(3 * RATE), RATE, rate)), rate)

    old.do("equal_loudness")
    old.do("next_ir")
    # A cabinet resampled, and a fade at the beginning: a tenth of what two cabinets differ by.
    assert heard(restart()) == pytest.approx(heard(old), abs=0.3)


def test_a_cabinet_that_was_asked_for_arrives(old, restart):
    old.player.do("next_ir")
    new = restart()
    assert new.player.arrive(60)
    new.settle()
    assert f"Cabinet  {bundled.irs()[1].name}" in new.told.text


@pytest.fixture
def on_stage(tmp_path, monkeypatch):
    session = Session(presets=four_presets(tmp_path, monkeypatch))
    yield session
    session.player.close()


def test_the_preset_that_plays_keeps_its_name_and_its_place(on_stage):
    on_stage.do("preset", direction=2)
    new = Session(NEW_RATE, before=on_stage)
    assert "preset 2 2 crunch" in new.line()
    new.do("next_preset")
    assert "preset 3 3 dry" in new.line()
    new.player.close()


def test_a_preset_that_was_called_arrives(on_stage):
    on_stage.player.do("preset", 2)
    new = Session(NEW_RATE, before=on_stage)
    assert new.player.arrive(60)
    new.settle()
    assert "preset 2 2 crunch" in new.line()
    new.player.close()


def test_a_cabinet_that_was_off_stays_off(old, restart):
    old.do("no_cabinet")
    assert restart().player.cabinets.playing is None


def test_who_listens_blind_learns_no_name(old, restart):
    old.do("blind")
    new = restart()
    new.do("next_ir")
    assert "Cabinet  number " in new.told.text
    assert not any(path.name in new.told.text for path in bundled.irs())


def test_cabinets_keep_the_numbers_they_have_while_blind(old, restart):
    old.do("blind")
    shown = old.player.cabinets.label(old.player.cabinets.bank.position)
    new = restart()
    assert new.player.cabinets.label(new.player.cabinets.bank.position) == shown
    new.do("next_ir")
    new.do("previous_ir")
    assert f"Cabinet  {shown} of 3" in new.told.text


def test_a_mix_stays_aligned(old, restart):
    old.do("mix_add")
    old.do("next_ir")
    old.do("mix_align")
    new = restart()
    new.do("part_gain", direction=-1)
    new.do("mix")
    new.do("mix")
    assert "Mix      2 of 4 parts, aligned" in new.told.text


def test_the_loop_goes_on(old, restart):
    old.player.looper.put(sine(RATE), "take.wav")
    for _ in range(2):  # off, and on again
        old.player.looper.press_loop()
        old.settle()
    assert np.abs(old.play(np.zeros(RATE))).max() > 0.01
    assert np.abs(restart().play(np.zeros(NEW_RATE))).max() > 0.01


def test_the_loop_keeps_its_pitch(old, restart):
    old.player.looper.put(sine(RATE, 220.0), "take.wav")
    for _ in range(2):  # off, and on again
        old.player.looper.press_loop()
        old.settle()
    old.do("bypass")
    new = restart()
    new.do("no_cabinet")
    spectrum = np.abs(np.fft.rfft(new.play(np.zeros(NEW_RATE))))
    assert int(np.argmax(spectrum)) == 220  # a second: one hertz each


def test_a_mute_that_was_pressed_stays(old, restart):
    old.do("mute")
    new = restart()
    assert not new.play(guitar(NEW_RATE)).any()
    new.do("mute")
    assert np.abs(new.play(guitar(NEW_RATE))).max() > 0.01


def test_a_row_comes_back_at_another_rate():
    old = Session()
    old.do("open_second", text=str(A2))
    old.player.set("between_trim", -6.0)
    new = Session(NEW_RATE, old)
    row = new.player.sound.model
    assert (row.first.path, row.second.path, row.between_trim_db) == (NANO, A2, -6.0)
    assert new.player.second.name == A2.name
    new.do("next_model")
    assert new.player.sound.model.first.path == A2
    assert new.player.sound.model.second.path == A2
    assert np.isfinite(new.play(guitar(NEW_RATE))).all()
    for session in (old, new):
        session.player.close()
