"""A value command is added in three files, for real, in a copy: key, MIDI, preset line, help and state follow.

The folders that are edited are copied; they hold no kernels, so all else is what is under test, compiled already.
"""

from __future__ import annotations

import inspect
import json
import shutil
import subprocess
import sys
from pathlib import Path

import rig
from rig.player import commands, key_map
from rig.player.tools import tuner

PACKAGE = Path(rig.__file__).parent

# Who does it: the tuner's reference pitch can be changed while playing.
THE_PART = (
    "    def switch(self, is_on: bool)",
    '''    def tune_to(self, a4_hz: float) -> None:
        """Tune to another reference pitch."""
        self.a4_hz = checked_a4_hz(a4_hz)

''',
)
# The table owns the rest: name, help, unit, range, step, how it is read and set, and the line of a preset.
THE_TABLE = (
    '        switch("tuner", "tuner",',
    """        value(
            *("tuner_reference", "pitch of the A4 that is tuned to", "Hz", (400.0, 480.0), 1.0),
            lambda p: p.rig.tuner.a4_hz,
            apply=lambda p, hz: p.rig.tuner.tune_to(hz),
            default=440.0,
            preset=PresetLine("a4_hz", "tuning"),
        ),
""",
)
THE_KEYS = (
    '    "T": ("tuner", 0),',
    """    "X": ("tuner_reference", 1),
    "Y": ("tuner_reference", -1),
""",
)

PLAY = """
import json, sys, time
from pathlib import Path
import numpy as np
import rig
rig.__path__.insert(0, sys.argv[2])  # the edited copy comes first
from rig import bundled
from rig.backends.offline import Offline
from rig.cli.live.sentences import Teller
from rig.player.commands import COMMANDS, GROUPS
from rig.player.player import Player
from rig.engine import Engine
from rig.player.key_map import help_text, load_keys
from rig.library.preset import Preset

folder, said = Path(sys.argv[1]), []
keys, _ = load_keys("keys", COMMANDS)
help_now = help_text(GROUPS, keys)

def player_of(**options):
    engine = Engine(48000)
    backend = Offline(48000)
    backend.start(engine.block_address, engine.address)
    made = Player(engine, Teller(said.append, keys, COMMANDS, help_now), bundled.models()[:1], **options)
    made.start()
    return made, backend

player, backend = player_of(folder=folder)
found = {"at_first": player.value("tuner_reference")}
for _ in range(4):
    player.do(*keys["Y"])                                           # a key
found["key"] = player.value("tuner_reference")
player.midi.open(folder / "midi.toml")
backend.process(np.zeros(64, np.float32), midi=[(0, bytes((0xB0, 20, 127)))])  # a knob, at its highest
until = time.monotonic() + 20.0
while not said[-1].startswith("Tuner reference +480") and time.monotonic() < until:  # a knob is told of when it rests
    player.poll()
    time.sleep(0.02)
found["midi"] = player.value("tuner_reference")
player.set("tuner_reference", 432.0)                                # any front end
player.do("save_preset", text="low")
found["line"] = (folder / "low.toml").read_text().split("[tuning]")[1].strip()
found["state"] = player.look().to_json()["values"]["tuner_reference"]
found["help"] = next(line for line in help_now.splitlines() if "A4" in line)
later, _ = player_of(presets=[folder / "low.toml"], preset=folder / "low.toml")
found["preset"] = later.value("tuner_reference")
found["said"] = [line for line in said if "Tuner reference" in line]
json.dump(found, sys.stdout)
"""


def patched(copy: Path, module: object, edit: tuple[str, str]) -> None:
    """Insert some lines before the line that begins with an anchor."""
    path = copy / Path(inspect.getfile(module)).relative_to(PACKAGE)
    anchor, lines = edit
    text = path.read_text(encoding="utf-8")
    assert text.count(anchor) == 1, f"{anchor} in {path.name}"
    path.write_text(text.replace(anchor, lines + anchor), encoding="utf-8")


def test_a_value_with_key_midi_preset_line_help_and_state_takes_three_files(tmp_path):
    copy = tmp_path / "copy"
    edits = ((tuner, THE_PART), (commands, THE_TABLE), (key_map, THE_KEYS))
    for folder in {Path(inspect.getfile(module)).relative_to(PACKAGE).parts[0] for module, _ in edits}:
        shutil.copytree(PACKAGE / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for module, edit in edits:
        patched(copy, module, edit)
    folder = tmp_path / "presets"
    folder.mkdir()
    mapping = '[[control]]\ncc = 20\ncommand = "tuner_reference"\nlow = 400\nhigh = 480\npickup = false\n'
    (folder / "midi.toml").write_text(mapping)
    ran = subprocess.run(
        [sys.executable, "-c", PLAY, str(folder), str(copy)],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == {
        "at_first": 440.0,
        "key": 436.0,
        "midi": 480.0,
        "line": "a4_hz = 432.0",
        "state": 432.0,
        "help": "  X more, Y less     pitch of the A4 that is tuned to (400 to 480 Hz)",
        "said": [
            *(f"Tuner reference +{hz}.0 Hz" for hz in (439, 438, 437, 436, 480, 432)),
            "Tuner reference +432.0 Hz",  # the preset says it too
        ],
        "preset": 432.0,
    }
