"""What a test came to: all finished sittings, checked and screened, with figures per condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...errors import CompareError
from ..abx_file import typed_hash
from .listener_file import Listener, read_listener
from .prepared import Condition, Prepared
from .sealing import kept_promise, keys_directory
from .statistics.comparisons import friedman, hochberg, randomised, wilcoxon
from .statistics.screening import screened
from .statistics.spread import Spread, interval_of_mean
from .tally import Blocks, Heard, Pair, Report
from .wording import notes_on, sentences_on

Scores = NDArray[np.float64]


def report(
    test: Prepared, *, promised: Mapping[str, str] | None = None, closing: Mapping[str, str] | None = None
) -> Report:
    """Read all sittings of a test, check them, leave out whom the recommendation leaves out, and compute.

    `promised`, `closing`: hashes of listeners as somebody else has them. Raises CompareError for a test that is none.
    """
    problems, finished, unfinished = list(test.problems()), [], []
    promised, closing = dict(promised or {}), dict(closing or {})
    compared: list[str] = []
    for path in test.listeners():
        try:
            one = read_listener(path, test)
        except CompareError as error:
            problems.append(str(error))
            continue
        wrong = [*one.problems, *_against(one, promised, closing, compared)]
        problems += [f"{path.name}: {each}." for each in wrong]
        if wrong:
            continue
        if one.order is None:
            unfinished.append(one.name)
        else:
            finished.append(one)
    problems += [
        f"{name} has no file in {test.name}." for name in {*promised, *closing} - {p.stem for p in test.listeners()}
    ]
    conditions = test.conditions
    scores = {one.name: _scores(one) for one in finished}
    numbers = {each.kind: number for number, each in enumerate(conditions)}
    screening = screened(
        {name: [row[numbers["reference"]] for row in rows] for name, rows in scores.items()},
        {name: [row[numbers["mid anchor"]] for row in rows] for name, rows in scores.items()},
    )
    cube = np.array([scores[name] for name in screening.counting], np.float64)  # (listeners, sections, conditions)
    blocks: Blocks = "listeners" if len(cube) != 1 else "sections"
    heard: tuple[Heard, ...] = ()
    chi, pairs = None, ()  # type: tuple[float, float] | None, tuple[Pair, ...]
    if len(cube):
        table = cube.mean(axis=1) if blocks == "listeners" else cube[0]
        heard = tuple(_heard(each, cube[:, :, i], table[:, i]) for i, each in enumerate(conditions))
        compared_ones = [i for i, each in enumerate(conditions) if each.kind in ("reference", "candidate")]
        chi = friedman(table[:, compared_ones])
        pairs = _pairs(table, compared_ones)
    found = Report(
        test=test.name,
        hash=test.hash,
        setup=test.setup,
        conditions=conditions,
        scores=scores,
        unfinished=tuple(unfinished),
        without_training=tuple(one.name for one in finished if one.course.left_out),
        comments=tuple(
            (one.name, one.order.screens[screen], text)
            for one in finished
            if one.order is not None
            for screen, text in sorted(one.course.comments.items())
            if text
        ),
        promises={one.name: one.data["promise"] for one in finished},
        closings={one.name: one.closing_hash for one in finished},
        problems=tuple(problems),
        compared=tuple(compared),
        screening=screening,
        blocks=blocks,
        heard=heard,
        friedman=chi,
        pairs=pairs,
    )
    return replace(found, sentences=tuple(sentences_on(found)), notes=tuple(notes_on(found)))


def _against(one: Listener, promised: dict[str, str], closing: dict[str, str], compared: list[str]) -> list[str]:
    """What of a file is not what was promised, as clauses; who was held against a promise goes into `compared`."""
    found, given = [], promised.get(one.name)
    if given is not None:
        compared.append(one.name)
        if not one.data["promise"].startswith(typed_hash(given, "The promise")):
            found.append("its promise is not the one you gave: it is another sitting, or was written anew")
    else:
        kept = kept_promise(keys_directory(), one.data["id"])
        if kept is not None:
            compared.append(one.name)
        if kept not in (None, one.data["promise"]):
            found.append("this machine promised another hash for it: it was written anew")
    last = closing.get(one.name)
    if last is not None and not one.closing_hash.startswith(typed_hash(last, "The closing hash")):
        found.append("its closing hash is not the one you gave: what was done in it is not that of then")
    return found


def _scores(one: Listener) -> list[list[int]]:
    """By section, by condition."""
    assert one.order is not None
    count = len(one.order.screens)
    found = [[0] * one.course.positions for _ in range(count)]
    for screen, section in enumerate(one.order.screens):
        for position, condition in enumerate(one.order.positions[screen]):
            found[section][condition] = one.course.scores[screen][position]
    return found


def _heard(condition: Condition, scores: Scores, of_blocks: Scores) -> Heard:
    return Heard(
        condition,
        Spread.of(scores.ravel().tolist()),
        interval_of_mean(sorted(of_blocks.tolist())),
        tuple(Spread.of(column.tolist()) for column in scores.T),
    )


def _pairs(table: Scores, of: list[int]) -> tuple[Pair, ...]:
    """All pairs of these conditions; `table` has shape (blocks, conditions)."""
    found = []
    for place, first in enumerate(of):
        for second in of[place + 1 :]:
            differences = table[:, first] - table[:, second]
            tested = wilcoxon(differences.tolist())
            interval = interval_of_mean(sorted(differences.tolist()))
            p = None if tested is None else tested[1]
            drawn = randomised(table[:, first].tolist(), table[:, second].tolist())
            found.append((first, second, float(differences.mean()), interval, p, drawn))
    counts = hochberg([1.0 if each[4] is None else each[4] for each in found])
    return tuple(Pair(*each, counts=each_counts) for each, each_counts in zip(found, counts, strict=True))
