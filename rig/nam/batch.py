"""Many models, one signal or many: bare networks played on all cores at once, faster than real time.

One network plays on one core, in the blocks that it cuts itself, however much it is given at once: larger ones hardly
pay (docs/developer/benchmarks.md). So what pays is several models side by side. Threads do, as compiled code holds no
lock of Python's; what does, the reading of the next file, happens meanwhile.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..dsp.network.playable import Playable
from ..errors import ArgumentError, ModelError, RigError
from ..scripting.arguments import check_type, type_name, whole_number
from .model import Model

CALL = "rig.render_batch"
PIECE_SAMPLES = 1 << 16  # long enough that calls cost nothing, short enough that Ctrl-C is heard
AHEAD = 2  # models per thread that are taken before the first of them is done

Answers = NDArray[np.float32]


@overload
def render_batch(models: Iterable[Model], signals: ArrayLike, *, threads: int | None = None) -> Iterator[Answers]: ...


@overload
def render_batch(
    models: Iterable[Model], signals: ArrayLike, *, threads: int | None = None, return_errors: Literal[True]
) -> Iterator[Answers | ModelError]: ...


def render_batch(
    models: Iterable[Model], signals: ArrayLike, *, threads: int | None = None, return_errors: bool = False
) -> Iterator[Answers | ModelError]:
    """Play the same signals through many models, on all cores; for each model, in order, what it makes of them.

    `signals` has shape (n,), or (count, n) for several excerpts, each of which begins in the state after long silence.
    Each result has the same shape, float32, and is what `Model.render` gives, bit for bit: the bare network at its own
    rate, without gains. `models` is read as it is needed, and a result is made when few before it wait to be taken: a
    generator that loads files keeps no more than a handful in memory. `threads`: None is one per core.

    A model that cannot play raises ModelError when its turn comes; with `return_errors` the error stands in the place
    of its result, and the others go on. Raises ArgumentError for what is of the wrong type, RigError for signals of
    another shape, before anything is played.
    """
    if isinstance(models, Model) or not isinstance(models, Iterable):
        raise ArgumentError(f"{CALL}(models=...) takes several models, not {type_name(models)}; write [...] around it.")
    check_type(CALL, "return_errors", return_errors, bool, "True or False", "True gives errors in place of results")
    count = cores() if threads is None else whole_number(CALL, "threads", threads, 1)
    return _render(models, _excerpts(signals), count, return_errors)


def play_in_pieces(network: Playable, x: NDArray[np.floating[Any]], stop: Event | None = None) -> Answers:
    """The answer to the signal x, (n,), from the state it is in; pieces of it are played, until `stop` is set."""
    signal = np.ascontiguousarray(x, np.float32)
    y = np.zeros_like(signal)
    for i in range(0, len(signal), PIECE_SAMPLES):
        if stop is not None and stop.is_set():
            break
        y[i : i + PIECE_SAMPLES] = network.process(signal[i : i + PIECE_SAMPLES])
    return y


def _render(
    models: Iterable[Model], excerpts: NDArray[np.float32], threads: int, return_errors: bool
) -> Iterator[Answers | ModelError]:
    waiting: deque[Future[Answers]] = deque()
    stop = Event()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="rig plays models")
    try:
        for model in models:
            check_type(CALL, "models", model, Model, "models", "load each with rig.Model.load(...)")
            waiting.append(pool.submit(_play, model, excerpts, stop))
            if len(waiting) >= AHEAD * threads:
                yield _taken(waiting.popleft(), return_errors)
        while waiting:
            yield _taken(waiting.popleft(), return_errors)
    finally:  # also where nobody takes the rest
        stop.set()
        pool.shutdown(cancel_futures=True)


def _play(model: Model, excerpts: NDArray[np.float32], stop: Event) -> Answers:
    network = model.network()
    if excerpts.ndim == 1:
        return play_in_pieces(network, excerpts, stop)
    answers = np.empty_like(excerpts)
    for x, y in zip(excerpts, answers, strict=True):
        network.reset()
        y[:] = play_in_pieces(network, x, stop)
    return answers


def _taken(future: Future[Answers], return_errors: bool) -> Answers | ModelError:
    try:
        return future.result()
    except ModelError as error:
        if return_errors:
            return error
        raise


def _excerpts(signals: ArrayLike) -> NDArray[np.float32]:
    """As float32, (n,) or (count, n), a copy: whoever gave them may write into them while they are played."""
    try:
        x = np.asarray(signals)
    except ValueError:  # lists of different lengths
        raise RigError(f"{CALL}(signals=...) takes excerpts of one length; these have several.") from None
    if x.dtype.kind != "f":
        found = f"an array of {x.dtype}" if isinstance(signals, np.ndarray) else type_name(signals)
        raise ArgumentError(f"{CALL}(signals=...) takes an array of floats with full scale at 1, not {found}.")
    if x.ndim not in (1, 2):
        raise RigError(f"{CALL}(signals=...) takes an array of shape (n,) or (count, n), not {x.shape}.")
    return np.array(x, np.float32, order="C")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
