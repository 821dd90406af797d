"""Files compared over a real JACK server: what comes out is the aligned files, and a blind test goes on."""

from __future__ import annotations

import contextlib
import json
import signal
import time

import numpy as np
import pytest
from commandline import called, refused
from jackclients import Deck, skip_if_torn, wait_until
from rigs import A2, NANO, RATE, guitar, model
from terminal import Terminal

from rig.audio import wav
from rig.audio.align import find_lag
from rig.backends.jack.client import Jack
from rig.compare.abx import check
from rig.compare.live.file_comparer import FileComparer
from rig.compare.live.intact_takes import Takes
from rig.compare.loops.answers import Side, answer_of, open_dry
from rig.compare.loops.file_sides import FileSides
from rig.engine import Engine
from rig.sound import Sound

SECONDS, TRIES, PERIOD = 3, 8, 1024


@pytest.fixture(scope="module", autouse=True)
def long_period(jack_server):
    """Takes are rarely torn on a busy machine when a period is long."""
    with Deck("patience", jack_server.name) as deck:
        before, deck.client.blocksize = deck.client.blocksize, PERIOD
        yield
        deck.client.blocksize = before


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dry file, the gear's take of it, and the same from another box: 37 samples late, softer, turned over."""
    folder = tmp_path_factory.mktemp("files")
    dry = guitar(SECONDS * RATE)
    wet = model(NANO).network(RATE).process(dry)
    wet -= wet.mean()
    late = np.concatenate([np.zeros(37), -0.5 * wet])[: len(wet)]
    for name, samples in (("dry", dry), ("wet", wet), ("box", late)):
        wav.write(folder / f"{name}.wav", np.asarray(samples, np.float32), RATE, "FLOAT")
    return folder


def taken(engine, backend, comparer, wanted):
    """A take of the output that the server has not torn, and what of `wanted` was played meanwhile."""
    for _ in range(TRIES):
        wait_until(lambda: comparer.loop_position_samples < RATE, "the beginning of the loop", 20)
        counters = int(backend.host["xruns"]), int(backend.host["resizes"])
        tape = engine.take(RATE // 2, "output")
        near = comparer.loop_position_samples
        wait_until(lambda tape=tape: tape.state in ("done", "broken"), "the take", 20)
        time.sleep(0.2)
        if tape.intact(*counters):
            y = tape.take.astype(float)
            first = max(0, near - 8192)
            lag = find_lag(y, wanted[first : first + y.size + 16384], max_lag_samples=16384, sample_rate=RATE)
            at = first + round(lag.samples)
            return y, wanted[at : at + y.size]
    skip_if_torn(f"xruns in each of {TRIES} takes", backend.block_size)
    pytest.fail(f"the server reported xruns in each of {TRIES} takes")


def test_the_recording_of_the_output_is_the_aligned_files_live(jack_server, folder):
    take = open_dry(folder / "dry.wav", None)
    engine = Engine(RATE)
    with Jack("files", jack_server.name) as backend:
        sides = FileSides.of(take, *(answer_of(take, Side(folder / f"{name}.wav")) for name in ("wet", "box")), RATE)
        comparer = FileComparer(Takes(engine, backend.host), lambda _: None, sides, Sound())
        backend.start(engine.block_address, engine.address)
        comparer.start()
        wet = wav.read(folder / "wet.wav").samples[:, 0] * 10 ** (comparer.level_db / 20)
        for what in "ab":
            comparer.do(f"hear_{what}")
            time.sleep(0.3)
            y, wanted = taken(engine, backend, comparer, wet)
            apart_db = 10 * np.log10(np.mean((y - wanted) ** 2) / np.mean(wanted**2))
            print(f"{what}: {apart_db:.0f} dB")
            assert apart_db < -100
        engine.set_master(0.0)


@pytest.mark.soak
def test_a_blind_test_of_a_model_and_a_recording_is_killed_and_goes_on(jack_server, folder, tmp_path):
    environment = {"JACK_DEFAULT_SERVER": jack_server.name, "XDG_DATA_HOME": str(tmp_path / "data")}
    words = ("--from", folder / "dry.wav", folder / "box.wav", A2, "--no-page", "--trials", 5, "--result", "t.json")
    with contextlib.closing(Terminal(*words, command="ab", cwd=tmp_path, **environment)) as first:
        first.press("", "all of them right: guessing gets that far in 3.1 % of such tests", 120)
        first.press("", "hearing A", 60)
        first.press("n", "Trial 1 of 5")
        first.press("x", "hearing X")
        first.press("o", "X is A?")
        time.sleep(0.4)
        first.press("\r", "Trial 2 of 5")
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(20)
    with contextlib.closing(Terminal("--resume", "t.json", command="ab", cwd=tmp_path, **environment)) as again:
        again.press("", "5 trials, 1 answered", 120)
        again.press("", "hearing A", 60)
        again.press("n", "Trial 2 of 5")
        for key, following in zip("oppo", ("Trial 3", "Trial 4", "Trial 5", "Result"), strict=True):
            again.press(key, f"X is {'A' if key == 'o' else 'B'}?")
            time.sleep(0.4)
            again.press("\r", following)
        again.press("q", "")
        again.process.wait(20)
    found = check(tmp_path / "t.json", keys=tmp_path / "data" / "rig" / "abx")
    assert (found.answers, found.problems) == ("AABBA", ())
    assert found.setup["sides"] == ["box.wav", A2.name]
    assert found.setup["b"]["model"]["hash"] and found.setup["a"]["recording"]["hash"]
    assert "di" not in json.dumps(sorted(found.setup))


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--from", "dry.wav"], "Name the sides: rig ab --from dry.wav A B"),
        (["--from", "dry.wav", "wet.wav"], "dry.wav is a dry file alone: name two sides"),
        (["--from", "dry.wav", "wet.wav", "wet.wav"], "A and B are the same file"),
        (["--from", "dry.wav", "wet.wav", "box.wav", "--send", "x"], "leave --send out"),
        (["--from", "dry.wav", "wet.wav", "box.wav", "--di", "dry.wav"], "leave --di out"),
        (["--from", "nowhere", "wet.wav", "box.wav"], "nowhere"),
        (["--from", "dry.wav", "wet.wav", "none.nam"], "none.nam"),
        (["--from", "dry.wav", "wet.wav", "box.wav", "--trials", "4"], "At least 5 are needed"),
        ([NANO, "--capture-dbu", "5"], "--from CAPTURE"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(jack_server, folder, monkeypatch, capsys, arguments, why):
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_server.name)
    monkeypatch.chdir(folder)
    refused(called(capsys, "ab", *arguments), why)
