"""A rig over JACK with a page, four clients and a watch on every cycle, in a process of its own; what it cost.

Three clients read meters and spectra and steer; one asks for everything and never reads. They live in another process,
as browsers do.

    python tests/support/machine/watched_page.py --server NAME --minutes 10

prints one JSON object at its end, and a line on stderr every minute.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import json
import os
import random
import select
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from allocations import rtsys
from jackclients import Deck
from page_faults import page_faults
from rigs import A2, NANO, RATE, guitar
from watched import Watch
from websockets.sync.client import connect

from rig.backends.jack.client import Jack
from rig.engine import LOOP, Engine
from rig.errors import RigError
from rig.files import bundled
from rig.player.player import Player
from rig.web.page import Page, PageOptions
from rig.web.remote import Remote
from rig.web.server_state import ServerState
from rig.web.shown.shown_player import PlayerShown

REFRESH_S, WAITING_S = 0.1, 0.02  # as a session looks
EVERY_S = (0.1, 0.6)  # between two commands of a client


# ---------------------------------------------------------------- the clients
def steer(run: dict, chance: random.Random, end: float, told: dict) -> None:
    """Read all that comes, and ask for something now and then."""
    with Remote(run["ws"], run["token"]) as rig:
        rig.watch(meters=True, spectra=True)
        due = 0.0
        while time.monotonic() < end:
            if time.monotonic() > due:
                due = time.monotonic() + chance.uniform(*EVERY_S)
                name, value = chance.choice(
                    [
                        ("volume", chance.uniform(-30.0, 0.0)),
                        ("input_trim", chance.uniform(-6.0, 6.0)),
                        ("mute", chance.random() < 0.3),
                        ("tuner", chance.random() < 0.3),
                        ("bypass", chance.random() < 0.3),
                        ("cabinet", chance.randrange(run["cabinets"])),
                        ("model", chance.randrange(2)),
                    ]
                )
                rig.do(name, value)
                told["commands"] += 1
            told["frames"] += isinstance(rig._next(5.0), bytes)


def stall(run: dict, end: float) -> None:
    """Ask for everything and read nothing; once let go, come again."""
    while time.monotonic() < end:
        with contextlib.suppress(Exception), contextlib.ExitStack() as ending:
            ws = ending.enter_context(connect(run["ws"], compression=None, proxy=None, max_queue=1, ping_interval=None))
            ws.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            ws.send(json.dumps({"token": run["token"], "client": "reads-nothing"}))
            ws.send(json.dumps({"watch": {"meters": True, "spectra": True}}))
            for id in range(10_000):
                if time.monotonic() > end:
                    return
                ws.send(json.dumps({"list": "cabinets", "id": id}))
                time.sleep(0.1)
        time.sleep(0.5)


def clients() -> None:
    """Four of them, for as long as the line on standard input says."""
    run = json.loads(sys.stdin.readline())
    end, told = time.monotonic() + run["seconds"], [{"frames": 0, "commands": 0} for _ in range(3)]
    threads = [threading.Thread(target=steer, args=(run, random.Random(at), end, told[at])) for at in range(3)]
    threads.append(threading.Thread(target=stall, args=(run, end), daemon=True))
    for thread in threads:
        thread.start()
    for thread in threads[:3]:
        thread.join()
    print(json.dumps(told), flush=True)


# ---------------------------------------------------------------- the rig
class Session:
    """As that of `rig play`, with a watch between the server and the engine."""

    def __init__(self, server: str) -> None:
        self.engine = Engine(RATE)
        self.backend = Jack("paged", server, midi=False)
        self.watch = Watch(self.engine)
        self.backend.start(self.watch.block_address, self.watch.address)
        self.engine.loop(guitar(20 * RATE))
        self.player = Player(self.engine, self._told, [NANO, A2], bundled.irs(), ir_named=True, source=LOOP)
        self.shown = PlayerShown(lambda: self.player, self._server)
        self.page: Page | None = Page(self.shown, PageOptions(port=0), lambda sentence: None)
        self.player.start()
        self.empty = Deck("empty", server)
        self.refreshed, self.most_clients = 0.0, 0

    def _told(self, event) -> None:
        if getattr(self, "page", None) is not None:
            self.page.post(event)

    def _server(self) -> ServerState:
        host = self.backend.host
        return ServerState("JACK", RATE, 64, 2.7, int(host["xruns"]), int(host["frame_time"]))

    def poll(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            select.select([self.page.waker], [], [], WAITING_S if self.player.waiting else REFRESH_S)
            acted = self.page.poll()
            self.player.poll()
            if acted or time.monotonic() - self.refreshed >= REFRESH_S - WAITING_S:
                self.refreshed = time.monotonic()
                self.player.look()
                self.page.show()
                self.most_clients = max(self.most_clients, self.page.client_count)

    def counters(self) -> dict:
        return {
            "cycles": int(self.backend.host["cycles"]),
            "empty_cycles": int(self.empty.counted("cycles")),
            "page_faults": page_faults(int(self.backend._state["thread_id"])),
            "allocations": rtsys.get_allocation_stats().alloc,
            "xruns": int(self.backend.host["xruns"]),
            "overloads": int(self.engine.record["load"]["overloads"]),
            "changes": int(self.engine.record["handover"]["changes"]),
        }

    def noted(self, began: float) -> dict:
        noted = {
            "minute": round((time.monotonic() - began) / 60, 1),
            "rss_mb": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6,
            "threads": threading.active_count(),
            "files": len(os.listdir("/proc/self/fd")),
            "clients": self.page.client_count,
            "ours": len(self.watch.ours),
            "machines": len(self.watch.machines),
        }
        print(json.dumps(noted), file=sys.stderr, flush=True)
        return noted

    def run(self, minutes: float) -> dict:
        token = self.page.start().partition("#token=")[2]
        for name in ("tuner", "mute", "bypass", "tuner", "mute", "bypass"):  # whatever is made at its first use
            self.player.do(name)
            self.poll(0.3)
        command = [sys.executable, __file__, "--clients"]
        others = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        told = {
            "ws": f"ws://127.0.0.1:{self.page.port}/ws",
            "token": token,
            "seconds": 60 * minutes + 15,
            "cabinets": len(bundled.irs()),
        }
        others.stdin.write(json.dumps(told) + "\n")
        others.stdin.flush()
        self.poll(10.0)
        gc.collect()
        self.watch.begin(self.backend)
        first, began, notes = self.counters(), time.monotonic(), []
        while (left := began + 60 * minutes - time.monotonic()) > 0:
            self.poll(min(60.0, left))
            notes.append(self.noted(began))
        self.watch.end()
        last = self.counters()
        while others.poll() is None:
            self.poll(0.2)
        heard = json.loads(others.stdout.read())
        with contextlib.suppress(RigError):
            self.page.close()
        self.empty.close()
        self.player.close()
        self.backend.close()
        return {
            **{name: last[name] - first[name] for name in first},
            "watched": self.watch.told(),
            "most_clients": self.most_clients,
            "clients": heard,
            "minutes": notes,
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--clients", action="store_true")
    options = parser.parse_args()
    if options.clients:
        clients()
    else:
        print(json.dumps(Session(options.server).run(options.minutes)), flush=True)


if __name__ == "__main__":
    main()
