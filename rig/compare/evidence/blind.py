"""A blind test of a bundle, replayed: promise, answers, and its statistics by scipy's own binomial test."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import CompareError
from .. import abx, abx_file
from ..significance import LEVEL
from .opened import Line
from .result_files import SETUP_HASH

SAME = 1e-9  # of a probability, computed twice in double precision


@dataclass(frozen=True, slots=True)
class Counted:
    """What came out of a blind test: right answers, and their probability and interval by scipy."""

    right: int
    trials: int
    p_value: float
    interval: tuple[float, float]


def counted(order: str, answers: str) -> Counted:
    """Count, and ask scipy: the exact binomial test, one-sided, and the interval of Clopper and Pearson."""
    from scipy.stats import binomtest

    right = sum(a == x for a, x in zip(answers, order, strict=True))
    found = binomtest(right, len(order), 0.5, alternative="greater")
    interval = binomtest(right, len(order)).proportion_ci(LEVEL, method="exact")
    return Counted(right, len(order), float(found.pvalue), (float(interval.low), float(interval.high)))


def read_blind_test(path: Path) -> tuple[dict[str, Any], list[str], bool]:
    """The content, what does not fit in it, and whether this machine promised the same. Raises CompareError."""
    data = abx_file.read_result(path)
    if SETUP_HASH not in data:
        checked = abx.check(path)
        return data, [*checked.problems], checked.compared == "kept"
    promised = f"{data.get('salt')}:{data.get('order')}:{data[SETUP_HASH]}"
    problems = abx_file.problems_of(data, None, None)
    if hashlib.sha256(promised.encode("utf-8", "replace")).hexdigest() != data["commitment"]:
        problems.append("its order is not the one that was promised: the hash differs")
    if len(str(data.get("order"))) != data["trials"]:
        problems.append("its order is not as long as the test")
    broken = abx_file.seal_problem(data, path.read_bytes())
    return data, [*problems, *([broken] if broken else [])], False


def replayed_test(about: str, path: Path) -> Iterator[Line]:
    """Lines about promise, answers and statistics."""
    try:
        data, problems, is_kept = read_blind_test(path)
    except CompareError as error:
        yield Line("fail", about, str(error))
        return
    if "order" not in data or len(data["answers"]) != data["trials"]:
        problems.append("it is not finished")
    if problems:
        yield from (Line("fail", about, problem) for problem in problems)
        return
    yield _promise(about, data, is_kept)
    closing = abx_file.closing_hash(data)[:16]
    yield Line("ok", about, f"each of the {data['trials']} answers fits the one before; closing hash {closing}...")
    yield _statistics(about, data)


def _promise(about: str, data: Mapping[str, Any], is_kept: bool) -> Line:
    promise = f"{data['commitment'][:16]}..."
    if SETUP_HASH in data:
        left = "of what it was begun with only the hash is here, as paths were left out"
        return Line("unknown", about, f"the order fits the promise {promise}; {left}")
    if abx_file.promised_setup(data) is None:
        left = "an earlier version of rig promised the order alone"
        return Line("unknown", about, f"the order fits the promise {promise}; sounds and levels are not in it: {left}")
    kept = ", which this machine kept" if is_kept else ""
    return Line("ok", about, f"order, sounds and levels fit the promise {promise}{kept}")


def _statistics(about: str, data: Mapping[str, Any]) -> Line:
    found = counted(data["order"], "".join(entry["answer"] for entry in data["answers"]))
    same = (
        data["right"] == found.right
        and math.isclose(data["p_value"], found.p_value, rel_tol=SAME, abs_tol=1e-300)
        and all(math.isclose(x, y, abs_tol=SAME) for x, y in zip(data["interval"], found.interval, strict=True))
    )
    low, high = (100 * rate for rate in found.interval)
    said = f"{found.right} of {found.trials} right, p = {found.p_value:.3g}, rate between {low:.0f} and {high:.0f} %"
    if not same:
        stated = f"{data['right']} right, p = {data['p_value']:.3g}"
        return Line("fail", about, f"the statistics differ: stated {stated}; scipy finds {said}")
    return Line("ok", about, f"{said}: the same by scipy's binomtest")
