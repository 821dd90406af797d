"""What there is to see: one frozen snapshot that becomes JSON and gives no name away to whoever listens blind."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from auditioning import Auditioning, five_cabinets
from rigs import NANO, RATE, guitar

from rig.backends.lost import Lost
from rig.cli.display.colour import Marks
from rig.cli.display.rows import row_text
from rig.cli.live.live_line import log_line
from rig.cli.live.live_rows import Peaks, live_rows
from rig.cli.live.stage import stage_rows
from rig.player.commands import COMMANDS


@pytest.fixture
def audition(tmp_path, monkeypatch):
    made = Auditioning(five_cabinets(tmp_path, monkeypatch))
    yield made
    made.close()


def test_it_says_what_plays_and_how_everything_stands(audition):
    player = audition.player
    audition.bench.process(0.5 * guitar(RATE))
    state = player.look()
    assert state.model == NANO.name
    assert state.cabinet.name == audition.name
    assert state.cabinet.place == "1/5"
    assert state.input.peak_dbfs > -20
    assert state.values == player.commands.values()
    assert {name for name, command in COMMANDS.items() if command.kind in ("switch", "choice", "value")} == set(
        state.values
    )
    player.set("mute", True)
    assert player.look().values["mute"] is True
    assert state.values["mute"] is False  # what was seen does not change
    with pytest.raises(dataclasses.FrozenInstanceError):
        state.model = "another"


def test_it_is_plain_json_and_silence_is_null(audition):
    audition.bench.process(np.zeros(RATE))
    audition.player.look()
    audition.bench.process(np.zeros(RATE))
    data = audition.player.look().to_json()
    assert data["input"]["peak_dbfs"] is None
    assert json.loads(json.dumps(data, allow_nan=False)) == data | {"zone_dbfs": list(data["zone_dbfs"])}


def test_while_blind_no_name_of_a_cabinet_is_in_it_nor_in_the_live_line(audition):
    audition.do("blind")
    player = audition.player
    for command in ("next_ir", "keep", "next_ir", "reject"):
        audition.do(command)
    state = player.look()
    names = [path.stem for path in player.cabinets.bank.paths]
    shown = json.dumps(state.to_json()) + log_line(state, Lost())
    for size in ((200, 50), (80, 24), (60, 6)):
        shown += "".join(map(row_text, live_rows(state, Peaks(), Lost(), "", size, Marks("utf-8"))))
        shown += "".join(map(row_text, stage_rows(state, Peaks(), Lost(), "", size, Marks("utf-8"))))
    assert not [name for name in names if name in shown]
    assert state.cabinet.name.startswith("number ")
    audition.do("blind")
    assert player.look().cabinet.name in {path.name for path in player.cabinets.bank.paths}
