"""The page that comes with a capture: one file, nothing loaded from anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import RigError
from ...scripting.printable import in_html as escape
from ..checks.checks import Judged

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #333; background: #fff }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { margin-bottom: 0 } h2 { margin-top: 2rem } .small { color: #666; font-size: .9rem }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; padding: .35rem .6rem; vertical-align: top }
tr { border-bottom: 1px solid #d8d8d8 } svg { width: 100%; height: auto }
.ok, .warn, .fail { font-weight: bold; white-space: nowrap }
.ok { color: #00734f } .warn { color: #8a5a00 } .fail { color: #b3261e }
"""
VERDICTS = {
    "ok": "Everything is as it should be. The pair is ready to train.",
    "warn": "The pair is ready to train; what is marked below could be better.",
    "fail": "Checks failed, and the take was accepted all the same, as asked. A model trained on it may be wrong.",
}
NO_PLOTS = "There are no plots: they need matplotlib (pip install 'rig[plots]')."


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
    parts = [gear["gear_make"], gear["gear_model"], gear["tone_type"], content["created"]]
    return " · ".join(str(part) for part in parts if part)


def _checks(judged: Judged) -> str:
    rows = "".join(
        f'<tr><td class="{check.verdict}">{check.verdict}</td><td>{escape(check.name)}</td>'
        f"<td>{escape(check.text)}{_advice(check.advice)}</td>"
        f'<td class="small">{_limits(check.warn, check.fail)}</td></tr>\n'
        for check in judged.checks
    )
    return f"<table><tr><th></th><th>Check</th><th>Found</th><th>Limits</th></tr>\n{rows}</table>"


def _advice(advice: str) -> str:
    return f"<br>{escape(advice)}" if advice else ""


def _limits(warn: float | None, fail: float | None) -> str:
    parts = [f"{word} {limit:g}" for word, limit in (("warn", warn), ("fail", fail)) if limit is not None]
    return ", ".join(parts)


def _facts(content: dict[str, Any], samples: int) -> str:
    levels, latency, signal, audio = (content[part] for part in ("levels", "latency", "signal", "audio"))
    facts = {
        "Signal": f"{signal['name']} ({signal['kind']})",
        "Length": f"{samples} samples, {samples / audio['rate']:.2f} s at {audio['rate']} Hz",
        "Latency": f"{latency['applied']} samples taken away; {latency['official']} by the trainer's rule, "
        f"{latency['phat']:.1f} by correlation",
        "Polarity": "as played" if latency["polarity"] > 0 else "inverted",
        "Input level": _level(levels["input_level_dbu"], levels["input_method"]),
        "Output level": _level(levels["output_level_dbu"], levels["output_method"]),
        "Send trim": f"{levels['send_trim_db']:+.1f} dB",
        "Audio": ", ".join(f"{key} {value}" for key, value in audio.items() if value is not None),
        "Made with": f"rig {content['rig_version']}",
    }
    rows = "".join(f"<tr><th>{escape(key)}</th><td>{escape(str(value))}</td></tr>\n" for key, value in facts.items())
    return f"<table>{rows}</table>"


def _level(dbu: float | None, method: str) -> str:
    return "not known" if dbu is None else f"{dbu:.2f} dBu at 0 dBFS ({method})"


def _plots(dry: NDArray[np.float64], wet: NDArray[np.float64], pre_roll: NDArray[np.float64], judged: Judged) -> str:
    try:
        from ...audio.plots import svg_text
        from .plots import take_figure

        return svg_text(take_figure(dry, wet, pre_roll, judged))
    except RigError:
        return f"<p>{NO_PLOTS}</p>"
