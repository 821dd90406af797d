"""`rig ab --from`: sides that are files are heard as they are, in step, equally loud, and what cannot be is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Told, guitar, model
from studio import answer, power_db

from rig.audio import wav
from rig.audio.align import find_lag, shifted
from rig.audio.loudness import integrated_lufs
from rig.audio.resample import resample
from rig.backends.offline import Offline
from rig.cabinet.ir import IR
from rig.cli.ab_session import same_files
from rig.compare.abx import BlindTest, check
from rig.compare.candidates.stretch import stretched
from rig.compare.live.commands import COMMANDS
from rig.compare.live.file_comparer import FileComparer
from rig.compare.live.intact_takes import Takes
from rig.compare.loops.answers import Side, answer_of, open_dry
from rig.compare.loops.file_sides import FileSides
from rig.engine import Engine
from rig.errors import CompareError, RigError
from rig.files import bundled
from rig.player.key_map import AB_KEYS
from rig.sound import Sound
from rig.web.server_state import ServerState
from rig.web.shown.shown_ab import AbShown

SECONDS = 4
BLOCK = 256


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A dry file, what a model made of it, the same another time (late, softer, turned over), and another model's."""
    folder = tmp_path_factory.mktemp("from")
    dry = guitar(SECONDS * RATE)
    made = {path: model(path).network(RATE).process(dry) for path in (NANO, A2)}
    made[NANO] -= made[NANO].mean()
    again = -(10 ** (-3 / 20)) * made[NANO]
    sounds = {
        "dry": dry,
        "wet": made[NANO],
        "whole": np.concatenate([np.zeros(37), again])[: len(dry)],
        "part": shifted(again, 0.37),
        "a2": made[A2],
    }
    for name, samples in sounds.items():
        wav.write(folder / f"{name}.wav", np.asarray(samples, np.float32), RATE, "FLOAT")
    return folder


