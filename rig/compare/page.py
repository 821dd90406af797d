"""A comparison as one HTML page that needs nothing else: figures, pictures, and excerpts to hear."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..audio.align import shifted
from ..audio.plots import decibel_axis, draw, frequency_axis, heading, legend, make_figure, svg_text
from ..decibels import gain_from_db
from ..files.folders import telling_names
from ..scripting.printable import in_html
from . import measures
from .candidates.candidate import Candidate
from .candidates.which_kind import candidate_again
from .pair import TakeFiles, open_take
from .score import Comparison, Score, called, counted

EXCERPT_S = 6.0
EXCERPT_PEAK = 0.7  # hardware and model get one gain, so that the louder peaks here
EQ_REACH_DB = 3.0  # at least so much either way
MOST_DRAWN = 6
MOST_HEARD = 3
SHARES = {"eq": "EQ", "filter": "finer filter", "distortion": "distortion", "noise": "noise"}
LEAST_SHARE = 0.005

STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8882; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem } h2 { font-size: 1.2rem; margin-top: 2.2rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left } thead th { background: var(--soft) }
.figures td { white-space: nowrap } .figures .told { white-space: normal; padding-left: 1.4rem; opacity: .85 }
.wide { overflow-x: auto } .note { opacity: .75; font-size: .92rem }
figure { margin: 1rem 0; background: #fff; padding: .5rem; border-radius: .4rem } svg { width: 100%; height: auto }
audio { width: 100%; min-width: 14rem; height: 2.2rem }
"""


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """An excerpt of one candidate beside the gear: all of shape (n,), at one gain."""

    score: Score
    candidate: NDArray[np.float64]  # aligned and matched in level
    wet: NDArray[np.float64]


def hear(candidate: Candidate, score: Score) -> Heard:
    """The loudest seconds of what was judged: of a model, once more through it."""
    take = candidate.take
    length = min(round(EXCERPT_S * take.sample_rate), take.span.stop - take.span.start)
    power = np.cumsum(np.square(np.concatenate([[0.0], take.wet[take.span]])))
    start = take.span.start + int(np.argmax(power[length:] - power[:-length]))
    lag_samples = score.lag_samples + candidate.later_samples
    margin = round(abs(lag_samples)) + 4096
    begin, end = max(0, start - margin), min(len(take.dry), start + length + margin)
    answer = score.polarity * gain_from_db(score.gain_db) * shifted(candidate.answer(begin, end), lag_samples)
    return Heard(score, answer[start - begin : start - begin + length], take.wet[start : start + length])


def page(
    comparison: Comparison,
    files: TakeFiles,
    models: Sequence[Path],
    progress: Callable[[float], None] | None = None,
) -> str:
    """The page. `models` are the files that were compared, recordings too; the best are heard and drawn."""
    take = open_take(files)
    paths = dict(zip(telling_names(models), models, strict=True))
    best = comparison.scores[:MOST_HEARD]
    heard = []
    for done, score in enumerate(best, 1):
        heard.append(hear(candidate_again(take, paths[score.file], score), score))
        if progress is not None:
            progress(done / (len(best) + 1))
    parts = [
        _head(comparison),
        _table(comparison),
        _excerpts(heard, take.sample_rate, called(comparison.kinds)),
        _pictures(comparison, heard, take.sample_rate),
        _details(comparison),
        f'<script type="application/json" id="comparison">{script_data(comparison.to_json())}</script>',
    ]
    title = in_html(f"{comparison.wet}: {counted(len(comparison.scores), comparison.kinds)} compared")
    if progress is not None:
        progress(1.0)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{title}</title><style>{STYLE}</style>'
        "</head>\n<body>" + "\n".join(part for part in parts if part) + "\n</body></html>\n"
    )


def script_data(content: Any) -> str:
    """JSON as it may stand in a page: whatever a name holds, no tag and no comment begins or ends in it."""
    return json.dumps(content).replace("<", "\\u003c")


