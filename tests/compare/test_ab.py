"""Comparing two sides on the offline backend: gear that is simulated here, block by block, and every refusal."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from rigs import A2, NANO, RATE, db, guitar, jump, model, noise, sine
from studio import BLOCK, Gearbox, Studio, answer, power_db

from rig.audio.measures import ac_rms_dbfs
from rig.cabinet.ir import IR
from rig.cli import parser
from rig.cli.ab_session import kept_command, loudest, resumed, same_files
from rig.compare.abx import BlindTest, check
from rig.compare.live.commands import COMMANDS
from rig.compare.live.gear import send_calibration
from rig.compare.matching import Match, match, noise_warning
from rig.errors import BackendError, CompareError
from rig.levels import Level
from rig.player.key_map import AB_KEYS
from rig.player.tone_commands import tone_commands
from rig.sound import Sound


# ---------------------------------------------------------------- measuring and matching
@pytest.mark.parametrize(
    ("delay", "polarity", "gain"), [(0, 1, 0.5), (137, -1, 0.25), pytest.param(1000, 1, 2.0, marks=pytest.mark.soak)]
)
def test_the_same_model_in_the_gear_is_found_late_upside_down_and_at_its_level_and_nulls(delay, polarity, gain):
    studio = Studio(Gearbox(delay, polarity, gain, NANO)).start()
    found = studio.comparer.match
    level_db = studio.comparer.a.output_gain_db - 20 * math.log10(gain)
    assert found.lag_samples == pytest.approx(delay + BLOCK, abs=0.003)
    assert found.polarity == polarity
    assert found.match_db == pytest.approx(level_db, abs=0.01)
    assert studio.null_db() < -60


def test_a_wire_is_found_and_named():
    studio = Studio(Gearbox(300, -1), Sound()).start()
    assert studio.comparer.match.round_trip_samples == pytest.approx(300 + BLOCK, abs=0.005)
    assert studio.comparer.match.polarity == -1
    assert any("a bare cable, or the gear is bypassed" in text for text in studio.said)


def test_both_sides_are_equally_loud_as_they_are_heard_even_where_they_differ():
    studio = Studio(Gearbox(100, 1, 1.7, A2)).start()
    loud = studio.loudness_of_both()
    assert loud[0] == pytest.approx(loud[1], abs=0.1)


def test_the_guitar_goes_to_the_gear_at_the_gain_of_the_sum_and_the_measurement_hears_it():
    gain_db = -7.8
    studio = Studio(Gearbox(50, 1, 1.0), Sound(), gain_db=gain_db).start()
    assert studio.comparer.match.match_db == pytest.approx(7.8, abs=0.01)
    loop = studio.engine._playing["loop"]._arena[1]
    sent = np.concatenate([(studio.play(BLOCK), studio.backend.sent)[1] for _ in range(RATE // BLOCK)])
    assert np.abs(sent).max() <= np.abs(loop).max() * 10 ** (gain_db / 20) * 1.001
    assert ac_rms_dbfs(sent) > -60


def test_the_player_plays_for_a_split_wiring(monkeypatch):
    monkeypatch.setattr("rig.compare.live.gear.PASSAGE_S", 3.0)
    studio = Studio(Gearbox(500, -1, 0.5, NANO), wiring="split", source=0)
    studio.start()
    assert any(text.startswith("Play now") for text in studio.said)
    assert studio.comparer.match.lag_samples == pytest.approx(500 + BLOCK, abs=0.003)
    assert studio.null_db() < -60
    studio.play(BLOCK)
    assert not studio.backend.sent.any()


def test_the_sum_of_the_send_is_shown_and_says_what_is_missing():
    said = str(send_calibration(Level(12.2, "Apollo 8x, article"), 15.0, 5.0))
    assert said == "12.2 dBu (Apollo 8x, article) - 15.0 dBu (send) - 5.0 dB (gain knob) = -7.8 dB"
    missing = send_calibration(None, None)
    assert missing.gain_db == 0.0
    assert "--send-dbu X" in str(missing)
    assert "--interface NAME" in str(missing)


def test_noise_of_the_gear_is_a_cue_that_is_told():
    studio = Studio(Gearbox(100, 1, 0.5, NANO, noise_rms=1e-3)).start()
    assert any("more noise at rest" in text and "side B" in text for text in studio.said)
    assert noise_warning(-60.0, -65.9) is None
    assert "side A has 7 dB more" in noise_warning(-60.0, -67.0)
    assert noise_warning(-math.inf, -130.0) is None  # nobody hears either


@pytest.mark.parametrize("lag", [0.0, 10.0, 300.0, 47.0, 12.3, 0.5, 300.25, -5.0, -0.5, -12.3, -500.75])
def test_the_earlier_side_is_delayed_and_a_short_fraction_makes_the_other_wait(lag):
    a, b = Match(lag, 1, 1.0, -20.0, -20.0, 0.0).delays_samples
    assert a - b == pytest.approx(lag, abs=1e-9)
    assert min(a, b) >= 0
    assert all(late == int(late) or late >= 47 for late in (a, b))


def test_two_models_are_matched_without_any_gear():
    studio = Studio(None, Sound(model(NANO)), b=Sound(model(A2))).start()
    loud = studio.loudness_of_both()
    assert loud[0] == pytest.approx(loud[1], abs=0.1)
    assert studio.comparer.names == (NANO.name, A2.name)


def cabinet(*taps_at, length=400):
    taps = np.zeros((1, length))
    for at, gain in taps_at:
        taps[0, at] = gain
    return IR.from_taps(taps, RATE)


def test_two_cabinets_are_matched_in_level_and_time():
    sound = Sound(ir=cabinet((0, 0.5), (3, 0.2)))
    studio = Studio(None, sound, b=sound.changed(ir=cabinet((20, -0.1), (23, -0.04)))).start()
    assert studio.comparer.match.lag_samples == pytest.approx(20, abs=0.01)
    heard = [studio.heard_from_the_start(f"hear_{side}", RATE).astype(float) for side in "abb"]
    for other in heard[1:]:
        assert power_db(other - heard[0], heard[0]) < -60


# ---------------------------------------------------------------- refusals
def refused(gearbox, match, **how):
    with pytest.raises(CompareError, match=match):
        Studio(gearbox, **how).comparer.start()


def test_a_silent_return_is_refused():
    refused(Gearbox(gain=0.0), "Nothing comes back")


def test_a_return_that_only_hums_is_refused():
    refused(Gearbox(gain=0.0, noise_rms=0.01), "no louder with the guitar")


class OtherSound:
    """Silent at rest, then another guitar."""

    def __init__(self):
        self.x, self.at = noise(30 * RATE, peak=0.2, seed=9) * np.sin(np.arange(30 * RATE) / 7919) ** 2, 0

    def __call__(self, sent):
        if not sent.any():
            return np.zeros_like(sent)
        self.at += sent.size
        return self.x[self.at : self.at + sent.size].astype(np.float32)


def test_an_unrelated_return_is_refused():
    refused(OtherSound(), "nothing to do with what was sent")


class Drifting:
    """Another clock: 40 ppm, by straight lines between samples."""

    def __init__(self):
        self.line, self.at = np.zeros(4096), 0

    def __call__(self, sent):
        self.line = np.concatenate([self.line[-4096:], sent.astype(float)])
        n = np.arange(self.at, self.at + sent.size)
        places = 4096 + n * (1 - 40e-6) - 100 - self.at
        assert places[0] > 0
        self.at += sent.size
        return np.interp(places, np.arange(self.line.size), self.line).astype(np.float32)


def test_a_return_on_another_clock_is_refused():
    refused(Drifting(), "drifts", a=Sound(), passage=guitar(4 * RATE))


def test_a_send_that_would_clip_is_refused():
    refused(Gearbox(), r"would clip by \d+\.\d dB", gain_db=30.0)


def test_a_clipped_return_is_told():
    studio = Studio(Gearbox(100, 1, 8.0, NANO, after=lambda y: np.clip(y, -0.05, 0.05) * 20)).start()
    assert any("the return clips" in text for text in studio.said)


def test_a_server_that_tears_every_take_is_named():
    studio = Studio(Gearbox())

    def torn():
        studio.backend.host["xruns"] += 1
        studio.play(4096)

    studio.comparer.takes.wait = torn
    with pytest.raises(BackendError, match="lost samples in each of 5 takes"):
        studio.comparer.start()


def test_a_server_that_goes_is_named():
    studio = Studio(Gearbox())

    def gone():
        studio.backend.host["gone"] = 1

    studio.comparer.takes.wait = gone
    with pytest.raises(BackendError, match="has gone during the measurement"):
        studio.comparer.start()


def test_sides_that_have_nothing_in_common_are_refused():
    x, y = guitar(2 * RATE), noise(2 * RATE, seed=5)
    with pytest.raises(CompareError, match="nothing to do with side A"):
        match(x, y, np.stack([x, x], 1), np.stack([y, y], 1), RATE)


# ---------------------------------------------------------------- the blind test
@pytest.fixture
def blind(tmp_path):
    studio = Studio(Gearbox(200, -1, 0.5, NANO)).start()
    test = BlindTest.begin(tmp_path / "t.json", 6, studio.comparer.setup(), keys=tmp_path / "keys")
    studio.comparer.blind(test)
    return studio, test


def test_the_course_of_a_blind_test(blind, tmp_path):
    studio, test = blind
    comparer, said = studio.comparer, studio.said
    assert not any(test.commitment in text for text in said)  # levels may still change
    comparer.do("hear_x")
    comparer.do("answer_a")
    assert "n begins" in said[-1]
    assert any("all of them right" in text for text in said)
    comparer.do("begin_test")
    assert test.answered == 0
    for trial in range(6):
        comparer.do("begin_test")  # it has begun by itself
        assert f"Trial {trial + 1} is not answered yet" in said[-1]
        comparer.do("hear_x")
        assert int(studio.engine.record["switch"]["wanted"]) == (test.x == "B")
        comparer.do("match_trim", 1)
        comparer.do("lock")
        comparer.do("measure")
        assert comparer.match_trim_db == 0.0
        assert all("locked" in text for text in said[-3:])
        answer(comparer, "a" if test.x == "A" else "b")
        comparer.do("confirm_answer")
        assert test.answered == trial + 1
    assert sum(test.commitment in text for text in said) == 1
    assert any("6 of 6 right" in text for text in said)
    assert any(test.closing_hash in text for text in said)
    assert check(tmp_path / "t.json").verdict.right == 6
    setup = check(tmp_path / "t.json").setup
    assert setup["a"]["model"]["file"] == NANO.name
    assert setup["match"]["lag_samples"] == pytest.approx(200 + BLOCK, abs=0.01)
    json.dumps(setup, allow_nan=False)


def test_quitting_asks_in_the_middle_of_a_blind_test(blind):
    studio, _ = blind
    comparer = studio.comparer
    comparer.do("quit")
    assert not comparer.finished
    assert "The blind test is not finished (it can be resumed): press q once more to end." in studio.said[-1]
    comparer.do("quit")
    assert comparer.finished


def test_what_is_heard_and_said_in_a_trial_does_not_tell_what_x_is(blind):
    # With the same model on both sides only the switch could tell: presses on every way between A, B and X.
    studio, test = blind
    comparer = studio.comparer
    ways = {}
    comparer.do("begin_test")
    while not test.is_finished:
        before = len(studio.said)
        for first, then in pairwise(["hear_a", "hear_x", "hear_b", "hear_x", "hear_x", "hear_a"]):
            studio.play(RATE // 2)
            del first
            studio.engine.loop(sine(4 * RATE, hz=220.0, peak=0.05))
            studio.play(RATE)
            comparer.do(then)
            ways.setdefault(then, []).append((test.x, studio.play(2048).astype(float)))
        assert len(studio.said) == before  # pressing says nothing
        answer(comparer, "a")
    heard = [y for presses in ways.values() for _, y in presses]
    for y in heard[1:]:
        assert db(y - heard[0], heard[0]) < -60
        assert jump(y) < 1.01 * jump(heard[0])


def test_levels_can_be_trimmed_and_locked_and_measured_again():
    studio = Studio(Gearbox(200, 1, 0.5, NANO)).start()
    comparer = studio.comparer
    before = comparer.level_b_db
    for _ in range(5):
        comparer.do("match_trim", 1)
    assert comparer.level_b_db == pytest.approx(before + 0.5)
    comparer.do("lock")
    comparer.do("match_trim", 1)
    assert comparer.level_b_db == pytest.approx(before + 0.5)
    comparer.do("lock")
    comparer.do("measure")
    studio.play(RATE)
    assert comparer.match.match_db == pytest.approx(before, abs=0.01)
    comparer.do("help")
    assert "hear side A" in studio.said[-1]
    comparer.do("quit")
    assert comparer.finished


def test_a_trim_before_the_first_trial_is_kept_and_one_after_it_is_not(tmp_path):
    studio = Studio(Gearbox(200, 1, 0.5, NANO)).start()
    test = BlindTest.begin(tmp_path / "t.json", 5, studio.comparer.setup(), keys=tmp_path)
    studio.comparer.blind(test)
    studio.comparer.do("match_trim", 1)
    studio.comparer.do("begin_test")
    studio.comparer.do("match_trim", 1)
    answer(studio.comparer, "a")
    assert check(tmp_path / "t.json").setup["match_trim_db"] == pytest.approx(0.1)
    with pytest.raises(CompareError, match="cannot be changed"):
        test.describe({"match_trim_db": 3.0})
    again = BlindTest.resume(tmp_path / "t.json", keys=tmp_path)
    again.went_on({"match": None})
    studio.comparer.locked = False
    studio.comparer.blind(again)
    assert studio.comparer.locked
    assert check(tmp_path / "t.json").problems == ()


def test_what_is_seen_of_a_blind_test_tells_the_sides_apart_neither_by_level_nor_by_trim(tmp_path):
    studio = Studio(None, Sound(model(NANO)), b=Sound(model(A2))).start()
    comparer = studio.comparer
    comparer.set("match_trim", -1.5)
    open_state = comparer.look()
    assert open_state.level_b_db == comparer.level_b_db
    values = {"hear": "A", "match_trim": -1.5, "lock": False, "loop_from": 0.0, "loop_to": 0.0}
    tone = {command.name for command in tone_commands(lambda comparer: comparer.tone)} | {"blend", "between_trim"}
    told = {name: value for name, value in open_state.values.items() if name not in tone}
    assert told == values | {"follow_training": "ask"} and tone & set(open_state.values)
    assert open_state.output is not None
    comparer.blind(BlindTest.begin(tmp_path / "t.json", 5, comparer.setup(), keys=tmp_path))
    comparer.do("begin_test")
    comparer.do("hear_x")
    state = comparer.look()
    assert (state.hearing, state.in_trial, state.answered, state.trials) == ("X", True, 0, 5)
    hidden = {"hear": "X", "lock": True, "loop_from": 0.0, "loop_to": 0.0}
    assert (state.output, state.level_b_db, state.values) == (None, None, hidden)
    json.dumps(state.to_json(), allow_nan=False)


def test_a_test_does_not_go_on_with_other_sounds(tmp_path):
    begun = Studio(Gearbox(200, 1, 0.5, NANO)).start()
    test = BlindTest.begin(tmp_path / "t.json", 5, begun.comparer.setup(), keys=tmp_path)
    same_files(test, begun.comparer)
    other = Studio(Gearbox(200, 1, 0.5, A2), Sound(model(A2))).start()
    with pytest.raises(CompareError, match=f"{A2.name} is not the one the test was begun with .{NANO.name}"):
        same_files(test, other.comparer)


def test_the_loudest_piece_of_a_file_is_what_is_measured_with():
    x = np.concatenate([np.zeros(500), np.ones(100), np.zeros(500)]).astype(np.float32)
    assert loudest(x, 100).sum() == 100
    assert loudest(x, 5000) is x


def test_every_command_has_a_key_and_every_key_a_command():
    outright = {"hear", "loop_from", "loop_to", "input_port", "send_port", "return_port", "output_port"}  # for pages
    outright |= {"follow_training", "offer_trained"}  # for options, and for rig train
    outright |= {command.name for command in tone_commands(lambda comparer: comparer.tone)} | {"blend", "between_trim"}
    assert {name for name, _ in AB_KEYS.values()} == set(COMMANDS) - outright
    for name, command in COMMANDS.items():
        assert command.name == name
        assert callable(command.run) or (callable(command.get) and callable(command.set or command.apply))


def test_a_blind_test_keeps_the_options_it_was_begun_with_under_the_names_of_earlier_versions(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    begun = ["ab", str(NANO), "--against", str(A2), "--trials", "5", "--level-mode", "raw", "--preamp-gain-db", "5"]
    command = kept_command(parser().parse_args(begun))
    assert (command["level"], command["preamp_gain_db"], command["model"]) == ("raw", 5.0, str(NANO))
    path = tmp_path / "t.json"
    BlindTest.begin(path, 5, {"command": command})
    again = parser().parse_args(["ab", "--resume", str(path)])
    resumed(again)
    assert (again.model, again.against, again.level_mode, again.preamp_gain_db) == (NANO, A2, "raw", 5.0)
    assert kept_command(again) == command
