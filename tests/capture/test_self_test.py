"""The self-test has one question: is this a cable? A cable passes, what is none fails, and by which figure is said."""

from __future__ import annotations

import numpy as np
import pytest
import takes
from scipy.signal import butter, sosfilt
from takes import recorded, signal

from rig.capture.checks.cable import CABLE_LIMITS, Cable, Loop, cable_checks
from rig.capture.take.recording import PRE_ROLL, Recording
from rig.trainer.layout import RATE

CABLE_DB = -4.5


def looped(y, loop=None, **how):
    """The checks of a self-test whose loop answers y to the signal, by name."""
    x = recorded(y, **{"delay": 137.25, "noise_dbfs": -95, **how})
    recording = Recording(x)
    latency = recording.latency(signal())
    cut = takes.on_24_bit(recording.cut(signal(), latency.tightest))
    checks = cable_checks(Cable(signal().samples, cut, latency, x[:PRE_ROLL], loop or Loop()))
    return {check.name: check for check in checks}


def verdicts(result):
    return {name: check.verdict for name, check in result.items()}


def cable():
    """An interface with coupled inputs: nothing below 2 Hz."""
    return 10 ** (CABLE_DB / 20) * sosfilt(butter(1, 2, "high", fs=RATE, output="sos"), signal().samples)


def test_a_cable_passes_and_what_is_not_known_of_it_is_said():
    result = looped(cable())
    assert verdicts(result) == dict.fromkeys(verdicts(result), "ok") | {"gain": "unknown"}, verdicts(result)
    assert set(verdicts(result)) == {*CABLE_LIMITS, "path", "turn"}
    assert "rig calibrate send" in result["gain"].advice
    known = looped(cable(), Loop(CABLE_DB, 138.0))
    assert set(verdicts(known).values()) == {"ok"} and "by the calibrated levels -4.50 dB" in known["gain"].text


def test_a_tube_preamp_in_the_loop_is_no_cable():
    """It correlates with what was played by 0.75, which once was said to be a cable."""
    result = looped(0.3 * takes.wet() / np.abs(takes.wet()).max())
    assert {"response", "distortion", "linearity"} <= {
        name for name, verdict in verdicts(result).items() if verdict == "fail"
    }
    assert "is there gear in the loop" in result["distortion"].advice


@pytest.mark.parametrize(
    ("name", "verdict", "gear"),
    [
        ("response", "warn", lambda x: sosfilt(butter(1, 17_000, fs=RATE, output="sos"), x)),
        ("response", "fail", lambda x: sosfilt(butter(2, 3000, fs=RATE, output="sos"), x)),
        ("delay", "fail", lambda x: x + 0.7 * np.concatenate([np.zeros(40), x[:-40]])),
        ("linearity", "warn", lambda x: np.tanh(0.5 * x) / 0.5),
        ("distortion", "warn", lambda x: x + 0.01 * np.abs(x)),
        ("distortion", "fail", lambda x: x + 0.1 * np.abs(x)),
    ],
)
def test_each_thing_that_a_cable_does_not_do_is_found_by_its_name(name, verdict, gear):
    result = looped(0.6 * gear(signal().samples))
    assert verdicts(result)[name] == verdict, str(result[name])


def test_noise_gain_polarity_and_a_changed_delay_are_judged():
    assert verdicts(looped(cable(), noise_dbfs=-70))["self-noise"] == "warn"
    assert verdicts(looped(cable(), noise_dbfs=-55))["self-noise"] == "fail"
    assert verdicts(looped(cable(), Loop(CABLE_DB + 1.0)))["gain"] == "warn"
    assert verdicts(looped(cable(), Loop(CABLE_DB + 3.0)))["gain"] == "fail"
    changed = looped(-cable(), Loop(CABLE_DB, 100.0))
    assert verdicts(changed)["turn"] == "warn" and "upside down" in changed["turn"].text
    assert verdicts(changed)["delay"] == "warn" and "found 100.0 at this period" in changed["delay"].text


def test_a_cable_inside_the_computer_tries_no_converter_and_says_so():
    result = looped(0.5 * signal().samples, delay=128, noise_dbfs=None)
    assert verdicts(result)["path"] == "warn" and "no converter was tried" in result["path"].text


def test_a_self_test_is_judged_by_these_and_not_by_how_much_dry_and_wet_are_alike():
    names = {check.name for check in takes.judged(recorded(cable()), self_test=True).checks}
    assert {*CABLE_LIMITS, "path", "turn"} <= names and not {"input level", "output level"} & names


def test_without_a_silence_nothing_is_said_of_the_noise():
    x, latency = signal().samples, Recording(recorded(cable())).latency(signal())
    checks = cable_checks(Cable(x, 0.5 * x, latency, np.zeros(0), Loop()))
    assert verdicts({check.name: check for check in checks})["self-noise"] == "unknown"
