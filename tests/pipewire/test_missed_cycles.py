"""Cycles that never came, because the process was stopped or starved, are counted: no server tells of them."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from blocks import new_engine, passthrough
from child import run_in_child
from jackclients import wait_until
from jackserver import JACKD_IS_MISSING, JackServer
from pipewireserver import PIPEWIRE_IS_MISSING, REASON, PipeWireServer

from rig.backends.jack.client import Jack
from rig.backends.lost import Lost

TIMES, PERIOD = 10, 128
STOPPED = "for i in 1 2 3 4 5 6 7 8 9 10; do kill -STOP {0}; sleep 0.05; kill -CONT {0}; sleep 0.1; done"


def stopped(on_pipewire):
    """What a client counts while its process is stopped ten times for 50 ms: cycles, missed, gaps, frames gone by."""
    with PipeWireServer(period=PERIOD) if on_pipewire else JackServer(period=PERIOD) as server:
        if on_pipewire:
            os.environ.update(server.environment())
        with Jack("counted", None if on_pipewire else server.name) as backend:
            host, engine = backend.host, new_engine()
            backend.start(passthrough.address, engine.ctypes.data)
            wait_until(lambda: host["cycles"] > 100, "the first cycles")
            time.sleep(0.5)
            before = between_cycles(host)
            subprocess.run(["sh", "-c", STOPPED.format(os.getpid())], check=True)
            time.sleep(0.2)
            after = between_cycles(host)
            product = backend.product
            backend.stop()
    cycles, lost, frame = (late - early for late, early in zip(after, before, strict=True))
    return product, cycles, lost.missed_cycles, lost.gaps, frame % (1 << 32)


def between_cycles(host):
    """Cycles, what was lost, and the server's frame, all of one moment."""
    while True:
        cycles = int(host["cycles"])
        found = cycles, Lost.of(host), int(host["frame_time"])
        time.sleep(0.0005)
        if int(host["cycles"]) == cycles:
            return found


@pytest.mark.live
@pytest.mark.parametrize(
    ("product", "on_pipewire"),
    [
        pytest.param("JACK", False, marks=pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")),
        pytest.param("PipeWire", True, marks=pytest.mark.skipif(PIPEWIRE_IS_MISSING, reason=REASON)),
    ],
)
def test_every_cycle_was_either_called_or_missed(product, on_pipewire):
    found, cycles, missed, gaps, frames = run_in_child(stopped, on_pipewire)
    assert found == product
    assert gaps >= TIMES and missed >= 2 * TIMES  # 50 ms are 18 cycles, of which a server may make up for some
    assert abs(cycles + missed - frames / PERIOD) <= 1 + gaps / 2  # a server that begins anew leaves a broken cycle
