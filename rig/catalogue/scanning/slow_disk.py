"""Says once, while files are read, that nothing comes of them any more: a disk may sleep, a network drive be away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from ..entry import Read

PATIENCE_S = 20.0  # a model takes tenths of a second


def watched(
    reader: Callable[[Sequence[Path]], Iterator[Read]], tell: Callable[[str], None]
) -> Callable[[Sequence[Path]], Iterator[Read]]:
    """The same reader, of which `tell` hears when nothing comes for long."""

    def read(paths: Sequence[Path]) -> Iterator[Read]:
        left = dict.fromkeys(paths)
        with _waiting(left, tell) as came:
            for result in reader(paths):
                del left[result.path]
                came.set()
                yield result
                came.set()  # what took long meanwhile is no fault of a disk

    return read


@contextmanager
def _waiting(left: dict[Path, None], tell: Callable[[str], None]) -> Iterator[Event]:
    came, is_over = Event(), Event()

    def watch() -> None:
        is_told = False
        while not is_over.is_set():
            if came.wait(PATIENCE_S):
                came.clear()
            elif not is_told and not is_over.is_set() and (paths := list(left)):
                is_told = True
                tell(
                    f"Nothing has come of {paths[0].parent} for {PATIENCE_S:g} s; the scan goes on when it answers, "
                    "or, if you stop it, where it was."
                )

    watcher = Thread(target=watch, name="rig waits for a disk", daemon=True)
    watcher.start()
    try:
        yield came
    finally:
        is_over.set()
        came.set()
        watcher.join()
