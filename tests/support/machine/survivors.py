"""What a process holds, as the system counts it; and clients that hear it, or stand for a sound card."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import numpy as np
from jackclients import wait_until
from listener import AUDIBLE
from rigs import RATE

from rig.backends.jack import libjack

PLAYING = r"^Playing"
BACK_S = 2.0  # the promise: sound so soon after the server


def figures(pid):
    """What a process holds, as the system counts it."""
    status = Path(f"/proc/{pid}/status").read_text()
    maps = Path(f"/proc/{pid}/maps").read_text()
    return {
        "rss_kb": int(re.search(r"VmRSS:\s+(\d+)", status)[1]),
        "threads": int(re.search(r"Threads:\s+(\d+)", status)[1]),
        "fds": len(os.listdir(f"/proc/{pid}/fd")),
        "shm": maps.count("/dev/shm/"),
    }


def leaks(before, after, rss_kb):
    """What has grown, in words; nothing if all is well. Threads come and go by one or two, files likewise."""
    return [
        f"{name}: {before[name]} -> {after[name]}"
        for name, allowed in {"rss_kb": rss_kb, "threads": 2, "fds": 2, "shm": 2}.items()
        if after[name] - before[name] > allowed
    ]


def clients_of(name):
    """The clients that a server knows, asked by another program."""
    done = subprocess.run(["jack_lsp", "-s", name], capture_output=True, text=True, timeout=20)
    return sorted({line.split(":")[0] for line in done.stdout.splitlines() if ":" in line})


def left_in_shared_memory(name):
    return sorted(path.name for path in Path("/dev/shm").glob(f"*{name}*"))


def connected(deck, port):
    """Connect to a port, once it is there and its client plays."""
    jack, _ = libjack.library()
    try:
        deck.connect("in_1", port)
    except jack.JackError:
        return False
    return True


def begin(deck, samples):
    """A new take, whatever became of the last one."""
    if deck.state["state"] == 2:
        deck.state["state"] = 0
        time.sleep(0.1)  # a cycle under way still writes into the last take
    deck.state["position"] = 0
    deck.arm(samples)


def hear(deck, timeout_s=20.0):
    """Wait until something comes in."""

    def audible():
        if deck.state["state"] not in (1, 2):  # neither armed nor running: torn, full, or never begun
            deck.arm(10 * RATE)
        at = int(deck.state["position"])
        return np.abs(deck.recorded[0, :at]).max(initial=0.0) > AUDIBLE

    begin(deck, 10 * RATE)
    wait_until(audible, "sound", timeout_s)


class Card:
    """A client whose ports count as a sound card's, or a program's."""

    def __init__(self, name, server, is_card=True):
        jack, _ = libjack.library()
        self.client = jack.Client(name, no_start_server=True, servername=server)
        self.client.outports.register("capture_1", is_physical=is_card)
        for number in (1, 2):
            self.client.inports.register(f"playback_{number}", is_physical=is_card)
        self.client.activate()

    def close(self):
        self.client.deactivate()
        self.client.close()
