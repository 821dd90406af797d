"""From many bundles: how often a difference was heard, by how large an error measure says it is.

A point is one test of one candidate: a blind test whose two sides are a candidate and the gear that a comparison in the
same bundle judged it against, or one candidate of a listening test. There a listener could tell who, on average over
the sections, rated the candidate below the hidden reference; who rates both alike could not. Tests of about the same
error are put together, by the error alone, until there are answers enough; each group is one place of the curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ...errors import CompareError
from ...files.numbers import is_number
from ..listening.prepared import LISTENERS
from ..listening.results import report
from ..significance import KEEN, LEVEL, POWER, confidence_interval, large_enough
from .check import lines_of
from .listened import assembled, read_files
from .manifest import Listed
from .opened import Opened, opened
from .result_files import read_json

By = Literal["abx", "listen"]
SCHEMA = 1
USUAL = "esr_matched"
FEWEST_GROUPS = 3  # through two places goes a straight line, whatever is true
LEAST_RATIO = 1e-12  # of an ESR, which is drawn by its logarithm
UNITS: dict[By, str] = {"abx": "answers", "listen": "listeners, each once per candidate"}


@dataclass(frozen=True, slots=True)
class Point:
    """One test of one candidate. `told` of `count`: right answers of trials, or listeners who could tell."""

    by: By
    bundle: str
    test: str
    candidate: str
    measure: float
    told: int
    count: int


@dataclass(frozen=True, slots=True)
class Group:
    """Tests of about the same error. `interval`: of the share, 95 %, by Clopper and Pearson."""

    low: float
    high: float
    measure: float  # mean of the tests, weighted by their answers; geometric for ratios
    told: int
    count: int
    tests: int

    @property
    def share(self) -> float:
        """Of those who could tell, or of right answers."""
        return self.told / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies."""
        return confidence_interval(self.told, self.count, LEVEL)


@dataclass(frozen=True, slots=True)
class Curve:
    """What all bundles show together. `left_out`: sentences about tests that are no points of it."""

    measure: str
    bundles: int
    points: tuple[Point, ...]
    left_out: tuple[str, ...]

    def groups(self, by: By) -> tuple[Group, ...]:
        """The places of one curve, each with answers enough."""
        return grouped([point for point in self.points if point.by == by], is_ratio(self.measure))

    def count(self, by: By) -> int:
        """All answers, or listeners."""
        return sum(point.count for point in self.points if point.by == by)

    @property
    def drawn(self) -> tuple[By, ...]:
        """The curves there are; none: `too_little` says why."""
        both: tuple[By, ...] = ("abx", "listen")
        return tuple(by for by in both if len(self.groups(by)) >= FEWEST_GROUPS)

    @property
    def too_little(self) -> str:
        """Why nothing is drawn, as a sentence."""
        found = [f"{self.count(by)} {UNITS[by]} for {len(self.groups(by))} places" for by in UNITS if self.count(by)]
        return (
            f"There is too little for a curve ({'; '.join(found) or 'no test with a figure'}): it takes "
            f"{FEWEST_GROUPS} places of different error, since through two goes a line whatever is true, and at each "
            f"of them {large_enough()} answers, the fewest in which somebody who is right {10 * KEEN:.0f} times in 10 "
            f"is told from guessing in {100 * POWER:.0f} % of cases."
        )

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        drawn = self.drawn
        groups = {
            by: [{**asdict(g), "share": g.share, "interval": list(g.interval)} for g in self.groups(by)] for by in drawn
        }
        return {
            "schema": SCHEMA,
            "measure": self.measure,
            "bundles": self.bundles,
            "sample_sizes": {by: {"tests": self._tests(by), "count": self.count(by)} for by in UNITS},
            "drawn": list(drawn),
            "reason": None if drawn else self.too_little,
            "groups": groups,
            "points": [asdict(point) for point in self.points],
            "left_out": list(self.left_out),
        }

    def _tests(self, by: By) -> int:
        return len({(point.bundle, point.test) for point in self.points if point.by == by})


def is_ratio(measure: str) -> bool:
    """Whether a measure is a ratio, drawn by its logarithm."""
    return "esr" in measure


def grouped(points: Sequence[Point], ratios: bool) -> tuple[Group, ...]:
    """Points put together by their measure alone, from the smallest on; what is left at the end joins the last group.

    Tests of exactly the same measure are never torn apart.
    """
    fewest, groups = large_enough(), []  # type: int, list[list[Point]]
    open_group: list[Point] = []
    ordered = sorted(points, key=lambda point: point.measure)
    for number, point in enumerate(ordered, 1):
        open_group.append(point)
        ends = number == len(ordered) or ordered[number].measure != point.measure
        if ends and sum(each.count for each in open_group) >= fewest:
            groups.append(open_group)
            open_group = []
    if groups:
        groups[-1] += open_group
    return tuple(_group(group, ratios) for group in groups)


def _group(points: Sequence[Point], ratios: bool) -> Group:
    count = sum(point.count for point in points)
    place = [math.log(max(LEAST_RATIO, point.measure)) if ratios else point.measure for point in points]
    mean = sum(x * point.count for x, point in zip(place, points, strict=True)) / count
    measures = [point.measure for point in points]
    told = sum(point.told for point in points)
    return Group(min(measures), max(measures), math.exp(mean) if ratios else mean, told, count, len(points))