class Listened:
    """Two files on an offline engine."""

    def __init__(self, folder, a, b, rate=RATE, ir=None, dry="dry.wav"):
        self.take = open_dry(folder / dry, None)
        sides = [answer_of(self.take, Side(name if hasattr(name, "name") else folder / name)) for name in (a, b)]
        self.engine, self.backend = Engine(rate), Offline(rate, BLOCK)
        self.backend.start(self.engine.block_address, self.engine.address)
        self.said = Told(COMMANDS, AB_KEYS)
        takes = Takes(self.engine, self.backend.host)
        self.sides = FileSides.of(self.take, *sides, rate)
        self.comparer = FileComparer(takes, self.said.append, self.sides, Sound(None, ir))
        self.comparer.start()
        self.play(rate // 4)

    def play(self, samples):
        return self.backend.process(np.zeros(samples - samples % BLOCK, np.float32))[:, 0]

    def hear(self, what, samples=RATE):
        """What is heard of a side, and where in the files it begins."""
        self.comparer.do(f"hear_{what}")
        self.play(RATE // 10)
        at = self.comparer.loop_position_samples
        while at > 2 * RATE:  # not over the seam
            self.play(BLOCK)
            at = self.comparer.loop_position_samples
        return self.play(samples).astype(float), at


def test_what_is_heard_equals_the_aligned_files(files):
    listened = Listened(files, "wet.wav", "whole.wav")
    comparer = listened.comparer
    assert comparer.match.lag_samples == pytest.approx(37, abs=0.001)
    assert (comparer.match.polarity, comparer.match.match_db) == (-1, pytest.approx(3.0, abs=0.001))
    wet = wav.read(files / "wet.wav").samples[:, 0]
    for what in "ab":
        y, at = listened.hear(what)
        wanted = 10 ** (comparer.level_db / 20) * wet[at : at + y.size]
        difference_db = power_db(y - wanted, wanted)
        print(f"{what}: {difference_db:.0f} dB")
        assert difference_db < -100
    difference, _ = listened.hear("difference")
    assert power_db(difference, y) < -80 and comparer.difference_db < -80


def test_a_part_of_a_sample_is_found_stated_and_taken_out(files):
    listened = Listened(files, "wet.wav", "part.wav")
    assert listened.comparer.match.lag_samples == pytest.approx(0.37, abs=0.002)
    assert listened.comparer.match.match_db == pytest.approx(3.0, abs=0.005)
    assert "B +0.370 samples against A, upside down: turned over; B is played earlier by as much" in listened.said.text
    assert "matched by +3.00 dB" in listened.said.text
    y, _ = listened.hear("a")
    difference, _ = listened.hear("difference")
    assert power_db(difference, y) < -55


def test_a_model_is_what_it_made_of_the_dry_file(files):
    listened = Listened(files, NANO, "wet.wav")
    assert listened.comparer.match.lag_samples == pytest.approx(0.0, abs=0.001)
    y, _ = listened.hear("a")
    difference, _ = listened.hear("difference")
    assert power_db(difference, y) < -90
    assert listened.comparer.setup()["a"]["model"]["file"] == NANO.name


def test_both_are_equally_loud_behind_a_cabinet_and_neither_clips(files):
    listened = Listened(files, "wet.wav", "a2.wav", ir=IR.load(bundled.irs()[0], sample_rate=RATE))
    loud = []
    for what in "ab":
        listened.comparer.do(f"hear_{what}")
        listened.play(RATE // 10)
        y = listened.play(SECONDS * RATE)
        assert np.abs(y).max() < 0.9
        loud.append(integrated_lufs(np.stack([y, y], 1), RATE))
    assert loud[0] == pytest.approx(loud[1], abs=0.15)
    assert loud[0] <= -17.8


@pytest.mark.soak
def test_another_session_rate_plays_the_same(files):
    listened = Listened(files, "wet.wav", "whole.wav", rate=44100)
    wet = resample(wav.read(files / "wet.wav").samples[:, 0], RATE, 44100)
    assert listened.comparer.match.lag_samples == pytest.approx(37 * 44.1 / 48, abs=0.01)
    y, at = listened.hear("a")
    wanted = 10 ** (listened.comparer.level_db / 20) * wet[at : at + y.size]
    assert power_db(y - wanted, wanted) < -100


def test_b_is_trimmed_and_the_section_moved_and_measured_again(files):
    listened = Listened(files, "wet.wav", "a2.wav")
    comparer = listened.comparer
    before, _ = listened.hear("b")
    comparer.do("match_trim", 1)
    assert comparer.level_b_db == pytest.approx(comparer.match.match_db + 0.1)
    comparer.commands.put("match_trim", -6.0)
    first = comparer.match.match_db
    comparer.commands.put("loop_from", 1.0)
    comparer.commands.put("loop_to", 1.5)
    listened.play(RATE)
    assert 1.0 <= comparer.section.at_s <= 1.5
    comparer.do("measure")
    listened.play(RATE)
    assert 1.0 <= comparer.section.at_s <= 1.5
    assert comparer.match.match_db == pytest.approx(first, abs=2.0)
    comparer.do("restore")
    listened.play(RATE)
    assert 1.0 <= comparer.section.at_s <= 1.5 and np.abs(before).max() > 0


def test_a_blind_test_of_files_names_them_and_goes_on_with_no_others(files, tmp_path):
    listened = Listened(files, "wet.wav", "a2.wav")
    comparer = listened.comparer
    test = BlindTest.begin(tmp_path / "t.json", 5, comparer.setup(), keys=tmp_path)
    comparer.blind(test)
    comparer.do("begin_test")
    for _ in range(5):
        comparer.do("hear_x")
        listened.play(RATE // 10)
        answer(comparer, test.x.lower())
    setup = check(tmp_path / "t.json", keys=tmp_path).setup
    assert setup["sides"] == ["wet.wav", "a2.wav"]
    assert [setup[side]["kind"] for side in "ab"] == ["recording", "recording"]
    assert len(setup["a"]["recording"]["hash"]) == len(setup["from"]["dry"]["hash"]) == 64
    json.dumps(setup, allow_nan=False)
    same_files(test, comparer)
    with pytest.raises(CompareError, match=r"whole\.wav is not the one the test was begun with .a2\.wav"):
        same_files(test, Listened(files, "wet.wav", "whole.wav").comparer)


def test_the_page_knows_that_nobody_plays(files):
    listened = Listened(files, "wet.wav", "a2.wav")
    shown = AbShown(listened.comparer, lambda: ServerState("JACK", 48000.0, 64, 4.0, 0, 0, ""))
    shown.is_measuring = False
    state = shown.state()
    assert (state["wiring"], state["sides"]) == ("files", {"a": "wet.wav", "b": "a2.wav"})
    assert state["loop_wave"]["seconds"] == SECONDS and state["measured"]["match_db"] is not None
    assert np.isnan(shown.meters()[1][0]) and listened.comparer.look().input is None


def test_no_model_in_training_takes_the_place_of_a_file(files):
    comparer = Listened(files, "wet.wav", "a2.wav").comparer
    with pytest.raises(CompareError, match="nothing takes their place"):
        comparer.matched(Sound(model(NANO)))


def odd(folder, name):
    """Files that are no side of this dry file."""
    wet = wav.read(folder / "wet.wav").samples[:, 0]
    rate, path = RATE, folder / f"odd {name}.wav"
    if name == "other":
        wet = np.random.default_rng(3).standard_normal(len(wet)) * 0.1
    elif name == "silent":
        wet = np.zeros(len(wet))
    elif name == "jumps":
        half = len(wet) // 2
        wet = np.concatenate([wet[:half], wet[half + 400 :], np.zeros(400)])
    elif name == "short":
        wet = wet[: RATE // 4]
    elif name == "rate":
        rate = 44100
    wav.write(path, wet.astype(np.float32), rate, "FLOAT")
    return path


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("other", r"is no recording of dry\.wav"),
        ("silent", "is silent"),
        ("jumps", r"jumps by .* record it again"),
        ("short", r"holds 0\.\d of the|is no recording of"),
        ("rate", r"its header is wrong"),
    ],
)
def test_what_is_no_recording_of_the_dry_file_is_refused(files, name, why):
    take = open_dry(files / "dry.wav", None)
    with pytest.raises(RigError, match=why):
        answer_of(take, Side(odd(files, name)))


@pytest.mark.parametrize("made", ["drifts", "rate", "begins earlier"])
def test_another_clock_rate_or_beginning_is_taken_out_and_told(files, made):
    take = open_dry(files / "dry.wav", None)
    plain = wav.read(files / "wet.wav").samples[:, 0]
    rate, wet = RATE, plain
    if made == "drifts":
        wet = stretched(plain, 0.0, 1 + 50e-6, len(plain))
    elif made == "rate":
        rate, wet = 44100, resample(plain, RATE, 44100)
    else:
        wet = np.concatenate([np.zeros(RATE // 2), plain])
    path = files / f"made {made}.wav"
    wav.write(path, wet.astype(np.float32), rate, "FLOAT")
    found = answer_of(take, Side(path))
    lag = find_lag(plain, found.samples, max_lag_samples=1000)
    inside = slice(4096, len(plain) - 4096)
    aligned = shifted(found.samples, -lag.samples)[inside]
    left = np.square(aligned - plain[inside]).sum() / np.square(plain[inside]).sum()
    assert left < 1e-4, f"{10 * np.log10(left):.0f} dB"
    assert found.notes


def test_a_constant_is_taken_out_and_told(files):
    path = files / "dc.wav"
    wav.write(path, (wav.read(files / "wet.wav").samples[:, 0] + 0.05).astype(np.float32), RATE, "FLOAT")
    found = answer_of(open_dry(files / "dry.wav", None), Side(path))
    assert abs(float(found.samples.mean())) < 1e-6
    assert any("DC) of -26 dBFS was taken out" in note for note in found.notes)


def test_one_file_twice_and_gear_that_is_not_there_are_refused(files):
    take = open_dry(files / "dry.wav", None)
    side = answer_of(take, Side(files / "wet.wav"))
    with pytest.raises(CompareError, match="the same file"):
        FileSides.of(take, side, side, RATE)
    with pytest.raises(CompareError, match="dry file alone: name two sides"):
        answer_of(take, Side(None))
