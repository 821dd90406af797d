"""Twelve presets as different as they come, and what each of them is when it is called first."""

from __future__ import annotations

import model_files
import numpy as np
from jackclients import wait_until
from preset_stage import IRS, Set, small, write
from responses import coloured
from rigs import A2, NANO, RATE, db, guitar

from rig.audio import wav
from rig.engine import PORT
from rig.levels import Level
from rig.library.preset import CabinetPart, Preset

HISTORY, HEARD = 3 * RATE, RATE // 2  # samples that are played behind the hand-over, and that are compared then
STEP = 1 << 15  # all stretches are whole numbers of it: a convolver's sums begin with the same sample then
RECURRENT = {"lstm", "rumble"}  # these forget only by and by


def twelve(folder):
    """The files of the presets; some by hand, without most lines, some as rig saves them."""
    folder.mkdir(exist_ok=True)
    for name, rate, level in (("a", 44100, 0.9), ("b", RATE, 0.4), ("c", 96000, 0.2)):
        wav.write(folder / f"{name}.wav", coloured(ord(name), peak=level, rate=rate), rate, "FLOAT")
    wide = np.stack([coloured(5, peak=0.5), coloured(6, peak=0.5)], axis=1)
    wav.write(folder / "wide.wav", wide, RATE, "FLOAT")
    lstm = model_files.write(folder / "lstm.nam", model_files.lstm(1, 4, seed=2))
    sizes = model_files.container(
        (0.5, model_files.wavenet([2], seed=5, dilations=(1, 2))), (1.0, model_files.wavenet([4], seed=6))
    )
    slim = model_files.write(folder / "slim.nam", sizes)
    crunch = small(folder / "crunch.nam", 3)
    own, cab = (CabinetPart(IRS[0]),), {name: CabinetPart(folder / f"{name}.wav") for name in ("a", "b", "c", "wide")}
    mix = (CabinetPart(folder / "a.wav", -3.0, 0.2, -0.5), CabinetPart(folder / "b.wav", pan=0.5, inverted=True))
    saved = {"level_mode": "normalized", "equal_loudness": False, "preamp_gain_db": 0.0, "rumble_hz": 0.0}
    gate = {"on": True, "threshold_dbfs": -70.0}
    shut = {"on": False, "threshold_dbfs": -60.0}
    return write(
        folder,
        Preset("clean", A2, cabinet=own, gate=shut, **saved),
        Preset("knob", NANO, cabinet=(cab["a"],), preamp_gain_db=12.0, level_mode="raw"),
        Preset("equal", crunch, cabinet=(cab["b"],), equal_loudness=True, loudness_lufs=-25.0),
        Preset("common", NANO, cabinet=(cab["c"],), equal_loudness=True),
        Preset("mix", NANO, cabinet=mix, aligned=True, input_trim_db=4.0, level_mode="calibrated"),
        Preset("lstm", lstm, cabinet=(cab["wide"],), output_trim_db=-3.0),
        Preset("bypass", NANO, cabinet=(cab["b"],), bypass=True, no_cabinet=True),
        Preset("plain", crunch),
        Preset("rumble", NANO, cabinet=own, rumble_hz=80.0, gate=gate, preamp_gain_db=3.0),
        Preset("size", slim, size=0.4, cabinet=(cab["wide"],), output_trim_db=5.0, level_mode="raw"),
        Preset("figure", A2, cabinet=(cab["c"],), loudness_lufs=-30.0),
        Preset("quiet", crunch, cabinet=(cab["a"],), output_trim_db=-20.0, gate=shut, **saved),
    )


def facts(it):
    """Settings, gains and parts."""
    player, engine = it.player, it.bench.engine
    sound, lane = player.sound, engine.lanes[0].record
    path = player.cabinets.hand_path
    parts = [(part.path.resolve(), part.gain_db, part.delay_ms, part.pan, part.inverted) for part in player.mixer.parts]
    commands = ("bypass", "output_trim", "input_trim", "preamp_gain", "level_mode", "equal_loudness", "gate")
    values = {name: player.value(name) for name in (*commands, "gate_threshold", "rumble", "no_cabinet", "mix_align")}
    return {
        "model": (sound.model.path.resolve(), sound.model.size),
        "gains": (sound.input_gain_db, sound.output_gain_db, float(lane["output_gain"]["target"])),
        "cabinet": None if path is None else path.resolve(),
        "cabinet_db": 0.0 if player.cabinets.playing is None else round(player.cabinets.applied_db, 5),
        "parts": parts,
        "volume": player.value("volume"),
        **values,
    }


def settled(it):
    """Until every gain that is measured in the background has arrived."""
    player = it.player
    cabinets, equal, presets = player.cabinets, player.equal, player.presets

    def there():
        it.poll()
        coming = presets.loudness.coming
        ready = presets.setlist.idle and all(equal.highest_lufs(*one) is not None for one in coming)
        playing = cabinets.playing
        return ready and (playing is None or abs(equal.gain_db(playing) - cabinets.applied_db) < 1e-6)

    wait_until(there, "all gains", 120)


def heard(it):
    """What comes out from three seconds behind the hand-over."""
    it.bench.process(np.zeros(-int(it.bench.engine.record["sources"][PORT]["head"]) % STEP))
    it.bench.process(guitar(-(-HISTORY // STEP) * STEP))
    return it.bench.stereo(guitar(HEARD))


def first_called(paths, name):
    """Facts and sound of a preset that a session begins with."""
    it = session(paths, next(path for path in paths if path.stem == name))
    settled(it)
    result = facts(it), heard(it)
    it.player.close()
    return result


def session(paths, first, **options):
    """A session that begins with one of them."""
    it = Set(paths, first, interface=Level(12.2, "test"), **options)
    it.ready()
    return it


def same_sound(name, want, got):
    """Bit for bit; to -100 dB where a recurrent or filter state fades out."""
    if name in RECURRENT:
        return db(got - want, want) <= -100
    return np.array_equal(got, want)
