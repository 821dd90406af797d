"""Every kind of file that rig reads, small and right, and damaged at random: `mutant(seed)` is the same for each seed.

`read(kind, path)` has rig read it as it does: in the reader itself, which is quick, or as the command line does.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from bad_rows import DISPUTED, GOOD
from damaged_models import SEEDS, TOKENS
from odd_audio import chunk, ds64, form, wav_of
from places import ROOT

from rig.audio import wav
from rig.cabinet.ir import IR
from rig.capture.result.sidecar import Capture
from rig.capture.signal.training_signal import load_signal
from rig.cli import main
from rig.compare.abx import check
from rig.compare.live.commands import COMMANDS as COMPARE_COMMANDS
from rig.errors import ConfigError, RigError
from rig.library import entered_levels
from rig.library.calibrated_levels import load_settings
from rig.library.commons.row_check import check_file
from rig.library.favourites import Favourites
from rig.library.interfaces import Interface
from rig.library.last_session import LastState
from rig.library.preset import Preset
from rig.nam import Model
from rig.player.commands import COMMANDS
from rig.player.key_map import load_keys
from rig.player.midi import log
from rig.player.midi.mapping import load_mapping
from rig.player.tools.looper import loop_from
from rig.trainer.capture_file import input_level

FORMATS = ROOT / "tests" / "golden" / "formats"
COMMAND_EVERY = 23  # of so many files one goes through the command line as well
X = (np.random.default_rng(5).uniform(-0.6, 0.6, 400) * np.exp(-np.arange(400) / 60)).astype(np.float32)
PCM = (X * 32000).astype("<i2").tobytes()
NO_NUMBERS = [b"1e400", b"-1", b"9" * 400, b"9" * 5000, b"true", b"nan", b"[]", b'"x"', b"1e39", b"0x1F", b'"\\ud800"']
LEVEL = {"dbu": 12.2, "name": "Apollo", "method": "table", "date": "2026-01-31"}
PORTS = {"send": "system:playback_1", "return": "system:capture_1"}
ROUND_TRIP = {"samples": 201, "period": 64, "date": "2026-01-31", "method": "noise"}
EVENT = {"time": "12:00:00", "message": "CC 7 = 1", "command": "volume", "outcome": "set", "value": -3.5}
PRESET = b"""number = 3
name = "Lead"
notes = "bridge"
model = "amp.nam"
level = "normalized"
output_trim_db = -2.5
loudness_lufs = -23.0
[[cabinet]]
ir = "cab.wav"
gain_db = -3.0
pan = -0.5
invert = true
[[cabinet]]
ir = "cab.wav"
[gate]
on = true
threshold_dbfs = -60.0
"""
MIDI = b"""program_change = true
[[control]]
cc = 7
channel = 1
command = "volume"
low = -40.0
high = 0.0
curve = "log"
[[control]]
cc = 64
command = "mute"
on = "change"
[[note]]
note = 60
command = "output_trim"
step = -1
"""


def _encoded(container: str, subtype: str, channels: int = 1) -> bytes:
    stream = io.BytesIO()
    sf.write(stream, np.column_stack([X] * channels), 48000, format=container, subtype=subtype)
    return stream.getvalue()


@cache
def audio() -> tuple[bytes, ...]:
    """One of each container and coding."""
    kinds = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("AIFF", "PCM_16")]
    kinds += [("FLAC", "PCM_16"), ("CAF", "PCM_24"), ("W64", "PCM_16"), ("AU", "PCM_16"), ("OGG", "VORBIS")]
    kinds += [("WAV", "IMA_ADPCM"), ("WAV", "ULAW"), ("MP3", "MPEG_LAYER_III")]
    whole = len(wav_of(form(), chunk(b"data", PCM)))
    return (
        *(_encoded(container, subtype) for container, subtype in kinds if sf.check_format(container, subtype)),
        _encoded("WAV", "PCM_16", channels=2),
        wav_of(form(), chunk(b"bext", b"x" * 61, pad=False), chunk(b"data", PCM)),
        wav_of(ds64(whole + 28, len(PCM), 400), form(), chunk(b"data", PCM, announced=0xFFFFFFFF), kind=b"RF64"),
    )


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=1).encode()


LEVELS = {"interface": LEVEL, "send": LEVEL, "return": LEVEL}
CALIBRATION = _json({"schema": 1, **LEVELS, "round_trip": ROUND_TRIP, "ports": PORTS})
MODELS = _json({"schema": 1, "input_levels": {"aa": {"name": "e570.nam", "dbu": 15.0}}})
FAVOURITES = _json({"schema": 1, "cabinets": [{"path": "/a.wav", "sha256": "aa", "favourite": True, "note": "solo"}]})
EVENTS = _json({"schema": 1, "ended": "now", "events": [{**EVENT, "period": 1, "offset": 2, "acted_at": 3}]})
INTERFACES = b'[[interface]]\nmaker = "A"\nmodel = "B2"\nmax_inst_dbu = 0.4\nbasis = "measured"\naliases = ["x"]\n'
KEYS = b'[keys]\n"m" = "mute"\n"+" = ["output_trim", 1]\nspace = "bypass"\n[ab]\n"a" = "hear_a"\n'
LAST = PRESET + b'[session]\nsetlist = "presets"\ninterface_dbu = 12.2\ninterface = "Apollo"\n'


def _remembered(path: Path, name: str) -> Path:
    """The file under the name that rig reads it by, in a folder of its own."""
    folder = path.parent / "kept"
    folder.mkdir(exist_ok=True)
    return path.replace(folder / name)


def _of_levels(path: Path) -> None:
    entered_levels.input_level("aa", directory=_remembered(path, entered_levels.FILE_NAME).parent, tell=_sentence)


def _of_favourites(path: Path) -> None:
    Favourites(_sentence, _remembered(path, "favourites.json").parent).among([path])


def _of_events(path: Path) -> None:
    log.last_file().parent.mkdir(parents=True, exist_ok=True)
    path.replace(log.last_file())
    log.last_events()


def _of_keys(path: Path) -> None:
    load_keys("keys", COMMANDS, path)
    load_keys("ab", COMPARE_COMMANDS, path)


def _of_cabinets(path: Path) -> None:
    IR.load(path, 44100)


@cache
def blind_tests() -> tuple[bytes, ...]:
    """The result of a blind test that is under way, and of one that is finished."""
    return tuple((FORMATS / "abx" / f"{name}.json").read_bytes() for name in ("under way", "finished"))


@cache
def capture() -> tuple[bytes, ...]:
    """The `capture.json` of a pair that `_of_captures` puts beside it."""
    content = json.loads((FORMATS / "captures" / "preamp" / "capture.json").read_text())
    digest = hashlib.sha256(audio()[0]).hexdigest()
    return (_json(content | {"files": {"dry.wav": digest, "wet.wav": digest}}),)


def _of_captures(path: Path) -> None:
    folder = _remembered(path, "capture.json").parent
    for name in ("dry.wav", "wet.wav"):
        (folder / name).write_bytes(audio()[0])
    found = Capture.load(folder)
    found.pair()
    input_level(found.content)
    assert found.rate > 0 and isinstance(found.checks, tuple)


Reader = Callable[[Path], Any]


def _of_rows(path: Path) -> None:
    for problem in check_file(path).problems:
        _sentence(problem.text)
        raise ConfigError(problem.text)


# By kind: right files, the ending, and the readers of it.
KINDS: dict[str, tuple[Callable[[], tuple[bytes, ...]], str, Reader]] = {
    "audio": (audio, ".wav", wav.read),
    "cabinet": (audio, ".wav", _of_cabinets),
    "loop": (audio, ".flac", lambda path: loop_from(path, 48000)),
    "signal": (audio, ".wav", load_signal),
    "model": (lambda: tuple(map(_json, SEEDS)), ".nam", Model.load),
    "preset": (lambda: (PRESET,), ".toml", Preset.load),
    "last": (lambda: (LAST,), ".toml", LastState.load),
    "midi": (lambda: (MIDI,), ".toml", lambda path: load_mapping(path, needed=True)),
    "keys": (lambda: (KEYS,), ".toml", _of_keys),
    "interfaces": (lambda: (INTERFACES,), ".toml", lambda path: Interface.all(table=path)),
    "rows to send": (lambda: (GOOD.encode(), DISPUTED.encode()), ".toml", _of_rows),
    "calibration": (lambda: (CALIBRATION,), ".json", load_settings),
    "levels": (lambda: (MODELS,), ".json", _of_levels),
    "favourites": (lambda: (FAVOURITES,), ".json", _of_favourites),
    "events": (lambda: (EVENTS,), ".json", _of_events),
    "blind test": (blind_tests, ".json", lambda path: json.dumps(check(path).to_json(), allow_nan=False)),
    "capture": (capture, ".json", _of_captures),
}
COMMANDS_OF = {
    "audio": lambda path: ["ir", str(path), "--json"],
    "cabinet": lambda path: ["ir", str(path)],
    "midi": lambda path: ["midi", "--midi", str(path), "--json"],
}


def mutant(seed: int) -> tuple[str, bytes]:
    """A kind of file, and the bytes of a damaged one."""
    rng = random.Random(seed)
    kind = rng.choice(list(KINDS))
    rights = KINDS[kind][0]()
    data = rng.choice(rights)
    for _ in range(1 + int(rng.expovariate(0.7))):
        data = _damaged(rng, data, rng.choice(rights))
    return kind, data


def _damaged(rng: random.Random, data: bytes, other: bytes) -> bytes:
    at = min(rng.randrange(len(data) + 1), rng.choice([80, len(data)]))  # headers are what is believed
    end = min(len(data), at + rng.choice([1, 2, 4, 8, 40, 4000]))
    number = rng.choice([0, 1, 2, 7, 255, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 62])
    packed = rng.choice(("little", "big"))
    match rng.randrange(9):
        case 0:
            return data[:at] + data[end:]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + rng.choice(TOKENS) + data[end:]
        case 3:
            return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]
        case 4:
            size = rng.choice([2, 4, 8])
            return data[:at] + (number & (1 << 8 * size) - 1).to_bytes(size, packed) + data[at + size :]
        case 5:
            return data[:at] + other[at:]
        case 6:
            return data[:end] + data[at:]
        case 7:
            numbers = list(re.finditer(rb"-?\d+(?:\.\d+)?", data))
            if not numbers:
                return data + data[at:end]
            found = rng.choice(numbers)
            return data[: found.start()] + rng.choice(NO_NUMBERS) + data[found.end() :]
        case _:
            return bytes(rng.randrange(256) if rng.random() < 0.02 else byte for byte in data)


def _sentence(text: str) -> None:
    assert text and len(text) < 1500 and "Traceback" not in text and text.isprintable(), ascii(text)


def outcome(seed: int, folder: Path) -> str:
    """What becomes of one damaged file: "read" or "refused"; anything else raises."""
    kind, data = mutant(seed)
    path = folder / f"damaged{KINDS[kind][1]}"
    path.write_bytes(data)
    if seed % COMMAND_EVERY == 0 and kind in COMMANDS_OF:
        command(COMMANDS_OF[kind](path))
    try:
        KINDS[kind][2](path)
        return f"{kind} read"
    except RigError as error:
        _sentence(str(error))
        return f"{kind} refused"


def command(arguments: list[str]) -> None:
    """Run it in this process: exit code 0 or 2, one sentence then; JSON on standard output, or nothing."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments)
    assert code in (0, 2), (arguments, code, err.getvalue())
    assert "Traceback" not in err.getvalue() + out.getvalue()
    if "--json" in arguments and out.getvalue():
        json.loads(out.getvalue(), parse_constant=lambda name: _no_number(name))
    if code == 2 and not out.getvalue():
        assert err.getvalue().count("rig: ") == 1, err.getvalue()


def _no_number(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def outcomes(first: int, count: int, note: str, patience_s: float) -> dict[str, Any]:
    """Try the cases from a seed on; the file `note` says which one is at work. The counts, and the most memory held."""
    import faulthandler
    import warnings

    from hostile import peak_mb

    faulthandler.enable()
    warnings.simplefilter("error")
    found: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name, open(note, "wb", buffering=0) as at_work:
        folder = Path(name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        os.environ["XDG_CONFIG_HOME"] = str(folder / "config")
        (folder / "amp.nam").write_bytes(_json(SEEDS[0]))
        (folder / "cab.wav").write_bytes(audio()[0])
        for seed in range(first, first + count):
            os.pwrite(at_work.fileno(), b"%12d" % seed, 0)
            faulthandler.dump_traceback_later(patience_s, exit=True)
            result = outcome(seed, folder)
            found[result] = found.get(result, 0) + 1
    faulthandler.cancel_dump_traceback_later()
    return {"found": found, "most_mb": peak_mb()}
