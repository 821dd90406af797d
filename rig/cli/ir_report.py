"""Impulse responses in words: a table of many, a description of one, how two differ, and what a mix was made of."""

from __future__ import annotations

from ..cabinet.agreement import agreement, agreement_in_words
from ..cabinet.analysis import Description, Difference
from ..cabinet.ir import IR
from ..cabinet.mix import Mix
from ..cabinet.tone_responses import tone_curve
from .tables import fitted, name_width

LEAST_TOLD_DB = 0.1


def table(reports: list[Description]) -> list[str]:
    """One line per file."""
    rows = [("file", "Hz", "ch", "samples", "ms", "peak dBFS", "level dB", "arrival ms", "loudest Hz", "notes")]
    rows += [
        (
            r.file,
            str(r.sample_rate),
            str(r.channels),
            str(r.samples),
            f"{r.duration_ms:.1f}",
            f"{r.peak_dbfs:.1f}",
            f"{r.level_db:.1f}",
            f"{r.arrival_ms:.2f}",
            f"{r.loudest_hz:.0f}",
            str(len(r.warnings) or ""),
        )
        for r in reports
    ]
    names, figures = [row[0] for row in rows], [row[1:] for row in rows]
    widths = [max(map(len, column)) for column in zip(*figures, strict=True)]
    width = name_width(names, sum(widths) + 2 * len(widths))
    return [
        "  ".join((fitted(name, width), *(cell.rjust(size) for cell, size in zip(cells, widths, strict=True)))).rstrip()
        for name, cells in zip(names, figures, strict=True)
    ]


def as_text(r: Description) -> str:
    """The description for people."""
    width = "stereo" if r.channels == 2 else "mono"
    coding = f", {r.format} {r.subtype}" if r.format else ""
    tail = "silent" if r.tail_db is None else f"{r.tail_db:.0f} dB re the peak"
    rows = [
        ("length", f"{r.samples} samples, {r.duration_ms:.1f} ms, {width} at {r.sample_rate} Hz{coding}"),
        ("level", f"peak {r.peak_dbfs:.1f} dBFS, energy {r.energy_db:.1f} dB, for a guitar {r.level_db:+z.1f} dB"),
        (
            "time",
            f"first arrival at sample {r.arrival_samples} ({r.arrival_ms:.2f} ms), "
            f"peak at {r.peak_samples} ({r.peak_ms:.2f} ms)",
        ),
        ("loudest", f"{r.loudest_hz:.0f} Hz, {r.loudest_db:+z.1f} dB"),
        ("decay", f"-60 dB {r.decay_60_ms:.1f} ms after the peak; the end is {tail}"),
        *(("note", warning) for warning in r.warnings),
    ]
    return "\n".join([r.file, *(f"  {name:<9} {value}" for name, value in rows)])


def difference_as_text(d: Difference) -> str:
    """One line for people; lag and polarity only where the two agree on them."""
    place = (
        f"{abs(d.lag_samples):.2f} samples ({abs(d.lag_ms):.3f} ms) {'later' if d.lag_samples >= 0 else 'earlier'}, "
        f"{'same' if d.polarity > 0 else 'opposite'} polarity, "
    )
    return (
        f"{d.second} against {d.first}: {d.level_db:+z.1f} dB; tone differs by {d.tone_db:.1f} dB, most at "
        f"{d.largest_hz:.0f} Hz ({d.largest_db:+z.1f} dB); {'' if agreement(d.agreement) == 'none' else place}"
        f"agreement {agreement_in_words(d.agreement)}"
    )


def tone_as_text(tone: IR) -> str:
    """One line for people: where it lifts and cuts most, from low to high, and by how much."""
    curve = tone_curve(tone)
    hz, db = curve["hz"], curve["level_db"]
    last = len(db) - 1
    turns = [i for i in range(last + 1) if i in (0, last) or (db[i] - db[i - 1]) * (db[i + 1] - db[i]) < 0]
    told = [f"{db[i]:+z.1f} dB at {hz[i]:.0f} Hz" for i in turns if abs(db[i]) >= LEAST_TOLD_DB]
    return f"{tone.name}: {', '.join(told) or f'less than {LEAST_TOLD_DB:g} dB anywhere'}"


def mix_as_text(result: Mix, made: Description) -> str:
    """What was done, and what came out."""
    lines = ["mix" if len(result.parts) > 1 else "shaped"]
    if len(result.parts) > 1:
        lines += [f"  {part}" for part in result.parts]
    return "\n".join([*lines, as_text(made)])