# -------------------------------------------------------------------- from bundles
def curve(paths: Sequence[Path], measure: str = USUAL) -> Curve:
    """Gather the points of all bundles. Raises CompareError: a file that is no bundle, a measure that none knows.

    A bundle in which something does not fit, and a test that was in another one already, are left out, and said.
    """
    points: list[Point] = []
    left_out: list[str] = []
    seen: dict[str, str] = {}
    measures: set[str] = set()
    for path in paths:
        with opened(path) as bundle:
            lines = lines_of(bundle, (), False, lambda done: None)
            wrong = next((line for line in lines if line.state == "fail"), None)
            if wrong is not None:
                left_out.append(f"{bundle.name}: left out, as {wrong.about} {wrong.text}")
                continue
            scores = list(_scores(bundle))
            measures |= {name for score in scores for name, value in score.figures.items() if is_number(value)}
            for result in bundle.manifest.results:
                if result.kind == "compare":
                    continue
                found: list[Point | str]
                if result.kind == "abx":
                    found = list(_blind_points(bundle, result, scores, measure, seen))
                else:
                    found = list(_listening_points(bundle, result, measure, seen, measures))
                points += [each for each in found if isinstance(each, Point)]
                left_out += [f"{bundle.name}, {result.name}: {each}" for each in found if isinstance(each, str)]
    if measures and measure not in measures:
        raise CompareError(f"No comparison in these bundles has a measure {measure}; there are {_listed(measures)}.")
    return Curve(measure, len(paths), tuple(sorted(points, key=lambda p: (p.by, p.measure, p.test))), tuple(left_out))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


@dataclass(frozen=True, slots=True)
class _Score:
    """A candidate in a comparison of a bundle, with the hashes it is known by."""

    number: int  # of the result
    hashes: frozenset[str]
    wet: str
    figures: Mapping[str, Any]


def _scores(bundle: Opened) -> Iterator[_Score]:
    for result in bundle.manifest.results:
        path = bundle.path_of(result.member) if result.kind == "compare" else None
        if path is None:
            continue
        data, _ = read_json(path)
        files = (data.get("provenance") or {}).get("files", [])
        wet = next((each["sha256"] for each in files if each["role"] == "wet"), "")
        for score in data["scores"]:
            named = [each["sha256"] for each in files if each["role"] == "candidate" and each["name"] == score["file"]]
            if named:
                yield _Score(result.number, frozenset(named), wet, score)


def _blind_points(
    bundle: Opened, result: Listed, scores: Sequence[_Score], measure: str, seen: dict[str, str]
) -> Iterator[Point | str]:
    path = bundle.path_of(result.member)
    if path is None:
        return
    data, _ = read_json(path)
    if data["commitment"] in seen:
        yield f"the same test is in {seen[data['commitment']]} already"
        return
    seen[data["commitment"]] = bundle.name
    setup = data["setup"]
    sides = [frozenset(_hashes(setup.get(side))) for side in ("a", "b")]
    fitting = [score for score in scores if _is_of(score, setup, sides)]
    if not fitting:
        yield "no comparison in its bundle judged one side of it against the other, so it has no measure"
    elif len(fitting) > 1:
        yield f"{len(fitting)} comparisons in its bundle fit it, and which one is not known"
    elif not is_number(fitting[0].figures.get(measure)):
        yield f"its comparison has no {measure}"
    else:
        score = fitting[0].figures
        yield Point(
            *("abx", bundle.name, result.name, score["file"]), float(score[measure]), data["right"], data["trials"]
        )


def _is_of(score: _Score, setup: Mapping[str, Any], sides: Sequence[frozenset[str]]) -> bool:
    """Whether a blind test was between this candidate and the gear it was compared with, as it was compared."""
    a, b = sides
    if setup.get("b") is None:
        is_pair, played = setup.get("gear") is not None and a == score.hashes, setup.get("a")
    elif b == {score.wet}:
        is_pair, played = a == score.hashes, setup.get("a")
    else:
        is_pair, played = a == {score.wet} and b == score.hashes, setup.get("b")
    quality = played.get("quality") if isinstance(played, dict) else None
    return is_pair and (quality or 1) == (score.figures.get("quality") or 1)  # none: a recording


def _hashes(side: Any) -> Iterator[str]:
    """Of the files of a side that differ between the two: its models and takes, not its cabinet."""
    if not isinstance(side, dict):
        return
    if isinstance(side.get("hash"), str):
        yield side["hash"]
        return
    for key, each in side.items():
        if key != "ir":
            yield from _hashes(each)


def _listening_points(
    bundle: Opened, result: Listed, measure: str, seen: dict[str, str], measures: set[str]
) -> Iterator[Point | str]:
    """One for each candidate: of the listeners who count, those who on average rated it below the hidden reference."""
    below = bundle.below(result)
    with assembled(read_files(below), {}) as test:
        found = report(test)
        identities = {read_json(path)[0]["listener"]: path for path in test.listeners()}
    originals = {Path(name).name: read_json(path)[0]["id"] for name, path in below.items() if LISTENERS in name}
    counting, known = [], 0
    for listener in found.counting:
        identity = originals[identities[listener].name]
        known += identity in seen
        if identity not in seen:
            seen[identity] = bundle.name
            counting.append(listener)
    if known:
        yield f"{known} of its listeners are in another bundle already"
    reference = found.of_kind("reference")[0]
    for number in found.of_kind("candidate") if counting else ():
        figures = (found.setup["conditions"][number].get("how") or {}).get("figures") or {}
        measures |= {name for name, value in figures.items() if is_number(value)}
        if not is_number(figures.get(measure)):
            yield f"{found.conditions[number].name} has no {measure}"
            continue
        told = sum(_sum(found.scores[each], number) < _sum(found.scores[each], reference) for each in counting)
        name = found.conditions[number].name
        yield Point("listen", bundle.name, result.name, name, float(figures[measure]), told, len(counting))


def _sum(scores: Sequence[Sequence[int]], condition: int) -> int:
    return sum(section[condition] for section in scores)
