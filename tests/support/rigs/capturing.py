"""Captures of the simulated preamp over a real server, with faults in the middle of a take.

Everything runs in a child process (`run_in_child`): a process may use one JACK server in its life.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from functools import cache
from pathlib import Path
from signal import Signals

import numpy as np
from commandline import RIG
from device import Device, gain
from device_model import answer
from jackclients import RUNNING, Deck
from jackserver import FREEWHEELS, JackServer

from rig.audio import wav
from rig.audio.align import find_lag
from rig.backends.jack.client import Jack
from rig.capture.levels import CaptureLevels
from rig.capture.plan import Plan
from rig.capture.session import capture
from rig.capture.signal.training_signal import own_signal, write_signal
from rig.capture.take.wiring import Wiring
from rig.errors import RigError
from rig.trainer.layout import RATE

SECONDS = 35.0
GAIN_DB = 3.0  # the preamp then peaks at -5 dBFS


@cache
def signal(seconds=SECONDS):
    return own_signal(seconds)


class Watcher:
    """A desk that takes every default, and does things at moments (in seconds) of the take."""

    def __init__(self, *events):
        self.said, self.answers, self._events = [], {}, list(events)

    def say(self, text):
        self.said.append(text)

    def ask(self, question, option, default=None):
        if option in self.answers:
            return self.answers[option]
        if default is None:
            raise RigError(f"nobody answers: {option}")
        return default

    def meter(self, what, done, samples, peak_dbfs):
        if what == "Take" and self._events and done >= self._events[0][0] * RATE:
            self._events.pop(0)[1]()


def plan(into, name, **wishes):
    levels = CaptureLevels(18.34, "multimeter", 12.34, "multimeter")
    wishes = {"levels": levels, "wiring": Wiring("preamp:in", "preamp:out"), "signal": signal(), **wishes}
    wishes = {"freewheel": FREEWHEELS, **wishes}
    return Plan(into=Path(into), name=name, **wishes)


def attempt(server_name, wanted, operator=None):
    """One capture: what became of it, as JSON."""
    operator = operator or Watcher()
    try:
        with Jack("rig-capture", server_name) as backend:
            saved = capture(backend, operator, wanted)
    except RigError as error:
        return {"error": str(error), "said": operator.said}
    checks = {check.name: check.verdict for check in saved.judged.checks}
    texts = [str(check) for check in saved.judged.checks]
    return {
        "accepted": saved.accepted,
        "reason": saved.reason,
        "folder": str(saved.folder),
        "verdict": saved.judged.verdict,
        "checks": checks,
        "texts": texts,
        "said": operator.said,
    }


@cache
def expected(trim_db=0.0, seconds=SECONDS):
    """The preamp's own answer to the signal, after a second of silence as in a take."""
    x = np.concatenate([np.zeros(RATE), 10 ** (trim_db / 20) * signal(seconds).samples])
    return answer(x, "tube", gain_db=GAIN_DB).astype(np.float64)[RATE:]


def residual_db(folder, polarity=1, seconds=SECONDS):
    """Energy of what a capture differs from the preamp's answer, aligned by whole samples; lengths; the true lag."""
    folder = Path(folder)
    dry, wet = (wav.read(folder / f"{name}.wav").samples[:, 0] for name in ("dry", "wet"))
    trim = json.loads((folder / "capture.json").read_text())["levels"]["send_trim_db"]
    want = polarity * expected(trim, seconds)
    lag = round(find_lag(want, wet, max_lag_samples=1000).samples)
    a, b = wet[max(0, lag) : len(wet) + min(0, lag)], want[max(0, -lag) : len(want) - max(0, lag)]
    return len(dry), len(wet), float(10 * np.log10(np.sum((a - b) ** 2) / np.sum(b**2))), lag


def captures(period, into, names, second_take=False, seconds=SECONDS):
    """Several captures on a server of its own."""
    with JackServer(period=period) as server, Device(server, 137, gain_db=GAIN_DB) as device:
        return captured(server, device, into, names, second_take, seconds)


