"""Tone as the player has it: by command and MIDI, in presets and files, at another rate."""

from __future__ import annotations

import numpy as np
import pytest
from rigs import A2, NANO, RATE, Bench, Told, db, guitar
from scipy.signal import sosfilt

import rig
from rig.audio.wav import read, write
from rig.cli import main
from rig.dsp.tone.cookbook import tone_sections
from rig.dsp.tone.knobs import KNOBS, root_from_db
from rig.errors import LevelError, PresetError
from rig.files import bundled
from rig.library.preset import Preset
from rig.player.cabinets.equal_loudness import model_output
from rig.player.midi.mapping import Binding, Mapping
from rig.player.player import Player
from rig.sound import Sound

NAMES = [knob.name for knob in KNOBS]


def playing(models, **options):
    bench, told = Bench(), Told()
    player = Player(bench.engine, told.append, models, **options)
    player.start()
    bench.settle()
    return bench, player, told


def targets(bench):
    return [float(band["target"]) for band in bench.engine.lanes[0].record["tone"]]


def test_a_command_turns_what_is_heard_as_far_as_it_goes():
    bench, player, told = playing([NANO])
    x = guitar(RATE)
    bench.process(x)
    flat = bench.process(x)
    for name, gain_db in zip(NAMES, (3.0, -2.0, 20.0, -20.0), strict=True):
        player.set(name, gain_db)
    assert [player.value(name) for name in NAMES] == [3.0, -2.0, 12.0, -12.0]
    assert "Treble +12.0 dB" in told.text
    bench.process(x)
    want = sosfilt(tone_sections(RATE, (3.0, -2.0, 12.0, -12.0)), np.concatenate([flat, flat]))[RATE:]
    assert db(bench.process(x)[RATE // 2 :] - want[RATE // 2 :], want) < -80
    player.do("bass", -1)
    assert player.value("bass") == 2.5
    for name in NAMES:
        player.set(name, 0.0)
    bench.process(x)
    assert bench.process(x).tobytes() == flat.tobytes()


def test_bypass_has_no_tone_and_the_model_comes_back_with_it():
    bench, player, _ = playing([NANO], tone_db=(6.0, 0.0, 0.0, 0.0))
    assert targets(bench)[0] == root_from_db(6.0)
    player.do("bypass")
    player.set("bass", 9.0)
    assert targets(bench) == [1.0] * 4
    player.do("bypass")
    assert targets(bench)[0] == root_from_db(9.0)


def test_a_midi_knob_turns_it_in_its_period_and_all_agree_on_it():
    bench, player, _ = playing([NANO])
    player.midi.open()
    player.midi.use(Mapping((Binding("control", 20, "presence", pickup=False),)))
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 20, 127)))])
    assert targets(bench)[3] == pytest.approx(root_from_db(12.0))  # before Python has looked
    player.poll()
    assert player.value("presence") == player.sound.presence_db == 12.0
    player.do("bypass")
    bench.settle()
    bench.backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 20, 0)))])
    assert targets(bench) == [1.0] * 4  # nor before Python has looked
    player.poll()
    assert targets(bench) == [1.0] * 4
    player.do("bypass")
    assert targets(bench)[3] == pytest.approx(root_from_db(-12.0))
    player.close()


def test_a_preset_holds_it_and_one_without_it_is_flat(tmp_path):
    preset = Preset("warm", NANO, bass_db=2.5, presence_db=-1.0)
    text = preset.text(tmp_path)
    assert "[tone]\nbass_db = 2.5\npresence_db = -1.0\n" in text
    (tmp_path / "warm.toml").write_text(text)
    assert Preset.load(tmp_path / "warm.toml") == preset
    assert "[tone]" not in Preset("plain", NANO).text(tmp_path)
    (tmp_path / "plain.toml").write_text(Preset("plain", A2).text(tmp_path))
    bench, player, _ = playing([NANO], presets=[tmp_path / "plain.toml", tmp_path / "warm.toml"], folder=tmp_path)
    for number, want in ((2, (2.5, 0.0, 0.0, -1.0)), (1, (0.0,) * 4)):
        player.do("preset", number)
        assert player.arrive(timeout_s=20.0)
        bench.settle()
        assert player.sound.tone_db == want
        assert targets(bench) == pytest.approx([root_from_db(db) for db in want])
    player.set("middle", 4.0)
    player.do("save_preset", text="saved")
    assert Preset.load(tmp_path / "saved.toml").middle_db == 4.0
    player.close()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("bass_db = 13", "bass_db is 13, expected -12 to 12 dB"), ('bass_db = "much"', "bass_db is .*expected")],
)
def test_a_preset_that_turns_it_too_far_is_refused_with_its_line(tmp_path, line, sentence):
    (tmp_path / "odd.toml").write_text(f'model = "{NANO}"\n[tone]\n{line}\n')
    with pytest.raises(PresetError, match=f"line 3: {sentence}"):
        Preset.load(tmp_path / "odd.toml")


def test_a_knob_that_a_preset_misspells_is_a_warning(tmp_path):
    (tmp_path / "odd.toml").write_text(f'model = "{NANO}"\n[tone]\nbas_db = 3\n')
    assert "bas_db" in " ".join(Preset.load(tmp_path / "odd.toml").warnings)


def test_a_sound_renders_with_it_as_the_command_line_does(tmp_path):
    x = guitar(RATE // 2)
    flat = Sound(Sound(None).model, interface=None)
    assert (
        db(
            flat.changed(bass_db=6.0, treble_db=-3.0).render(x, RATE)
            - sosfilt(tone_sections(RATE, (6.0, 0.0, -3.0, 0.0)), flat.render(x, RATE))
        )
        < -100
    )
    write(tmp_path / "di.wav", x, RATE)
    options = ["--interface", "none", "--level-mode", "raw", "--bass-db", "6", "--treble-db", "-3"]
    assert main(["render", str(NANO), str(tmp_path / "di.wav"), str(tmp_path / "out.wav"), *options]) == 0
    sound = Sound(rig.Model.load(NANO), level_mode="raw", interface=None, bass_db=6.0, treble_db=-3.0)
    heard = read(tmp_path / "di.wav").samples[:, 0]
    assert np.array_equal(read(tmp_path / "out.wav").samples[:, 0], sound.render(heard, RATE))


def test_further_than_it_goes_is_refused(capsys, tmp_path):
    with pytest.raises(LevelError, match="Bass of 20 dB cannot be right: it goes from -12 to 12 dB"):
        Sound(bass_db=20.0)
    with pytest.raises(LevelError, match="Middle of nan dB"):
        Sound(middle_db=float("nan"))
    assert main(["render", str(NANO), str(bundled.di()), str(tmp_path / "out.wav"), "--presence-db", "-13"]) == 2
    assert "Presence of -13 dB cannot be right" in capsys.readouterr().err


def test_cabinets_are_matched_with_the_tone_that_is_heard():
    x = guitar(RATE)
    flat = Sound(rig.Model.load(NANO), interface=None, level_mode="raw")
    low = model_output(flat.changed(bass_db=-12.0), x, RATE)
    assert (
        db(low - sosfilt(tone_sections(RATE, (-12.0, 0, 0, 0)), model_output(flat, np.tile(x, 2), RATE))[RATE:]) < -60
    )
