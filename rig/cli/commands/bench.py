"""`rig bench [MODEL...]`: how fast rig is on this machine."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from ..options import add_json_option
from ..terminal import Progress


def add(commands: Any) -> None:
    """Declare the command."""
    command = commands.add_parser(
        "bench",
        help="measure models and the convolver on this machine",
        description="Measure MODELs (without any: the known shapes and every feature of the format) against this "
        "machine's own multiply-add peak, and the convolver against SciPy's. Medians over interleaved rounds.",
        examples=(
            "rig bench",
            "rig bench crunch.nam lead.nam",
            "rig bench --only cabinet --json",
            "rig bench --peers ~/peers --rounds 5",
        ),
    )
    command.add_argument("models", nargs="*", type=Path, metavar="MODEL", help="a .nam file")
    command.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds to take the median of (default 9)")
    command.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="of the shapes only those that begin so, or cabinet"
    )
    command.add_argument(
        "--start", action="store_true", help="also how long rig takes to start, the first time and later"
    )
    command.add_argument(
        "--peers",
        type=Path,
        metavar="FOLDER",
        help="instead: rig beside the benchmark programs that you built there, benchmodel of NeuralAmpModelerCore and "
        "ModelTest of NeuralAudio, on the same models",
    )
    add_json_option(command)
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Carry the command out."""
    from ...bench import bench
    from ...errors import UsageError

    progress = None if options.json else Progress("bench")
    if options.peers is not None and options.start:
        raise UsageError("--peers and --start measure different things; give one of them.")
    result = bench(
        options.models,
        max(1, options.rounds),
        only=options.only,
        start=options.start,
        peers=options.peers,
        progress=progress,
    )
    if options.json:
        print(json.dumps(result, indent=2))
        return 0
    machine = result["machine"]
    print(
        f"{machine['cpu']}, {machine['lanes']} lanes, peak {machine['peak_gmacs']:.1f} billion multiply-adds per second"
    )
    for lines in (
        _models(result["models"]),
        _qualities(result["quality"]),
        _cabinets(result["convolver"]),
        _offline(result["offline"]),
        _start(result["start"]),
        _peers(result["peers"]),
    ):
        if lines:
            print(*lines, sep="\n")
    return 0


def _models(reports: list[dict[str, Any]]) -> list[str]:
    if not reports:
        return []
    blocks = list(reports[0]["ns_per_sample"])
    headings = [*blocks, "of peak", "of A1's", "16 : 64", "x real", "cold us", "worst us"]
    lines = [
        "\nns per sample in blocks of so many frames; at 64: share of the peak, and relative to that of A1 standard;",
        "how much dearer blocks of 16 are; times real time; at 64: with empty caches, and the worst one (of 1333 us)",
        f"{'':<18}" + "".join(f"{heading:>9}" for heading in headings),
    ]
    for report in reports:
        share, expected, of_a1 = report["share_of_peak"]["64"], report["share_expected"], report["share_to_a1_standard"]
        cells = [f"{report['ns_per_sample'][block]:.0f}" for block in blocks]
        cells += [f"{share:.0%}" + ("!" if expected is not None and share < expected else " ")]
        cells += ["" if of_a1 is None else f"{of_a1:.2f}", f"{report['block_16_to_64']:.2f}"]
        cells += [f"{report['times_real_time']:.0f}", f"{report['cold_us_per_block']['64']:.0f}"]
        cells += [f"{report['worst_us_per_block']['64']:.0f}"]
        lines.append(f"{report['name'][:17]:<18}" + "".join(f"{cell:>9}" for cell in cells))
    if any(report["share_expected"] for report in reports):
        lines.append("!  less of the peak than this shape reached elsewhere: a busy machine, or a slower build")
    return lines


