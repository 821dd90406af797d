"""What would be played, and whether it goes together: model, cabinet, rate, levels, and what they cost here."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..bench.networks import callback_of, network_cost
from ..bench.timing import Stopwatch
from ..cabinet.ir import IR
from ..dsp.network.quality import QUALITIES
from ..errors import RigError
from ..library import measured_aliasing
from ..nam import Model, load_model
from ..sound import Sound
from .finding import Finding

BLOCKS = 40  # each with empty caches, as on a busy machine
HALF, MOST = 0.45, 0.8  # of a period: above the first a change of model fades out and in; towards 0.95 xruns begin


def model_finding(path: Path, size: float) -> tuple[Model | None, Finding]:
    """Read the model."""
    try:
        model = load_model(path, size)
    except RigError as error:
        return None, Finding("model", "problem", str(error), "Name another model: rig doctor MODEL.")
    return model, Finding("model", "ok", f"{model.path.name}: {model.shape}.", figures={"file": model.path.name})


def cost(model: Model, sample_rate: float, block_size: int, worst_live: float | None = None) -> Finding:
    """Its time in a period, with cold caches; `worst_live`: the worst period of ours while rig listened."""
    network = model.network(sample_rate)
    try:
        times_us = Stopwatch().blocks_us(callback_of(network), block_size, BLOCKS, cold=True)
    except AttributeError:  # no clock that counts the CPU time of one thread
        return Finding("cost", "unknown", "This system does not measure the time of one thread.")
    share = float(np.median(times_us)) * sample_rate / block_size / 1e6
    figures = {"share": share, "block": block_size, "sample_rate": sample_rate, "worst_while_listening": worst_live}
    text = f"{model.path.name} takes {share:.0%} of a period of {block_size} frames"
    if worst_live is not None:
        text += f"; all of rig took {worst_live:.0%} of the worst one while it listened"
    limit = f"ok below {HALF:.0%} of a period, a problem from {MOST:.0%}"
    if share < HALF:
        return Finding("cost", "ok", f"{text}.", None, figures, limit)
    way_out = "Take its smaller size (--size 0)." if model.smaller() is not None else "Take a lighter model."
    return Finding("cost", "warn" if share < MOST else "problem", f"{text}.", way_out, figures, limit)


def aliasing(model: Model, sample_rate: float, block_size: int) -> Finding:
    """What it folds back, and what less of it would cost; no verdict: nobody has shown from where on it is heard."""
    multiple = round(sample_rate) / round(model.rate)
    now = max((quality for quality in QUALITIES if multiple.is_integer() and quality <= multiple), default=1)
    better = min((quality for quality in QUALITIES if quality > now), default=now)
    found = measured_aliasing.measure(model, (now, better))
    figures = {f"aliasing_db_{quality}x": aliasing_db for quality, aliasing_db in found.items()}
    if found[now] is None or found[better] is None:
        text = f"{model.path.name} gives no answer to a sine, so what it folds back cannot be measured."
        return Finding("aliasing", "unknown", text, figures=figures)
    there = f" in this session, which runs at {now} times its rate" if now > 1 else ""
    text = f"{model.path.name} folds back notes that nobody played at {found[now]:.0f} dB{there}"
    if better == now:
        return Finding("aliasing", "ok", f"{text}.", figures=figures)
    ns = [network_cost(model.network(sample_rate, quality), block_size) for quality in (now, better)]
    more = (ns[1] - ns[0]) * sample_rate * 1e-9
    text += f"; --quality {better}: {found[better]:.0f} dB for {max(more, 0.0):.1%} of a period more."
    return Finding("aliasing", "ok", text, figures={**figures, "share_more": more})


def rate(sound: Sound, sample_rate: float | None) -> Finding:
    """Whether the session suits the model."""
    if sample_rate is None:
        return Finding("rate", "unknown", "The rate of the session can be seen only while an audio server runs.")
    model = sound.model
    name = model.path.name if model is not None else "the model"
    figures = {"session_hz": sample_rate, "model_hz": sound.sample_rate}
    late = sound.lane(sample_rate).latency_samples
    said = sound.rate_note(sample_rate, late)
    if said is None:
        return Finding("rate", "ok", f"The session runs at {sample_rate:g} Hz, as {name} does.", figures=figures)
    text = f"{said[0].upper()}{said[1:]}."
    if late == 0:
        return Finding("rate", "ok", text, figures=figures)
    way_out = f"Run the server at {sound.sample_rate:g} Hz: nothing is added then."
    return Finding("rate", "warn", text, way_out, {**figures, "latency_samples": late})


def calibration(sound: Sound) -> Finding:
    """Whether the model hears the level it was made with."""
    sums = sound.calibration
    figures = {"gain_db": sums.gain_db, "interface_known": sound.interface is not None}
    if not sums.missing:
        return Finding("levels", "ok", f"Input gain: {sums}.", figures=figures)
    ways = []
    if sound.interface is None:
        ways.append("rig calibrate interface --interface NAME keeps the level of your interface")
    if sound.model_input is None:
        ways.append("--model-input-dbu X adds that of the model, if its web page says it")
    text = f"The model may hear the guitar at the wrong level: {' and '.join(sums.missing)}."
    return Finding("levels", "warn", text, f"{'; '.join(ways)}." if ways else None, figures)


def cabinet(model: Model, ir: IR | None, named: bool) -> Finding:
    """One loudspeaker, neither none nor two; `named`: the cabinet was asked for."""
    figures = {"gear_type": model.gear_type, "ir": ir.name if ir is not None else None}
    if model.has_cabinet and ir is not None and named:
        text = f"{model.path.name} already holds a cabinet ({model.gear_type}), and {ir.name} comes on top."
        return Finding("cabinet", "warn", text, "Play it without: --no-ir.", figures)
    if model.has_cabinet:
        text = f"{model.path.name} already holds a cabinet ({model.gear_type}); none is added."
        return Finding("cabinet", "ok", text, figures=figures)
    if model.gear_type is None and ir is not None:
        text = f"{model.path.name} does not say whether it holds a cabinet; {ir.name} comes behind it."
        return Finding("cabinet", "unknown", text, "If it sounds dull and boxy, play it without: --no-ir.", figures)
    if ir is None and model.gear_type != "pedal":
        text = f"{model.path.name} plays without a cabinet: an amp alone sounds harsh."
        return Finding("cabinet", "warn", text, "Name one: rig play MODEL IR.", figures)
    text = f"{ir.name} is the only cabinet." if ir is not None else "No cabinet is needed behind a pedal."
    return Finding("cabinet", "ok", text, figures=figures)
