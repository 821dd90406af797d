"""A take of `rig play` across a real server that is frozen, and one that dies and comes back."""

from __future__ import annotations

import json
import signal
import time

import numpy as np
import pytest
from commandline import Playing
from jackserver import JACKD_IS_MISSING, JackServer
from rigs import NANO, RATE

from rig.audio import wav
from rig.files import bundled

pytestmark = [pytest.mark.soak, pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")]


def test_what_the_server_did_not_bring_is_silence_and_stands_in_the_note(tmp_path):
    with (
        JackServer() as server,
        Playing(*(NANO, "--record", "--into", tmp_path, "--di", bundled.di()), **server.environment()) as play,
    ):
        play.wait_for("^Playing")
        began = time.monotonic()
        time.sleep(2.0)
        server.send(signal.SIGSTOP)
        time.sleep(2.5)
        server.send(signal.SIGCONT)
        time.sleep(2.0)
        server.kill()
        time.sleep(1.0)
        server.start()
        play.wait_for("The JACK server is back")
        time.sleep(2.0)
        took_s = time.monotonic() - began
        play.end()
    (note,) = (json.loads(path.read_text()) for path in tmp_path.glob("*.json"))
    di = wav.read(next(tmp_path.glob("* di.wav"))).samples[:, 0]
    out = wav.read(next(tmp_path.glob("* out.wav"))).samples
    assert len(di) == len(out) == note["frames"]
    # A server that goes on may call for all it has missed at once: then nothing is missing.
    gaps = note["gaps"]
    print(gaps, f"{took_s:.1f} s, {len(di) / RATE:.1f} s in the file")
    assert 1 <= len(gaps) <= 2 and {gap["why"] for gap in gaps} == {"server"} and not note["complete"]
    assert len(di) / RATE == pytest.approx(took_s, abs=1.0)
    for gap in gaps:
        part = slice(gap["at"], gap["at"] + gap["frames"])
        assert not di[part].any() and not np.any(out[part])
    assert "silence for what is missing" in "\n".join(play.lines)