def captured(server, device, into, names, second_take=False, seconds=SECONDS):
    """A capture for each name, each with another delay and polarity."""
    results = []
    for number, name in enumerate(names):
        polarity = 1 - 2 * (number % 2)
        device.set(delay_samples=[137, 4000, 0, 9000, 312][number % 5], polarity=polarity)
        wanted = plan(into, name, second_take=second_take, signal=signal(seconds))
        result = attempt(server.name, wanted)
        if result.get("accepted"):
            result["figures"] = residual_db(result["folder"], polarity, seconds)
        results.append(result)
    device.set(delay_samples=137, polarity=1)
    return results


# ---------------------------------------------------------------- faults
PLAYING_DBFS = -15.5  # RMS of the first nine seconds of the preamp at GAIN_DB
GATE = 10 ** (-62 / 20)
HUM_DB = 2.04  # by which the peak of the device's fundamental lies above the RMS of its hum

# name: (check, settings of the device that warn, those that fail); None: there is no such threshold.
# They hold from before the take, but for what comes `later`: (moment of the signal in seconds, field, value).
FAULTS = {
    "clipping": ("clipping", {"gain_db": GAIN_DB + 4.8}, {"gain_db": GAIN_DB + 5.25}),
    "level": ("level", {"gain_db": GAIN_DB - 18.7}, {"gain_db": GAIN_DB - 48.7}),
    "noise": ("noise", {"noise_dbfs": PLAYING_DBFS - 54}, {"noise_dbfs": PLAYING_DBFS - 18}),
    "hum at 50 Hz": ("hum", {"hum_dbfs": -64 + HUM_DB}, {"hum_dbfs": -44 + HUM_DB}),
    "hum at 60 Hz": ("hum", {"hum_dbfs": -64 + HUM_DB, "hum_hz": 60.0}, {"hum_dbfs": -44 + HUM_DB, "hum_hz": 60.0}),
    "dc": ("dc", {"dc": 0.002}, {"dc": -0.02}),
    "dropout": ("continuity", {"later": [(19.0, "lost", 2)]}, {"later": [(19.0, "lost", 6)]}),
    "mute": ("continuity", None, {"later": [(15.2, "mute", 4800)]}),
    "knob": (
        "replicate",
        {"later": [(19.0, "gain", gain(GAIN_DB + 0.40))]},
        {"later": [(19.0, "gain", gain(GAIN_DB + 1.32))]},
    ),
    "drift": ("drift", {"later": [(0.01, "drift", 0.08e-6)]}, {"later": [(0.01, "drift", 0.4e-6)]}),
    # The device's gate closes at once; one that holds is opened before it would close, and closed in the silence.
    "gate": (
        "gate",
        {"noise_dbfs": -82.0, "gate": GATE},
        {"noise_dbfs": -82.0, "gate": GATE, "later": [(8.5, "gate", 0.0), (9.7, "gate", GATE)]},
    ),
    "latency": ("latency", None, {"delay_samples": 10_200}),
    "bypass": ("path", {"noise_dbfs": -85.0, "bypass": 1.0}, {"noise_dbfs": None, "bypass": 1.0}),
    "silence": ("silence", None, {"gain_db": -80.0}),
}
# Found while recording, by the wording of the reason.
TRIES = 5
TORN = {
    "disconnect": (r"unplugged at", "disconnect", {}),
    "wrong port": (r"preamp:other was plugged into the return", "wrong_port", {}),
}
LIVE = {  # in real time, with a take again where that may help
    "stall": (r"an xrun at", "stall", {"ms": 60}),
    "freeze": (r"an xrun at|lost \d+ frames at|stopped at", "server_freeze", {"s": 0.2}),
    "death of the gear's program": (r"unplugged at|an xrun at", "death", {}),
    "buffer": (r"block size changed at", "buffer", {"frames": 256}),
    "server death": (r"JACK server (went away|stopped)", "server_death", {}),
}