def _head(c: Comparison) -> str:
    text = in_html
    repeat = f"ESR {c.repeatability_esr:.2g}" if c.repeatability_esr is not None else "not known"
    lines = [
        f"<h1>{text(c.wet)}</h1>",
        f"<p>Played into the gear: {text(c.dry)}, {c.samples / c.sample_rate:.1f} s at {c.sample_rate} Hz. Judged: "
        f"{text(c.span_basis)} ({c.span_s[0]:.1f} to {c.span_s[1]:.1f} s).</p>",
        f"<p>The gear against itself: <b>{repeat}</b> ({text(c.repeatability_basis)}). Nothing can be better.</p>",
    ]
    lines += [f"<p>Quality {quality}x: each model plays at so many times its rate.</p>" for quality in c.qualities]
    lines += [f"<p><b>Problem:</b> {text(fault)}.</p>" for fault in c.faults]
    lines += [f"<p><b>Note:</b> {text(warning)}.</p>" for warning in c.warnings]
    return "\n".join(lines)


def _table(c: Comparison) -> str:
    what = called(c.kinds)
    heads = (
        *(what, "null", "with EQ", "ESR", "A-ESR", "as it is", "level", "lag", "polarity", "loudness"),
        "log spectrum",
    )
    rows = []
    for s in c.scores:
        cells = (
            _named(c, s),
            f"{s.null_db:.1f} dB",
            f"{s.null_equalised_db:.1f} dB",
            f"{s.esr_matched:.4f}",
            f"{s.esr_a_weighted:.4f}",
            f"{s.esr:.4f}",
            f"{s.gain_db:+z.2f} dB",
            f"{s.lag_samples:+z.2f}",
            "+" if s.polarity > 0 else "inverted",
            f"{s.loudness_difference_lu:+z.2f} LU",
            "-" if s.log_spectrum_db is None else f"{s.log_spectrum_db:.2f} dB",
        )
        told = f"<b>{in_html(s.verdict)}</b>: {in_html(s.reason)}."
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
        rows.append(f'<tr><td class="told" colspan="{len(heads)}">{told}</td></tr>')
    head = "".join(f"<th>{name}</th>" for name in heads)
    failed = "".join(f"<p><b>Not compared:</b> {in_html(failure.reason)}</p>" for failure in c.failures)
    return (
        f'<div class="wide figures"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
        '<p class="note">ESR: error energy over the energy of the gear, after lag, polarity and level are taken out; '
        "null: the same in dB; with EQ: the null behind the EQ that would mend it; A-ESR: the ESR with "
        "A-weighting; as it is: the ESR with nothing taken out. Level: the gain it needs. Loudness by ITU-R BS.1770, "
        f"less that of the gear; log spectrum: mean difference of short-time spectra.</p>{failed}"
    )


def _named(c: Comparison, s: Score) -> str:
    """The file; where models and recordings are mixed, with what it is."""
    return in_html(s.file) + (f' <span class="note">{s.kind}</span>' if len(c.kinds) > 1 else "")


def _excerpts(heard: Sequence[Heard], rate: int, head: str) -> str:
    if not heard:
        return ""
    rows = []
    for one in heard:
        gain = EXCERPT_PEAK / max(float(np.abs(one.wet).max()), float(np.abs(one.candidate).max()), 1e-9)
        cells = "".join(f"<td>{_audio(gain * x, rate)}</td>" for x in (one.candidate, one.wet, one.wet - one.candidate))
        rows.append(f"<tr><td>{in_html(one.score.file)}</td>{cells}</tr>")
    return (
        f"<h2>To hear</h2><div class='wide'><table><thead><tr><th></th><th>{head}</th><th>gear</th>"
        f"<th>difference</th></tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        '<p class="note">Aligned and matched in level; all three at the same gain.</p>'
    )


def _audio(x: NDArray[Any], rate: int) -> str:
    import soundfile as sf

    stream = io.BytesIO()
    sf.write(stream, x, rate, format="FLAC", subtype="PCM_16")
    data = base64.b64encode(stream.getvalue()).decode()
    return f'<audio controls preload="metadata" src="data:audio/flac;base64,{data}"></audio>'


