"""The page that comes with a capture: one file, nothing loaded from anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ...files.distribution import install_line
from ...scripting.printable import in_html as escape
from ..checks.checks import Judged
from ..levels import METHOD_WORDS

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #333; background: #fff }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2rem } .small { color: #666; font-size: .9rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .6rem; vertical-align: top }
tr { border-bottom: 1px solid #d8d8d8 } svg { width: 100%; height: auto }
@media (max-width: 44rem) { body { font-size: 14px; padding: 0 .6rem } td, th { padding: .3rem .25rem } }
.ok, .unknown, .warn, .fail { font-weight: bold; white-space: nowrap }
.ok { color: #00734f } .unknown, .warn { color: #8a5a00 } .fail { color: #b3261e }
"""
VERDICTS = {
    "ok": "Everything is as it should be. The pair is ready to train.",
    "unknown": "What was looked at is right, and the pair is ready to train; what is marked below is not known.",
    "warn": "The pair is ready to train; what is marked below could be better.",
    "fail": "Checks failed, and the take was accepted all the same, as asked. A model trained on it may be wrong.",
}
SIGNALS = {
    "t3k-v3": "the official signal",
    "hybrid": "the official signal with a programme of its own",
    "rig": "rig's own signal",
}
TONES = {"hi_gain": "high gain"}
NO_PLOTS = f"There are no plots: they need matplotlib ({install_line('plots')})."


def report_html(
    name: str,
    content: dict[str, Any],
    dry: NDArray[np.float64],
    wet: NDArray[np.float64],
    pre_roll: NDArray[np.float64],
    judged: Judged,
) -> str:
    """The whole page; `content` is that of the sidecar. Without matplotlib it has no plots and says so."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(name)}</title><style>{STYLE}</style></head><body>
<h1>{escape(name)}</h1>
<p class="small">{escape(_subtitle(content))}</p>
<p><span class="{judged.verdict}">{judged.verdict}</span> {VERDICTS[judged.verdict]}</p>
<h2>Checks</h2>
{_checks(judged)}
<h2>What it is</h2>
{_facts(content, len(dry))}
<h2>Plots</h2>
{_plots(dry, wet, pre_roll, judged)}
</body></html>
"""


def _subtitle(content: dict[str, Any]) -> str:
    gear = content["metadata"]
    parts = [gear["gear_make"], gear["gear_model"], TONES.get(gear["tone_type"], gear["tone_type"]), content["created"]]
    return " · ".join(str(part) for part in parts if part)


def _checks(judged: Judged) -> str:
    rows = "".join(
        f'<tr><td class="{check.verdict}">{check.verdict}</td><td>{escape(check.name)}</td>'
        f"<td>{escape(check.text)}{_advice(check.advice)}</td>"
        f'<td class="small">{escape(check.allowed)}</td></tr>\n'
        for check in judged.checks
    )
    return f"<table><tr><th></th><th>Check</th><th>Found</th><th>Limits</th></tr>\n{rows}</table>"


def _advice(advice: str) -> str:
    return f"<br>{escape(advice)}" if advice else ""


def _facts(content: dict[str, Any], samples: int) -> str:
    levels, latency, signal, audio = (content[part] for part in ("levels", "latency", "signal", "audio"))
    facts = {
        "Signal": f"{signal['name']}, {SIGNALS.get(signal['kind'], 'a signal of your own')}",
        "Length": f"{samples} samples, {samples / audio['rate']:.2f} s at {audio['rate']} Hz",
        "Latency": _latency(latency),
        "Polarity": "as played" if latency["polarity"] > 0 else "inverted",
        "Input level": _level(levels["input_level_dbu"], levels["input_method"]),
        "Output level": _level(levels["output_level_dbu"], levels["output_method"]),
        "Send trim": f"{levels['send_trim_db']:+z.1f} dB",
        **_audio_facts(audio),
        "Made with": f"rig {content['rig_version']}",
    }
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>\n" for key, value in facts.items())
    return f"<table>{rows}</table>"


def _latency(latency: dict[str, Any]) -> str:
    official = "nothing found" if latency["official"] is None else latency["official"]
    place = latency.get("counted_from_sample", 0)
    counted = f", counted from sample {place} of the recording" if place else ""
    return (
        f"{latency['applied']} samples taken away{counted}; {official} by the trainer's rule, {latency['phat']:.1f} by "
        "correlation"
    )


def _audio_facts(audio: dict[str, Any]) -> dict[str, str]:
    """How it was recorded, in words; what is not known or not so is left out."""
    facts = {}
    if audio.get("server") == "jack":
        facts["Recorded"] = f"by rig over JACK, {audio.get('period')} frames per period"
        facts["Recorded"] += ", as fast as the computer could (freewheel)" if audio.get("freewheel") else ""
    elif audio.get("file"):
        channel = f", channel {audio['channel']}" if audio.get("channel") else ""
        facts["Recorded"] = f"elsewhere: {audio['file']}{channel}"
    if audio.get("send_port") and audio.get("return_port"):
        facts["Ports"] = f"out by {audio['send_port']}, back by {audio['return_port']}"
    if audio.get("self_test"):
        facts["Self-test"] = "a cable in place of gear"
    if audio.get("torn_before"):
        facts["Torn before"] = "; ".join(str(mishap) for mishap in audio["torn_before"])
    if audio.get("drift_repaired_ppm"):
        facts["Drift"] = f"undone: the clocks differed by {audio['drift_repaired_ppm']:+z.3f} ppm"
    second = audio.get("second_take")
    if second:
        facts["Second take"] = f"differs by an ESR of {second['esr']:.2g}: no model can be closer than the gear itself"
    return facts


def _level(dbu: float | None, method: str) -> str:
    known = METHOD_WORDS.get(method, METHOD_WORDS["unknown"])
    return "not known" if dbu is None else f"{dbu:.2f} dBu at 0 dBFS ({known})"


def _plots(dry: NDArray[np.float64], wet: NDArray[np.float64], pre_roll: NDArray[np.float64], judged: Judged) -> str:
    try:
        from ...audio.plots import svg_text
        from .plots import take_figure

        return svg_text(take_figure(dry, wet, pre_roll, judged))
    except RigError:
        return f"<p>{NO_PLOTS}</p>"
    except Exception as error:  # whatever a drawing library does: the capture itself is whole
        return f"<p>There are no plots: drawing them failed ({escape(type(error).__name__)}: {escape(str(error))}).</p>"
