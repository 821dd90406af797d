"""`rig play` over a JACK server takes three better epochs over while it plays: each is heard, and none clicks."""

from __future__ import annotations

import time

import numpy as np
import pytest
from commandline import Playing
from jackclients import skip_if_torn
from jackserver import JACKD_IS_MISSING
from offered import learnt, weighted
from rigs import NANO, jump, sine
from test_live_pages import RATE, Ear, own, state_until  # noqa: F401  # one is a fixture

from rig.audio import wav
from rig.training.offer import offer
from rig.web.remote import Remote
from rig.web.runs import running

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
GAINS = (0.5, 1.5, 0.8)  # of what is offered in turn, re the model that plays first
WANTED, MOST = 2, 18  # changes that are looked at; a busy machine loses cycles by itself, so more are tried
AROUND = RATE // 5  # samples of a steady sound before and behind a change


def changes(server, folder, loop):
    """Of each change during which the server lost no cycle: its epoch, what was heard, and where it was asked for."""
    found = []
    with Playing(NANO, "--no-ir", "--di", loop, "--no-connect", "--follow-training", "on") as playing:
        playing.wait_for("^Page ")
        with Remote.of(running()) as remote:
            remote.do("level_mode", "raw")
            ear = Ear(server, 120.0)
            time.sleep(1.0)
            for epoch in range(1, MOST + 1):
                before = ear.deck.counted("xruns")  # ahead of the steady sound that is looked at, too
                time.sleep(0.5)
                asked = ear.now
                (said,) = offer(weighted(folder, gain_of(epoch)), "mine", learnt(epoch))
                assert said == f"rig play on port {running().port} plays epoch {epoch}."
                state_until(remote, lambda state, epoch=epoch: (state["training"] or {}).get("playing_epoch") == epoch)
                time.sleep(0.5)
                if ear.deck.counted("xruns") == before:
                    found.append((epoch, ear.deck.recorded[0, asked - AROUND : ear.now].copy(), AROUND))
                if len(found) == WANTED:
                    break
            ear.deck.close()
            remote.do("quit")
        assert playing.wait() == 0
    return found, epoch


def gain_of(epoch):
    return GAINS[(epoch - 1) % len(GAINS)] if epoch else 1.0


def rms(piece):
    return float(np.sqrt(np.mean(np.square(piece - piece.mean()))))


def test_better_epochs_take_over_without_a_click(own, tmp_path):  # noqa: F811
    loop = tmp_path / "sine.wav"
    wav.write(loop, sine(RATE, 110.0, 0.05).astype(float), RATE)  # whole periods: the loop has no seam
    found, count = changes(own, tmp_path, loop)
    assert count >= WANTED  # each of them took over
    if len(found) < WANTED:
        skip_if_torn(f"xruns in all but {len(found)} of {MOST} changes")
    assert len(found) == WANTED
    for epoch, heard, at in found:
        old, new = heard[: at - 256], heard[-AROUND:]
        assert rms(old) > 1e-3
        assert rms(new) / rms(old) == pytest.approx(gain_of(epoch) / gain_of(epoch - 1), rel=0.01)
        smooth = max(jump(old), jump(new))
        print(f"largest second difference {jump(heard) / smooth:.2f} times that of a steady sound")
        assert jump(heard) < 3 * smooth
        crest = int(np.argmax(np.abs(old)))  # and the figure finds what has no fade
        hard = np.concatenate([old[:crest], old[crest:] * rms(new) / rms(old)])
        assert jump(hard) > 3 * smooth
