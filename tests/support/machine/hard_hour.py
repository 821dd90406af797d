"""A long session in a process of its own, with everything at once that a session may meet, and what it cost.

Presets change by key and by foot, MIDI comes in storms, takes are recorded, the interpreter stands still, rubbish is
collected, and other programs compile. Once a minute the state of the process is noted.

    python tests/support/machine/hard_hour.py --server NAME --folder SETLIST --out FOLDER --minutes 60 --changes 10000

prints one JSON object at its end, and a line on stderr every minute.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from allocations import rtsys
from jackclients import Deck
from page_faults import page_faults
from rigs import RATE, guitar
from watched import Watch

from rig.backends.jack.client import Jack
from rig.dsp.native.memory import Arena
from rig.engine import LOOP, Engine
from rig.player.events import Event
from rig.player.midi.mapping import Binding, Mapping
from rig.player.player import Player

PEDALS = Mapping(
    (
        Binding("control", 7, "volume", low=-12.0, high=0.0, pickup=False),
        Binding("control", 11, "output_trim", low=-6.0, high=6.0, pickup=False),
        Binding("control", 12, "input_trim", low=-6.0, high=6.0, pickup=False),
        Binding("control", 20, "preamp_gain", low=0.0, high=12.0, pickup=False),
        Binding("note", 60, "bypass"),
        Binding("note", 61, "next_preset"),
    )
)
STORM_CYCLES, STORM_EVENTS = 400, 900  # about half a second of a mad foot
TAKE_S, TAKES_EVERY_S = (3.0, 8.0), (15.0, 35.0)
STILL_S, STILL_EVERY_S = (0.01, 0.5), (5.0, 20.0)
COLLECT_EVERY_S, COMPILE_EVERY_S, STORM_EVERY_S, LISTEN_EVERY_S = 10.0, 240.0, 6.0, 15.0
COMPILER = "import rig.engine; rig.engine.Engine(48000)"  # with an empty cache: half a minute of work


class Storms:
    """Another program that sends MIDI."""

    def __init__(self, server: str, port: str, presets: int, chance: random.Random) -> None:
        command = [sys.executable, Path(__file__).with_name("midi_sender.py"), "--server", server, "--to", port]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._presets, self._chance, self._busy, self.sent, self.program_changes = presets, chance, False, 0, 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.sent += len(json.loads(line)["sent"])
            self._busy = False

    def begin(self) -> None:
        """One storm, if the last one is over."""
        if self._busy or self._process.poll() is not None:
            return
        chance, events, self._busy = self._chance, [], True
        for cycle in sorted(chance.randrange(STORM_CYCLES) for _ in range(STORM_EVENTS)):
            if chance.random() < 0.003:
                message = bytes([0xC0, chance.randrange(1, self._presets + 1)])
                self.program_changes += 1
            elif chance.random() < 0.002:
                message = bytes([0x90, chance.choice([60, 61]), 100])
            else:
                message = bytes([0xB0, chance.choice([7, 11, 12, 20, 33]), chance.randrange(128)])
            events.append((cycle, chance.randrange(64), message.hex()))
        events.sort(key=lambda event: event[:2])
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(events) + "\n")
        self._process.stdin.flush()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


class Session:
    """What is under test, and what happens to it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.chance, self.said = options, random.Random(options.seed), []  # type: ignore[var-annotated]
        self.compiled = self.still = self.takes = self.listened = self.asked = self.called = 0
        self.engine = Engine(RATE)
        self.backend = Jack("hour", options.server, midi=True)
        self.watch = Watch(self.engine)
        self.backend.start(self.watch.block_address, self.watch.address)
        self.engine.loop(guitar(20 * RATE))
        self.presets = sorted(options.folder.glob("*.toml"))
        self.player = Player(
            self.engine, self._tell, [], presets=self.presets, preset=options.folder, source=LOOP, keeps=True
        )
        self.player.start()
        self.player.recorder.folder = options.out / "takes"
        self.player.midi.open()
        self.player.midi.use(PEDALS)
        self.empty = Deck("empty", options.server)
        self.storms = Storms(options.server, f"{self.backend.name}:midi", len(self.presets), self.chance)
        self.compilers: list[subprocess.Popen[bytes]] = []
        self.take, self.broken_samples, self.silent = None, 0, 0  # type: ignore[var-annotated]
        self.kept: list[str] = []

    def _tell(self, event: Event) -> None:
        sentence = event.text
        self.said.append(sentence)
        self.called += event.kind == "preset"
        if len(self.said) > 2000:  # what is remembered here must not look like a leak
            del self.said[:1000]
        if any(word in sentence for word in ("Overload", "not a number", "not numbers", "failed", "stopped", "slow")):
            self.kept.append(sentence)

    def poll(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            self.player.poll()
            left = until - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(0.005, left))

    # ------------------------------------------------------------ what happens
    def change_preset(self) -> None:
        self.asked += 1
        self.player.do("preset", self.chance.randrange(1, len(self.presets) + 1))

    def stand_still(self) -> None:
        self.still += 1
        ctypes.PyDLL(None).usleep(round(1e6 * self.chance.uniform(*STILL_S)))  # PyDLL: the GIL is not released

    def record(self) -> None:
        self.player.do("record")
        self.takes += 1

    def compile(self) -> None:
        self.compilers = [one for one in self.compilers if one.poll() is None]
        folder = tempfile.mkdtemp(prefix="rig-hour-")
        command = [sys.executable, "-c", f"{COMPILER}; import shutil; shutil.rmtree({folder!r}, ignore_errors=True)"]
        self.compilers.append(subprocess.Popen(command, env=os.environ | {"XDG_CACHE_HOME": folder}))
        self.compiled += 1

    def listen(self) -> None:
        """Look at a second of what goes out."""
        if self.take is not None and self.take.state == "done":
            self.broken_samples += int(np.count_nonzero(~np.isfinite(self.take.take)))
            self.silent += bool(np.abs(self.take.take).max() < 1e-5)
            self.listened += 1
        self.take = self.engine.take(RATE, "output", strict=False)

    # ------------------------------------------------------------ what it costs
    @property
    def load(self):
        return self.engine.record["load"]

    def counters(self) -> dict:
        thread = int(self.backend._state["thread_id"])
        return {
            "cycles": int(self.backend.host["cycles"]),
            "empty_cycles": int(self.empty.counted("cycles")),
            "presets": self.called,
            "changes": int(self.engine.record["handover"]["changes"]),
            "misses_of_ours": len(self.watch.ours),
            "misses_of_the_machine": len(self.watch.machines),
            "page_faults": page_faults(thread),
            "allocations": rtsys.get_allocation_stats().alloc,
            "xruns": int(self.backend.host["xruns"]),
            "overloads": int(self.load["overloads"]),
            "input_faults": int(self.engine.record["input_faults"]),
        }

    def state(self) -> dict:
        arenas = [thing for thing in gc.get_objects() if type(thing) is Arena]
        return {
            "rss_mb": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 1e6,
            "arenas": len(arenas),
            "audio_arenas": [self.engine.address, self.engine._arena.nbytes, self.engine.line.address],
            "threads": threading.active_count(),
            "files": len(os.listdir("/proc/self/fd")),
            "longest": self.watch.told()["longest"],
        }

    def run(self) -> dict:
        options, chance = self.options, self.chance
        self.poll(5.0)
        self.engine.recorder()  # its ring stays from the first take on
        self.record(), self.poll(1.0), self.record(), self.poll(2.0)
        gc.collect()
        self.watch.begin(self.backend)
        first, began, minutes = self.counters(), time.monotonic(), []
        end, wanted = began + 60 * options.minutes, first["presets"] + options.changes
        every = 0.97 * 60 * options.minutes / options.changes
        plan = {
            "change_preset": lambda: every,
            "stand_still": lambda: chance.uniform(*STILL_EVERY_S),
            "record": lambda: chance.uniform(*(TAKE_S if self.player.recorder.is_recording else TAKES_EVERY_S)),
            "compile": lambda: COMPILE_EVERY_S,
            "storm": lambda: STORM_EVERY_S,
            "collect": lambda: COLLECT_EVERY_S,
            "listen": lambda: LISTEN_EVERY_S,
            "note": lambda: 60.0,
        }
        acts = {
            "storm": self.storms.begin,
            "collect": gc.collect,
            "note": lambda: minutes.append(self.noted(began)),
        }
        due = {name: began + wait() for name, wait in plan.items()}
        while time.monotonic() < end or self.called < wanted:
            if time.monotonic() > end + 600:
                break
            name = min(due, key=due.get)  # type: ignore[arg-type]
            self.poll(max(0.0, due[name] - time.monotonic()))
            if name == "record" and time.monotonic() > end - 15 and not self.player.recorder.is_recording:
                due[name] = end + 3600
                continue
            acts.get(name, getattr(self, name, None))()
            due[name] = max(due[name], time.monotonic() - 1.0) + plan[name]()
        if self.player.recorder.is_recording:
            self.record()
        self.poll(5.0)
        self.watch.end()
        last, minutes = self.counters(), [*minutes, self.noted(began)]
        for compiler in self.compilers:
            compiler.kill()
            compiler.wait()
        self.storms.close()
        midi = [int(self.player.midi._midi.record[name]) for name in ("lost", "unlogged", "malformed")]
        self.empty.close()
        self.player.close()
        self.backend.close()
        return {
            **{name: last[name] - first[name] for name in first},
            "watched": self.watch.told(),
            "seconds": time.monotonic() - began,
            "asked": self.asked,
            "events": self.storms.sent,
            "program_changes": self.storms.program_changes,
            "still": self.still,
            "takes": (self.takes + 1) // 2,
            "compiled": self.compiled,
            "listened": self.listened,
            "broken_samples": self.broken_samples,
            "silent": self.silent,
            "midi_lost": midi,
            "complaints": self.kept[:50],
            "minutes": minutes,
        }

    def noted(self, began: float) -> dict:
        gc.collect()
        noted = {"minute": round((time.monotonic() - began) / 60, 1), **self.state(), **self.counters()}
        print(json.dumps(noted), file=sys.stderr, flush=True)
        return noted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--changes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    report = Session(parser.parse_args()).run()
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