def _qualities(reports: list[dict[str, Any]]) -> list[str]:
    if not reports:
        return []
    lines = [
        "\nquality: ns per frame, in brackets the filters alone; and the rest re so many times that at 1x: median of",
        f"{reports[0]['rounds']} short rounds of both, with the interval that holds it with 95 % certainty",
    ]
    for report in reports:
        ns, filters, ratios, intervals = (
            report[key] for key in ("ns_per_frame", "filters_ns_per_frame", "ratio_to_multiple_of_1x", "ratio_interval")
        )
        lines.append(f"{report['name'][:17]:<18}1x {ns['1']:6.0f}")
        for k, ratio in ratios.items():
            low, high = intervals[k]
            lines.append(f"{'':<18}{k}x {ns[k]:6.0f} ({filters[k]:3.0f})   {ratio:5.3f} ({low:5.3f} to {high:5.3f})")
    return lines


def _cabinets(reports: list[dict[str, Any]]) -> list[str]:
    if not reports:
        return []
    lines = ["\ncabinet: ns per sample (ratio to scipy.signal.oaconvolve), and of a period of 64 frames: median, worst"]
    for report in reports:
        costs = (
            f"{cost:7.1f} ({report['ratio_to_scipy'][block]:.2f}) at {block}"
            for block, cost in report["ns_per_sample"].items()
        )
        shares = f"{report['share_of_period']:8.2%} {report['worst_share_of_period']:8.2%}"
        lines.append(f"{report['taps']:>7} taps {'  '.join(costs)}  {shares}")
    return lines


def _offline(reports: list[dict[str, Any]]) -> list[str]:
    if not reports:
        return []
    first = reports[0]
    lines = [
        f"\noffline: models that play {first['probe_s']:.1f} s each, from reading the file to the last sample: seconds "
        "of audio",
        f"per second and models per second, on one core and on {first['threads']}; CPU ms to read one, and to make its "
        "network",
        f"{'':<18}{'audio s/s':>12}{'models/s':>12}{'all: audio':>12}{'models/s':>12}{'read ms':>10}{'make ms':>10}",
    ]
    for report in reports:
        cells = [f"{report['audio_s_per_s_one_core']:12.0f}{report['models_per_s_one_core']:12.1f}"]
        cells += [f"{report['audio_s_per_s']:12.0f}{report['models_per_s']:12.1f}"]
        cells += [f"{report['load_ms']:10.1f}{report['network_ms']:10.1f}"]
        lines.append(f"{report['name'][:17]:<18}{''.join(cells)}")
    return lines


def _start(report: dict[str, Any] | None) -> list[str]:
    if report is None:
        return []
    cold, warm = report["cold_s"], report["warm_s"]
    return [f"\nfirst start on a machine {cold:.1f} s, every other {warm:.2f} s, until 10 ms are rendered"]


def _peers(report: dict[str, Any] | None) -> list[str]:
    if report is None:
        return []
    lines = [
        f"\nns per sample in blocks of {report['frames_per_block']} frames, in real time, medians; times: those of rig "
        "just before,",
        "median, least and most; best: ratio of the least times of all rounds; the fastest peer first",
    ]
    general = False
    for model in report["models"]:
        ours = model["rig_ns_per_sample"]
        lines += ["", f"{model['name'][:17]:<18}{'ns':>8}  {'times':>6}{'':<18}{'best':>5}"]
        if ours is not None:
            lines.append(f"{'':<18}{ours['median']:8.1f}  {1:6.2f}{'':<18}{1:5.2f}  rig")
        for peer in model["peers"]:
            times, general = peer["ratio_to_rig"], general or peer["general_code"]
            figures = f"{times['median']:6.2f} {times['least']:7.2f} to {times['most']:5.2f}"
            called = ", ".join(filter(None, (peer["program"], peer["implementation"])))
            mark = " *" if peer["general_code"] else ""
            figures = f"{peer['ns_per_sample']['median']:8.1f}  {figures}  {peer['ratio_of_least']:5.2f}"
            lines.append(f"{'':<18}{figures}  {called}{mark}")
        if not model["peers"]:
            lines.append(f"{'':<18}no program has played it")
    if general:
        lines.append("\n*  the program was not built for this shape, and plays it with its code for any")
    best = [(model["name"], model["peers"][0]) for model in report["models"] if model["peers"]]
    if best:
        told = (f"{name} {peer['ratio_to_rig']['median']:.2f}" for name, peer in best)
        lines.append(f"\ntimes rig's time that the best peer takes: {', '.join(told)}")
    return [*lines, *(f"\n{fault}" for fault in report["faults"])]
