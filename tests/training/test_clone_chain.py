"""The whole chain of `rig clone` with a preamp on a real server: left after each step, and taken up."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from cloning import MODEL, Chain, found, table
from device import Device
from jackclients import Deck
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING
from rigs import NANO, RATE, guitar
from trained import learns
from warm_rig import WarmRig

from rig.audio import wav
from rig.compare.abx import check
from rig.training.environment import find_trainer
from rig.training.record import Record

needs_jackd = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
PERIOD = 512  # takes of several seconds are rarely torn on a busy machine when a period is long


@pytest.fixture
def warm():
    """It sets out first, and is ready when all else is."""
    with WarmRig() as warm:
        yield warm


@pytest.fixture
def preamp(warm, jack_server, taken, tmp_path):
    """The nano model as a simulated preamp, softer, and beside the captures the model that is perfect for it."""
    (tmp_path / "captures").mkdir()
    perfect = Path(shutil.copy(taken.parent / "perfect.nam", tmp_path / "captures"))
    scale = json.loads(perfect.read_text())["weights"][-1] / json.loads(NANO.read_text())["weights"][-1]
    wav.write(tmp_path / "di.wav", guitar(2 * RATE), RATE, "FLOAT")
    with Deck("patience", jack_server.name) as deck:
        before, deck.client.blocksize = deck.client.blocksize, PERIOD
        with Device(jack_server, 137, gain_db=20 * np.log10(scale), preamp=NANO) as device:
            yield device
        deck.client.blocksize = before


SHORT = ("--architecture", "nano", "--length-s", 35, "--no-trial", *AS_FAST_AS_IT_CAN)
FIRST = (*SHORT, "--send-dbu", 18, "--return-dbu", 12)
LISTENING = ("--di", "di.wav")
AB, PLAY = "Go on with listening to model and gear in turn? [Y/n; s", "Go on with playing? [Y/n]"


@pytest.fixture
def chain(warm, jack_server, python, tmp_path, within):
    begun = Chain(tmp_path, jack_server, python, None if within else warm.start)
    yield begun
    begun.close()


# In every run it is left after each step, without importing all of rig anew each time; in the soak at questions, within
# training and blind test as well, each time a process of its own.
@needs_jackd
@pytest.mark.parametrize("within", [False, pytest.param(True, marks=pytest.mark.soak)], ids=["after", "within"])
def test_from_an_empty_folder_to_a_blind_test_left_and_taken_up(chain, preamp, tmp_path, within):
    capture = tmp_path / "captures" / "mine"
    wired = (*FIRST, "--send", f"{preamp.name}:in", "--return", f"{preamp.name}:out")
    for question, keys in (("Which port goes to the gear?", "q\n"), ("", "\x04"), ("", "")) if within else ():
        chain.begin(*wired)
        chain.see("Is everything wired like this?")
        chain.see(question, "p\n" if question else "")
        if not keys:
            chain.send(signal.SIGINT)
        said = chain.left(keys, 0 if keys else 130)
        assert table(said) == [">1", " 2", " 3", " 4", " 5"] and not capture.exists()
        assert "To go on from here" in said and "--send-dbu 18" in said and "--architecture nano" in said
    chain.begin(*wired)
    chain.see("Is everything wired like this?")
    chain.see("Go on with training? [Y/n]", "\n")
    assert "* 1 capture   done, ok" in chain.left("n\n")
    assert (capture / "capture.json").exists()
    if within:
        learns(capture, [0.5], steps=1000)  # and after that epoch it takes long
        chain.begin()
        chain.see("Epoch    0")
        chain.send(signal.SIGINT)
        said = chain.left(code=130)
        assert "stopped by hand" in said and "To go on from here" in said
    learns(capture, [0.5, 0.1] if within else [0.1], steps=1000 if within else 2000)
    chain.begin()
    if within:
        chain.see("Go on with training? [Y/n; s: take epoch 0 as it is]")
    chain.see("Go on with comparing the model with the gear? [Y/n]", "\n" if within else "")
    chain.see("'maybe' is no answer", "maybe\n")
    assert "> 3 compare   not yet" in chain.left("n\n")
    assert Record.load(capture / "train" / "nano").state == "done"

    chain.begin(*LISTENING)
    chain.see(AB)
    assert "> 4 ab        no blind test yet" in chain.left("n\n")
    assert "ESR" in found(capture.parent)[0]["compare"]

    chain.begin(*LISTENING)
    chain.see(AB)
    chain.see("At least 5 are needed", "4\n")
    chain.see("shows the promise and begins the first", "5\n")
    chain.see("hearing A")
    if within:
        chain.see("Trial 1 of 5", "n")
        chain.see("The blind test is not finished", "q")
        chain.see(PLAY, "q")
        assert "0 of 5 trials answered" in chain.left("n\n")
        chain.begin(*LISTENING)
        chain.see(AB)
        chain.see("hearing A", "\n")
    chain.see("Trial 1 of 5", "n")
    for following in ("Trial 2 of 5", "Trial 3 of 5", "Trial 4 of 5", "Trial 5 of 5", "Result"):
        chain.see("X is A?", "o")
        time.sleep(0.4)  # a second press that comes at once was none
        chain.see(following, "\r")
    chain.see(PLAY, "q")
    chain.left("n\n")
    result = check(capture / "mine-nano-abx-1.json")
    assert len(result.answers) == 5 and not result.problems
    assert result.setup["gear"] and result.setup["command"]["send_dbu"] == 18.0

    chain.begin(*LISTENING)
    chain.see("quit")
    said = chain.left("q")
    assert "* 4 ab" in said and f"mine: the model is captures/mine/{MODEL}." in said


@needs_jackd
@pytest.mark.soak
def test_the_same_with_the_trainer_itself(jack_server, tmp_path):
    given = os.environ.get("RIG_TRAINER_PYTHON")
    if not given:
        pytest.skip("RIG_TRAINER_PYTHON names no environment")
    find_trainer(Path(given))
    with Device(jack_server, 137, gain_db=3.0, preamp="tube") as device:
        chain = Chain(tmp_path, jack_server, given)
        try:
            chain.begin(*FIRST, "--send", f"{device.name}:in", "--return", f"{device.name}:out")
            chain.see("Is everything wired like this?")
            chain.see("Go on with training? [Y/n]", "\n")
            chain.left("n\n")
            chain.begin("--minutes", 2)
            chain.see("Epoch ", timeout_s=300)
            chain.send(signal.SIGINT)
            chain.left(code=130)
            chain.begin()  # the two minutes are found out
            chain.see("Go on with training? [Y/n; s")
            chain.see("Go on with comparing", "\n", timeout_s=600)
            chain.left("n\n")
            chain.begin()
            chain.see(AB)
            chain.left("n\n")
        finally:
            chain.close()
    record = Record.load(tmp_path / "captures" / "mine" / "train" / "nano")
    steps, following = found(tmp_path / "captures")
    print(steps, f"{record.seconds:.0f} s")
    assert record.state == "done" and record.plan.minutes == 2
    assert record.best is not None and record.best.esr < 0.05, record.best
    assert following == "ab", steps
