"""Takes that are good are accepted; each fault is found, by its right name and with the right weight."""

from __future__ import annotations

import numpy as np
import pytest
import takes
from preamp import preamp
from takes import DELAY, judged, recorded, signal

from rig.capture.checks.latency import measure_latency
from rig.capture.checks.limits import LIMITS
from rig.capture.checks.measures import gate_figures
from rig.capture.checks.verdict import worst
from rig.capture.ir.checks import LIMITS as IMPULSE_LIMITS
from rig.capture.take.recording import PRE_ROLL
from rig.trainer.layout import RATE

# fault: (its check, the recording that warns, the one that fails): twice the limit each, or half where less is worse.
FAULTS = {
    "clipping": (lambda x: takes.louder(x, -0.43), lambda x: takes.louder(x, 0.3)),
    "level": (lambda x: takes.louder(x, -24.0), lambda x: takes.louder(x, -54.0)),
    "noise": (lambda x: takes.with_noise(x, 54.0), lambda x: takes.with_noise(x, 18.0)),
    "hum": (lambda x: takes.with_hum(x, -64.0), lambda x: takes.with_hum(x, -44.0, 60.0)),
    "dc": (lambda x: takes.with_dc(x, 0.002), lambda x: takes.with_dc(x, -0.02)),
    "continuity": (lambda x: takes.dropped(x, 2), lambda x: takes.dropped(x, 6)),
    "replicate": (lambda x: takes.knob_moved(x, 2e-3), lambda x: takes.knob_moved(x, 0.02)),
    "drift": (lambda x: takes.drifted(x, 0.1), lambda x: takes.drifted(x, -0.5)),
}


def verdicts(result):
    return {check.name: check.verdict for check in result.checks}


@pytest.fixture(scope="module")
def clean():
    return recorded()


@pytest.mark.parametrize(
    ("delay", "noise_dbfs", "polarity"),
    [pytest.param(DELAY, -90, 1, marks=pytest.mark.soak), (DELAY, None, -1), (9000, -85, 1)],
)
def test_a_clean_take_is_accepted(delay, noise_dbfs, polarity):
    result = judged(recorded(polarity * takes.wet(), delay, noise_dbfs))
    assert result.verdict == "ok", [str(check) for check in result.checks]
    assert result.polarity == polarity
    assert set(verdicts(result)) >= {*LIMITS, "polarity"}
    assert not any(check.advice for check in result.checks)


@pytest.mark.soak
@pytest.mark.parametrize("drive", [0.5, 60.0])
def test_clean_and_very_driven_gear_is_accepted(drive):
    y = preamp(signal().samples, drive_1=drive, drive_2=drive / 2).astype(np.float64)
    result = judged(takes.louder(recorded(y, noise_dbfs=-140), -6))
    assert result.verdict == "ok", [str(check) for check in result.checks]


# One of both each day, by turns: the other half of the pairs is for the soak.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(name, expected, marks=[] if (number + which) % 2 else pytest.mark.soak)
        for number, name in enumerate(FAULTS)
        for which, expected in enumerate(["warn", "fail"])
    ],
)
def test_a_fault_of_twice_the_limit_is_found_by_its_name(name, expected, clean):
    result = judged(FAULTS[name][expected == "fail"](clean))
    assert verdicts(result)[name] == expected, str(result[name])
    assert result[name].advice.endswith(".")
    assert "normalised" not in result[name].text  # that warns whatever the limits are
    if name != "continuity":  # which moves the second validation as well: drift and replicate fail with it
        assert worst([result.verdict, expected]) == result.verdict


@pytest.mark.soak
@pytest.mark.parametrize("name", FAULTS)
def test_half_the_limit_is_not_a_fault(name, clean):
    gentle = {
        "clipping": lambda x: takes.louder(x, -2.0),
        "level": lambda x: takes.louder(x, -12.0),
        "noise": lambda x: takes.with_noise(x, 66.0),
        "hum": lambda x: takes.with_hum(x, -76.0),
        "dc": lambda x: takes.with_dc(x, 0.0005),
        "continuity": lambda x: x,
        "replicate": lambda x: takes.knob_moved(x, 5e-4),
        "drift": lambda x: takes.drifted(x, 0.025),
    }
    assert verdicts(judged(gentle[name](clean)))[name] == "ok"


def test_flat_tops_below_full_scale_are_clipping(clean):
    result = judged(takes.clipped(clean, 0.5))
    assert result["clipping"].verdict == "fail"
    assert "flat tops" in result["clipping"].text


@pytest.mark.parametrize("samples", [64, pytest.param(1024, marks=pytest.mark.soak)])
def test_a_block_that_was_lost_or_silenced_is_found(samples, clean):
    assert judged(takes.dropped(clean, samples))["continuity"].verdict == "fail"
    silenced = judged(takes.stalled(clean, samples))["continuity"]
    assert silenced.verdict == "fail"
    assert "missing at 15.5" in silenced.text or "missing at 15.49" in silenced.text


