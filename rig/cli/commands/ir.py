"""`rig ir FILE...`: what impulse responses are, how they differ, and one file made of several."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import IRError, RigError
from ...files.folders import AUDIO_ENDINGS, files_in, telling_names
from ..options import add_json_option, add_overwrite_option
from ..terminal import Progress

if TYPE_CHECKING:
    from ...audio.bits import Bits
    from ...cabinet.analysis import Description
    from ...cabinet.ir import IR
    from ...cabinet.mix import Mix
    from ...cabinet.shaping import Shaping

BITS: dict[str, Bits] = {"16": 16, "24": 24, "float": "float"}
DEFAULT_RATE_HZ = 48000
PER_FILE = ("gain_db", "delay_ms", "delay_samples", "pan")
SHAPING = ("trim_start", "minimum_phase", "low_cut_hz", "high_cut_hz", "slope_db", "trim_ms", "fade_ms")


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "ir",
        help="show, compare, mix, shape and export impulse responses",
        description="Show what impulse responses are and how they differ; with any option of the groups mix, shape and "
        "export, make one of all files. Values per file stand in the order of the files.",
        examples=(
            "rig ir 57.wav 121.wav --png both.png",
            "rig ir 57.wav 121.wav --align --gain-db 0 -3 --export mix.wav",
            "rig ir 57.wav --preset presets/lead.toml --png lead.png",
            "rig ir cabinets/ --json",
        ),
    )
    command.add_argument("files", nargs="*", type=Path, metavar="FILE", help="an impulse response, or a folder of them")
    command.add_argument(
        "--preset",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="show and draw what the tone controls and the equalizer of a preset do, too; once for each preset",
    )
    command.add_argument("--png", type=Path, metavar="FILE", help="draw all of them into FILE (.png or .svg)")
    command.add_argument("--smoothing", type=int, default=12, metavar="N", help="drawn over 1/N octave (default 12)")
    command.add_argument("--match-level", action="store_true", help="draw all as loud as the first")
    add_json_option(command)
    add_overwrite_option(command, "files")
    _add_mix(command.add_argument_group("mix (up to four files)"))
    _add_shape(command.add_argument_group("shape"))
    _add_export(command.add_argument_group("export (the player's own -18 dB is left out)"))
    command.set_defaults(run=run)


def _add_mix(group: Any) -> None:
    group.add_argument("--gain-db", type=float, nargs="+", metavar="G", help="gain of each file")
    group.add_argument("--delay-ms", type=float, nargs="+", metavar="D", help="each file so much later")
    group.add_argument("--delay-samples", type=float, nargs="+", metavar="D", help="the same in samples")
    group.add_argument("--pan", type=float, nargs="+", metavar="P", help="of each file, -1 left to 1 right")
    group.add_argument("--invert", type=int, nargs="+", metavar="N", help="turn these files over: 1 is the first")
    group.add_argument("--align", action="store_true", help="in time and polarity with the first, before the delays")


def _add_shape(group: Any) -> None:
    group.add_argument("--trim-start", action="store_true", help="drop the silence before the first arrival")
    group.add_argument(
        "--minimum-phase", action="store_true", help="make each file minimum phase before it is mixed (not for rooms)"
    )
    group.add_argument("--low-cut-hz", type=float, metavar="F", help="remove what lies below")
    group.add_argument("--high-cut-hz", type=float, metavar="F", help="remove what lies above")
    group.add_argument(
        "--slope-db", type=int, choices=(6, 12, 18, 24), default=12, help="of the cuts, per octave (default 12)"
    )
    group.add_argument("--trim-ms", type=float, metavar="L", help="keep so much")
    group.add_argument(
        "--fade-ms", type=float, metavar="L", help="fade the end (default: 10 ms at most, where trimmed)"
    )


def _add_export(group: Any) -> None:
    group.add_argument("--export", type=Path, metavar="FILE", help="write the result; the ending chooses the format")
    group.add_argument("--bits", choices=BITS, default="24", help="of a sample (default 24)")
    group.add_argument("--rate", type=int, metavar="HZ", help="sample rate (default: that of the files, or 48000)")
    group.add_argument("--samples", type=int, metavar="N", help="exactly so many: 1024 or 2048 for hardware")
    group.add_argument("--mono", action="store_true", help="one channel, the mean of both")
    group.add_argument(
        "--normalize", action="store_true", help="to a peak of -1 dBFS (24 bit: also where it would clip)"
    )


def run(options: argparse.Namespace) -> int:
    """Carry the command out; a file that cannot be used does not stop the others, except in a mix."""
    from ...cabinet.analysis import describe, difference, load_as_it_is
    from ...cabinet.tone_responses import tone_curve
    from ..ir_report import as_text, difference_as_text, mix_as_text, table, tone_as_text

    _check(options)
    paths = [path for given in options.files for path in _responses_in(given)]
    making = _wants_a_mix(options)
    progress = Progress("ir") if len(paths) > 50 and not options.json else None
    irs: list[IR] = []
    reports: list[Description] = []
    errors = []
    for i, (path, name) in enumerate(zip(paths, telling_names(paths), strict=True)):
        try:
            ir, kind, subtype = load_as_it_is(path)
        except IRError as error:
            if making or len(paths) == 1:
                raise
            errors.append({"file": name, "error": str(error)})
        else:
            irs.append(replace(ir, name=name))
            reports.append(describe(irs[-1], kind, subtype))
        if progress is not None:
            progress((i + 1) / len(paths))
    as_table = any(path.is_dir() for path in options.files)
    differences = [] if as_table else [difference(irs[0], ir) for ir in irs[1:]]
    tones = [tone for path in options.preset for tone in _tones_of(path)]
    result = _mixed(options, paths, [ir.sample_rate for ir in irs]) if making else None
    figure = None
    if options.png is not None and (irs or tones):
        from ...cabinet.plots import picture

        drawn = irs if result is None else [*irs, result.ir]
        figure = picture(drawn, options.smoothing, options.match_level, tones=tones)
    exported = _export(options, result.ir) if result is not None and options.export is not None else None
    if figure is not None:
        from ...audio.plots import save

        save(figure, options.png, options.overwrite)
    made = describe(result.ir) if result is not None else None
    if options.json:
        report: dict[str, Any] = {"files": [r.to_json() for r in reports], "errors": errors}
        report["tones"] = [{"name": tone.name, **tone_curve(tone)} for tone in tones]
        report["differences"] = [d.to_json() for d in differences]
        if result is not None and made is not None:
            report["mix"] = {**result.to_json(), "result": made.to_json()}
            report["shaping"] = {name: getattr(options, name) for name in SHAPING}
            report["exported"] = None if exported is None else exported.to_json()
        print(json.dumps(report, indent=2))
    else:
        for line in table(reports) if as_table else map(as_text, reports):
            print(line)
        for tone in tones:
            print(tone_as_text(tone))
        for found in differences:
            print(difference_as_text(found))
        if result is not None and made is not None:
            print(mix_as_text(result, made))
        if exported is not None:
            print(exported)
        if figure is not None:
            print(f"{options.png.name}: drawn")
        for problem in errors:
            print(f"rig: {problem['error']}", file=sys.stderr)
    return 2 if errors else 0


def _tones_of(preset: Path) -> list[IR]:
    """What a preset does beside its model and its cabinet, as responses at the usual rate; it may change nothing."""
    from ...cabinet.tone_responses import tone_responses
    from ...dsp.tone.knobs import NAMES
    from ...library.preset import Preset

    read = Preset.load(preset)
    tones = tone_responses(read.name, DEFAULT_RATE_HZ, [getattr(read, name) for name in NAMES], read.eq)
    if not tones:
        print(f"{preset.name}: its tone controls and its equalizer change nothing", file=sys.stderr)
    return tones


def _check(options: argparse.Namespace) -> None:
    """Everything that can be refused before a file is read."""
    if not (options.files or options.preset):
        raise RigError("Name an impulse response, a folder of them, or a preset with --preset FILE.")
    if not options.files and _wants_a_mix(options):
        raise RigError("The tone of a preset is not mixed, shaped or exported; name the impulse responses to be.")
    if not 1 <= options.smoothing <= 48:
        raise RigError(f"A smoothing over 1/{options.smoothing} octave cannot be drawn; 1 to 48 can.")
    if options.png is not None:
        from ...audio.plots import check_writable

        check_writable(options.png, options.overwrite)
    if options.export is None:
        for name in ("samples", "mono", "normalize"):
            if getattr(options, name):
                raise RigError(f"--{name} is for a file that is written; name it with --export FILE.")
        return
    if options.export.exists() and any(p.exists() and p.samefile(options.export) for p in options.files):
        raise IRError(f"{options.export.name}: this is one of the files to be read; choose another name.")
    if options.export.exists() and not options.overwrite:
        raise IRError(
            f"{options.export.name}: the file exists already; choose another name, or replace it with --overwrite."
        )


def _wants_a_mix(options: argparse.Namespace) -> bool:
    per_file = any(getattr(options, name) is not None for name in (*PER_FILE, "invert", "export", "rate"))
    return per_file or options.align or _shaping(options).changes_anything


def _shaping(options: argparse.Namespace) -> Shaping:
    from ...cabinet.shaping import Shaping

    return Shaping(**{field.name: getattr(options, field.name) for field in fields(Shaping)})


def _mixed(options: argparse.Namespace, paths: list[Path], file_rates: list[int]) -> Mix:
    """All files as one, shaped."""
    from ...cabinet.ir import IR
    from ...cabinet.mix import MOST_PARTS, Part, mix
    from ...cabinet.shaping import Shaping

    if len(paths) > MOST_PARTS:
        raise IRError(f"{len(paths)} files; a mix takes 1 to {MOST_PARTS} impulse responses. Name the ones you want.")
    rate = options.rate or (file_rates[0] if len(set(file_rates)) == 1 else DEFAULT_RATE_HZ)
    shaping = _shaping(options)
    before = Shaping(minimum_phase=shaping.minimum_phase)
    gains, delays_ms, delays_samples, pans = (_per_file(options, name, len(paths)) for name in PER_FILE)
    inverted = set(options.invert or ())
    if not inverted <= set(range(1, len(paths) + 1)):
        raise RigError(f"--invert takes numbers of files, 1 to {len(paths)}.")
    parts = [
        Part(
            before.apply(replace(IR.load(path, rate), name=name)),
            gains[i],
            i + 1 in inverted,
            delays_ms[i] + 1000 * delays_samples[i] / rate,
            pans[i],
        )
        for i, (path, name) in enumerate(zip(paths, telling_names(paths), strict=True))
    ]
    mixed = mix(parts, align=options.align)
    return replace(mixed, ir=replace(shaping, minimum_phase=False).apply(mixed.ir))


def _per_file(options: argparse.Namespace, name: str, count: int) -> list[float]:
    values: list[float] = getattr(options, name) or [0.0] * count
    if len(values) != count:
        option = name.replace("_", "-")
        raise RigError(f"--{option} has {len(values)} values for {count} files; give one for each, in their order.")
    return values


def _export(options: argparse.Namespace, ir: IR) -> Any:
    from ...cabinet.export import export

    return export(
        ir,
        options.export,
        samples=options.samples,
        bits=BITS[options.bits],
        mono=options.mono,
        normalize=options.normalize,
        overwrite=options.overwrite,
    )


def _responses_in(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found, problems = files_in(path, AUDIO_ENDINGS, below=True)
    for problem in problems:
        print(f"rig: {problem}", file=sys.stderr)
    if not found:
        raise IRError(
            f"{path}: this folder holds no audio file ({', '.join(AUDIO_ENDINGS)}); name a file or another folder."
        )
    return found
