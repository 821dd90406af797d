"""`rig audition`, live on a JACK server: keys on a terminal, and a bank of 500 cabinets timed key by key."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
from browsing import changes_in, endless_tone
from child import run_in_child
from commandline import refused, rig
from jackserver import JACKD_IS_MISSING, JackServer
from responses import folder_of
from rigs import A2, NANO, RATE, Told
from terminal import Terminal

from rig.files import bundled

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")


def test_a_cabinet_is_chosen_by_keys(jack_server, tmp_path):
    folder = tmp_path / "cabs"
    folder.mkdir()
    folder_of(folder, 12, samples=300)
    (folder / "broken.wav").write_text("not audio")
    terminal = Terminal(
        *[A2, folder, "--di", bundled.di()],
        command="audition",
        cwd=tmp_path,
        JACK_DEFAULT_SERVER=jack_server.name,
        XDG_CONFIG_HOME=str(tmp_path / "config"),
    )
    try:
        terminal.press("", "12 cabinets ready")
        assert "1 file cannot be used, ! lists them" in terminal.text
        terminal.press("!", "broken.wav: not an audio file")
        assert "mic2.wav (2/12), " in terminal.press("i", "Cabinet  mic2.wav")
        terminal.press("/mic1", "4 found, mic10.wav")
        terminal.press("2\x7f1\n", "Cabinet  mic11.wav (11/12)")
        terminal.press("/nothing\x1b", "cab 11/12 mic11.wav")  # given up
        terminal.press("A", "mic11.wav is A")
        terminal.press("\x1b[H", "Cabinet  mic1.wav (1/12)")
        terminal.press("B", "mic1.wav is B")
        terminal.press("\t", "A: mic11.wav")
        terminal.press("f", "mic11.wav is a favourite")
        terminal.press("tnice, not too bright\n", "Noted    mic11.wav: nice, not too bright")
        terminal.press("e", "each cabinet at its own level")
        terminal.press("e", "matched on ")
        terminal.press("O", "the live guitar plays")
        terminal.press("j", "1 held")
        terminal.press("i", ">2 mic12.wav")
        terminal.press("w\n", "Written  irs/mix-1.wav: ")
        terminal.press("z", "Cabinet  mic12.wav")
        terminal.press("v", "number 1 of 12")
        terminal.press("v", "these were:")
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
        assert "Traceback" not in terminal.read()
    finally:
        terminal.close()
    assert (tmp_path / "config" / "rig" / "favourites.json").exists()


def test_an_empty_folder_and_one_without_audio_are_one_sentence(jack_server, tmp_path):
    server = {"JACK_DEFAULT_SERVER": jack_server.name}
    (tmp_path / "notes.txt").touch()
    refused(rig("audition", A2, tmp_path, **server), "this folder holds no .wav")
    refused(rig("audition", A2, tmp_path / "nowhere", **server), "nowhere")
    (tmp_path / "broken.wav").touch()
    refused(rig("audition", A2, tmp_path, **server), r"broken\.wav: the file is empty")


@pytest.mark.soak
def test_500_cabinets_are_ready_in_seconds_and_each_sounds_within_a_period_and_the_fade(tmp_path):
    folder_of(tmp_path, 500)
    found = run_in_child(_step_through_500, str(tmp_path), timeout_s=300)
    print(
        f"500 cabinets of 2048 taps, 24 bit, mixed rates: the first plays {found['first_s']:.2f} s after the start of "
        f"the player, all ready {found['all_s']:.2f} s after that; from key to fade, by the recording, median "
        f"{found['median_ms']:.2f} ms, 95 % {found['p95_ms']:.2f} ms, worst {found['worst_ms']:.2f} ms "
        f"(period 1.33 ms); {found['xruns']} xruns, {found['clicks']} clicks of {found['steps']}"
    )
    assert found["ready"] == 500
    assert found["steps"] > 450
    assert found["clicks"] == 0


def _step_through_500(folder):
    """In a child: a bank on a server of its own at 64 frames; every step is found in the recording of a tone."""
    from pathlib import Path

    from rig.backends.jack.client import Jack
    from rig.engine import LOOP, Engine
    from rig.files.folders import AUDIO_ENDINGS, files_in
    from rig.player.player import Player

    with JackServer(name=f"rig-bank-{os.getpid()}") as server:
        os.environ.update(server.environment())
        backend = Jack("bank")
        engine = Engine(backend.sample_rate)
        told = Told()
        began = time.monotonic()
        paths = files_in(Path(folder), AUDIO_ENDINGS, below=True).files
        player = Player(engine, told.append, [NANO], paths, source=LOOP, ir_named=True)
        player.looper.put(endless_tone(1.0), "a tone")
        player.start()
        backend.start(engine.block_address, engine.address)
        first_s = time.monotonic() - began
        while player.cabinets.progress:
            player.poll()
            time.sleep(0.005)
        all_s = time.monotonic() - began - first_s
        time.sleep(0.5)
        xruns = int(backend.host["xruns"])
        pressed, steps = [], 500
        take = engine.take(RATE * 60, "output", strict=False)
        time.sleep(0.1)
        for _ in range(steps):
            pressed.append(int(take.record["position_samples"]))
            player.do("next_ir")
            player.poll()
            engine.wait_until_steady(1)
            time.sleep(0.03)
        y = take.take[: int(take.record["position_samples"])].astype(float)
        changes = changes_in(y)
        xruns = int(backend.host["xruns"]) - xruns
        player.close()
        backend.close()
    delays = [1000 * (change.begins - max(at for at in pressed if at <= change.begins)) / RATE for change in changes]
    return {
        "first_s": first_s,
        "all_s": all_s,
        "ready": len(player.cabinets.bank.ready),
        "median_ms": float(np.median(delays)),
        "p95_ms": float(np.percentile(delays, 95)),
        "worst_ms": max(delays),
        "xruns": xruns,
        "steps": len(changes),
        "clicks": sum(bool(change.click > 2.0) for change in changes),
    }