def test_what_the_server_reports_fails_a_take_that_sounds_right(clean):
    assert "2 xruns" in judged(clean, xruns=2)["continuity"].text
    dropout = judged(clean, broken="The frame time jumped by 128 samples at 3.2 s.")
    assert dropout["continuity"].verdict == dropout.verdict == "fail"
    assert "jumped by 128" in dropout["continuity"].text


def test_a_gate_warns_by_one_sign_and_fails_by_both(clean):
    assert judged(takes.gated(clean, -55.0))["gate"].verdict == "fail"
    assert judged(takes.gated(clean, -82.0))["gate"].verdict == "warn"


@pytest.mark.parametrize(("fall_db", "found"), [(24, False), (36, True)])  # half the limit and twice it
def test_a_gate_is_found_wherever_it_closes(fall_db, found):
    """Also beside gear that recovers slowly: what a filter makes of that step once hid the fall of the hiss."""
    t = np.arange(RATE) / RATE
    for seed in range(100):
        rng = np.random.default_rng(seed)
        closes = rng.integers(RATE // 5, RATE * 4 // 5)
        y = 10 ** (-82 / 20) * rng.standard_normal(RATE) + 10 ** (-60 / 20) * np.exp(-t) * np.cos(2 * np.pi * 20 * t)
        y[closes:] *= 10 ** (-fall_db / 20)
        fall = gate_figures(np.zeros(RATE), y, np.zeros(0), slice(0)).fall_db
        assert (fall > LIMITS["gate"].warn) == found, (seed, fall)


def test_a_delay_pedal_that_was_left_on_is_found(clean):
    found = judged(takes.with_tail(clean, 0.3))
    assert found["gate"].verdict == "fail"
    assert "reverb or delay" in found["gate"].advice
    assert found["tail"].verdict == "fail" and "rings on" in found["tail"].text


def test_silence_is_named_and_nothing_else_is_said():
    result = judged(recorded(np.zeros(signal().length)))
    assert [check.name for check in result.checks] == ["silence"]
    assert result.verdict == "fail"
    assert "right input" in result["silence"].advice
    assert judged(recorded(takes.wet() * 10 ** (-66 / 20), noise_dbfs=-130))["silence"].verdict == "fail"


def test_a_bypass_warns_and_the_computers_own_send_fails():
    through = judged(recorded(0.5 * signal().samples))
    assert through["path"].verdict == "warn"
    copy = judged(recorded(0.5 * signal().samples, delay=128, noise_dbfs=None))
    assert copy["path"].verdict == "fail"


def test_a_take_of_something_else_has_no_latency():
    rng = np.random.default_rng(5)
    other = 0.1 * rng.standard_normal(len(recorded()))
    assert judged(other)["latency"].verdict == "fail"


def test_every_check_can_be_written_as_json_and_the_verdict_is_the_worst(clean):
    import json

    result = judged(takes.with_dc(clean, 0.002))
    assert json.loads(json.dumps([check.to_json() for check in result.checks]))
    assert json.loads(json.dumps(result.quality))["verdict"] == "warn" == result.verdict
    assert worst(["ok", "fail", "warn"]) == "fail"
    assert worst([]) == "ok"


@pytest.mark.parametrize("snr_db", [None, 40])
@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("delay", [0, 9900, 512.5])
def test_the_lag_of_the_preamp_is_exact_relative_to_itself(delay, polarity, snr_db):
    at_rest = measure_latency(signal().samples, takes.wet()).correlation.samples
    y = polarity * np.concatenate([np.zeros(delay if isinstance(delay, int) else 0), takes.wet()])
    y = y if isinstance(delay, int) else takes.shifted(y, delay)
    if snr_db is not None:
        y = y + np.sqrt(np.mean(y**2)) * 10 ** (-snr_db / 20) * np.random.default_rng(4).standard_normal(len(y))
    lag = measure_latency(signal().samples, y[: signal().length]).correlation
    assert lag.samples - at_rest == pytest.approx(delay, abs=0.1)
    assert lag.polarity == polarity


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_on_other_takes(name, seed):
    x = recorded(delay=100 + 700 * seed, noise_dbfs=-85 - seed, seed=seed)
    for at, expected in enumerate(("warn", "fail")):
        assert verdicts(judged(FAULTS[name][at](x)))[name] == expected
    assert judged(x).verdict == "ok"


def test_the_clean_take_is_as_long_as_it_says():
    assert len(recorded()) == PRE_ROLL + signal().length + takes.POST_ROLL
    assert signal().seconds == takes.SECONDS and RATE == 48000


@pytest.mark.parametrize("limits", [LIMITS, IMPULSE_LIMITS], ids=["take", "impulse response"])
def test_every_limit_warns_before_it_fails_and_the_limit_itself_is_good(limits):
    for name, limit in limits.items():
        worse = 1 if limit.side == "above" else -1
        for value, verdict in ((limit.warn, "warn"), (limit.fail, "fail")):
            if value is not None:
                assert limit.verdict(value + worse * 1e-9) == verdict, name
        mildest = limit.fail if limit.warn is None else limit.warn
        assert limit.verdict(mildest) == "ok", name
        assert limit.check(name, mildest, "found", "do something").advice == "", name
        assert limit.check(name, mildest + worse * 1e-9, "found", "do something").advice == "do something", name
