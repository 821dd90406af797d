"""`rig train --cluster`: several trainings on the workers of a Dask cluster, shown together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ...errors import RigError
from ...training.cluster import Ended, train_on_cluster
from ...training.offer import Offers
from ...training.run import Training
from .shown import Shown, screen
from .together import Together

Result = dict[str, Any]


def trained_on_cluster(
    address: str,
    captures: Sequence[Path],
    made: Callable[[Path], Training],
    offers: Callable[[Training], Offers],
    result: Callable[[Training, Ended, Callable[[str], None]], Result],
    *,
    json: bool,
    threads: int | None,
    python: Path | None,
    restart: bool,
) -> list[tuple[Path, Result | RigError]]:
    """What came of each capture. One that cannot be trained does not keep the others from it.

    `made`: the training of a capture; `offers`: what the rigs that play hear of it; `result`: of a training that ended
    with a record, which it tells. Raises ConfigError as `train_on_cluster` does.
    """
    together = Together(screen(json))
    results: dict[Path, Result | RigError] = {}
    trainings: list[tuple[Path, Training, Shown]] = []

    def refused(capture: Path, error: RigError) -> None:
        results[capture] = error
        if len(captures) > 1:  # the error of the only one is that of the command
            together.say(str(error))

    def over(number: int, ended: Ended) -> None:
        capture, training, shown = trainings[number]
        shown.end()
        try:
            results[capture] = result(training, ended, (lambda text: None) if json else together.say)
        except RigError as error:
            refused(capture, error)

    for number, capture in enumerate(dict.fromkeys(captures)):
        try:
            training = made(capture)
        except RigError as error:
            refused(capture, error)
            continue
        place = together.place(number, training.capture.name)
        heard = offers(training)
        trainings.append((capture, training, Shown(json, heard.better, heard.to_newcomers, place)))
    try:
        pairs = [(training, shown) for _, training, shown in trainings]
        train_on_cluster(address, pairs, together.say, over, threads=threads, python=python, restart=restart)
    finally:
        together.end()
    return [(capture, results[capture]) for capture in dict.fromkeys(captures)]