def _pictures(c: Comparison, heard: Sequence[Heard], rate: int) -> str:
    drawn = c.scores[:MOST_DRAWN]
    if not drawn:
        return ""
    figure, panels = make_figure([["levels", "octaves"], ["spectrum", "spectrum"], ["eq", "eq"]], height_in=11.0)
    reach = EQ_REACH_DB
    for i, s in enumerate(drawn):
        levels = sorted((level, ratio) for level, ratio in s.esr_by_input_level.items() if ratio)
        if levels:
            x, y = np.array([p[0] for p in levels]), np.array([measures.null_db(p[1]) for p in levels])
            draw(panels["levels"], x, y, s.file, i)
        octaves = [(hz, depth) for hz, depth in s.null_by_octave_db.items() if depth is not None and np.isfinite(depth)]
        draw(panels["octaves"], np.array([p[0] for p in octaves]), np.array([p[1] for p in octaves]), None, i)
        curve = [(hz, lacks_db) for hz, lacks_db in s.eq_curve_db.items() if lacks_db is not None]
        draw(panels["eq"], np.array([p[0] for p in curve]), np.array([p[1] for p in curve]), s.file, i)
        reach = max([reach, *(abs(p[1]) for p in curve)])
    heading(panels["levels"], "Null depth by input level")
    panels["levels"].set_xlabel("dBFS of the dry file")
    panels["levels"].set_ylabel("dB")
    legend(panels["levels"])
    heading(panels["octaves"], "Null depth by octave")
    frequency_axis(panels["octaves"])
    panels["octaves"].set_ylabel("dB")
    for i, one in enumerate(heard):
        hz, level = measures.spectrum_db(one.candidate, rate)
        draw(panels["spectrum"], hz, level, one.score.file, i)
    if heard:
        hz, level = measures.spectrum_db(heard[0].wet, rate)
        draw(panels["spectrum"], hz, level, "the gear", 6)
        top = float(level.max()) + 3.0
        decibel_axis(panels["spectrum"], top - 60.0, top, 12.0)
    heading(panels["spectrum"], "Spectrum of the excerpt, third octaves")
    frequency_axis(panels["spectrum"])
    legend(panels["spectrum"])
    heading(panels["eq"], "The EQ that would mend it: + where it lacks, - where it has too much")
    frequency_axis(panels["eq"])
    decibel_axis(panels["eq"], -reach, reach, 3.0)
    legend(panels["eq"])
    return f"<h2>To see</h2><figure>{svg_text(figure)}</figure>"


def _details(c: Comparison) -> str:
    rows = []
    for s in c.scores:
        by_level = ", ".join(
            f"{level:g} dBFS: {ratio:.3g}" for level, ratio in s.esr_by_input_level.items() if ratio is not None
        )
        notes = "".join(f"<br>{in_html(note)}" for note in s.notes)
        rows.append(
            f"<tr><td>{in_html(s.file)}</td><td>{in_html(s.input_gain_basis)}</td><td>{by_level}</td>"
            f"<td>{_shares(s)}</td><td>{s.esr_pre_emphasised:.4f}</td><td>{s.spectral_difference_db:.2f} dB</td>"
            f"<td>{s.crest_db:.1f} dB ({s.wet_crest_db:.1f} dB)</td><td>{s.gain_db:+z.2f} dB{notes}</td></tr>"
        )
    return (
        '<h2>In detail</h2><div class="wide"><table><thead><tr>'
        f"<th>{called(c.kinds)}</th><th>dry file to model</th>"
        "<th>ESR by input level (level taken out)</th><th>what the error is made of</th>"
        "<th>ESR with pre-emphasis</th><th>spectrum, as it is</th><th>crest (gear)</th>"
        "<th>level of the gear</th></tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shares(s: Score) -> str:
    """What the error is made of, the largest first; an exact null has none."""
    known = sorted(((share, kind) for kind, share in s.error_shares.items() if share is not None), reverse=True)
    told = [f"{100 * share:.0f} % {SHARES[kind]}" for share, kind in known if share >= LEAST_SHARE]
    unknown = any(share is None for share in s.error_shares.values())
    rest = 1.0 - sum(share for share, _ in known)
    return ", ".join([*told, *([f"{100 * rest:.0f} % not linear"] if unknown and rest >= LEAST_SHARE else [])])