def faulty(into, wanted):
    """[(fault, "warn" or "fail"), ...] one after the other on a server of its own; what became of each."""
    with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB) as device:
        return suffered(server, device, into, wanted)


def suffered(server, device, into, wanted):
    """A take for each fault."""
    device.set(noise_dbfs=-100)
    results, clean = [], dict(device.settings)
    for number, (name, verdict) in enumerate(wanted):
        fault = FAULTS[name][1 if verdict == "warn" else 2]
        device._do("set", **clean)
        device.set(**{key: value for key, value in fault.items() if key != "later"})
        device.later(*fault.get("later", ()))
        wishes = {"send_trim_db": -3.0} if name == "bypass" else {}  # it gives back all that it gets
        wanted_plan = plan(into, f"{name} {number}", trial=False, retakes=0, **wishes)
        results.append({"fault": name, "wanted": verdict, **attempt(server.name, wanted_plan)})
        device.settings = dict(clean)
    return results


def torn(into, name):
    """A take that something ends; a server and a device of its own."""
    with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB) as device:
        return tear(server, device, into, name)


def tear(server, device, into, name):
    """One take that something of TORN or LIVE ends; again if an xrun of the machine's own was faster."""
    live = name in LIVE
    pattern, what, how = LIVE[name] if live else TORN[name]
    for _ in range(TRIES):
        operator = Watcher((0.6 if live else 12.0, lambda: device.fault(what, **how)))
        wanted = plan(into, name, trial=False, retakes=0, freewheel=FREEWHEELS and not live)
        result = attempt(server.name, wanted, operator)
        if re.search(pattern, result["error"]) or "an xrun at" not in result["error"]:
            return result
        shutil.rmtree(Path(into) / f"{name}.rejected-1", ignore_errors=True)
    return result


def repaired_by_a_retake(into):
    """A real xrun in the middle: the take is repeated by itself."""
    with JackServer(period=256) as server, Device(server, 137, gain_db=GAIN_DB) as device:
        operator = Watcher((0.5, lambda: device.fault("stall", ms=80)))
        started = time.monotonic()
        result = attempt(server.name, plan(into, "again", trial=False, freewheel=False), operator)
        return {**result, "seconds": time.monotonic() - started}


def ended_while_writing(into):
    """Ctrl-C between the take and its folder."""

    class Ending(Watcher):
        def say(self, text):
            super().say(text)
            if text.startswith("Drawing"):
                raise KeyboardInterrupt

    operator = Ending()
    with JackServer(period=128) as server, Device(server, 137, gain_db=GAIN_DB):
        try:
            attempt(server.name, plan(into, "ended", trial=False), operator)
        except KeyboardInterrupt:
            return {"ended": True, "said": operator.said}
    return {"ended": False, "said": operator.said}


def ended_by_hand(into, how, period):
    """A signal to `rig capture` in the middle of a take in real time; what its send gave is in heard.npy."""
    into = Path(into)
    write_signal(into / "s.wav", signal())
    with JackServer(period=period) as server, Deck("ear", server.name, records=1) as ear:
        ports = ["--send", "ear:in_1", "--return", "system:capture_1", "--send-trim-db", "-6", "--no-trial", "--yes"]
        for number in range(8):  # a busy machine tears takes
            name = f"e{number}"
            ear.arm(20 * RATE)
            process = subprocess.Popen(
                [*RIG, "capture", "x", *ports, "--signal", into / "s.wav", "--into", into / name],
                env=server.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            while (line := process.stdout.readline()) and not line.startswith("Recording"):
                pass
            time.sleep(2.2)
            process.send_signal(Signals[how])
            printed, _ = process.communicate(timeout=60)
            time.sleep(0.3)
            heard = ear.recorded[0, : int(ear.state["position"])]
            if "Torn" not in printed and ear.state["state"] == RUNNING and np.count_nonzero(heard) > RATE // 2:
                break
        np.save(into / "heard.npy", heard)
    return {"code": process.returncode, "printed": printed, "name": name}
