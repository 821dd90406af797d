"""Bringing an index up to date with folders: what is new or changed is read, what is gone is forgotten.

Size, time of change and inode decide whether a file is read again; its content hash recognises what was moved, renamed
or copied, which costs its hash and no more. A scan may be killed at any moment, and goes on where it was. Two at once
share the work: each file is claimed before it is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ..compare.cluster import on_cluster
from ..compare.models import prepare
from ..compare.workers import WorkerPool
from ..errors import ConfigError, FileError
from ..files.folders import Stamp, files_in, stamp_of
from ..nam.batch import cores
from .beside_playing.priority import step_back_in_a_worker
from .entry import Read, read_entry
from .index import Index, Listed
from .scan_lock import is_void, scanning
from .sent_file import read_sent

ENDINGS = (".nam",)
BATCH_FILES = 64  # claimed at once by one machine: seconds of work
CLUSTER_BATCH_FILES = 512
LOOK_S = 0.3  # while another scan reads what is left
NEVER: Stamp = (0, 0, 0)  # of a file that is read again next time

_contents: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did: counts of files."""

    found: int = 0
    read: int = 0  # hashed, and played where the content was new
    played: int = 0
    unchanged: int = 0
    gone: int = 0
    elsewhere: int = 0  # read by another scan at the same time
    problems: tuple[str, ...] = ()  # sentences: files of no use, folders that could not be read
    seconds: float = 0.0


def know(contents: frozenset[str]) -> None:
    """Tell this process which contents were played before."""
    global _contents
    _contents = contents


def read_here(path: Path) -> Read:
    """A file, by a process that was told what is known."""
    return read_entry(path, _contents)


def scan(
    index: Index,
    folders: Sequence[Path],
    *,
    workers: int | None = None,
    cluster: str | None = None,
    verify: bool = False,
    progress: Callable[[int, int], None] | None = None,
    tell: Callable[[str], None] | None = None,
) -> Scanned:
    """Bring the index up to date with folders and all below them.

    `workers`: processes (None: one per core); `cluster`: a Dask scheduler in their place. `verify`: hash every file,
    also those that look unchanged. `progress` hears how many files are done, of how many. Raises FileError for a
    folder that cannot be read, ConfigError for an index or a cluster that cannot be used.
    """
    begun = time.monotonic()
    say = tell if tell is not None else _tell_nobody
    files, problems = _files(folders)
    stamps = {str(path): stamp for path, stamp in files}
    known = index.files()
    gone = _gone(known, folders, stamps, problems)
    if gone:
        index.forget(gone)
    to_read = [path for path, stamp in files if verify or (row := known.get(str(path))) is None or row.stamp != stamp]
    done = len(files) - len(to_read)
    total, read, played, elsewhere = len(files), 0, 0, 0
    if progress is not None:
        progress(done, total)
    with ExitStack() as stack:
        try:
            lock = stack.enter_context(scanning(index.path.parent))
        except OSError as error:
            raise ConfigError(f"{index.path.parent}: no scan can be noted there ({error.strerror}).") from error
        stack.callback(index.give_up, lock.name)
        reading = _reading(stack, min(len(to_read), workers if workers is not None else cores()), cluster, say)
        fresh = None if verify else stamps
        for mine, others in _claimed(index, lock.name, to_read, fresh, CLUSTER_BATCH_FILES if cluster else BATCH_FILES):
            lock.touch()
            elsewhere += others
            done += others
            for result in reading(mine, frozenset(index.contents()) if mine else frozenset()):
                _keep(index, result, stamps[str(result.path)], problems)
                read, done, played = read + 1, done + 1, played + (result.facts is not None)
                if progress is not None:
                    progress(done, total)
            if progress is not None:
                progress(done, total)
    problems += [row.problem for path, row in index.files().items() if row.problem and path in stamps]
    return Scanned(
        found=total,
        read=read,
        played=played,
        unchanged=total - len(to_read),
        gone=len(gone),
        elsewhere=elsewhere,
        problems=tuple(problems),
        seconds=time.monotonic() - begun,
    )


def _files(folders: Sequence[Path]) -> tuple[list[tuple[Path, Stamp]], list[str]]:
    """All model files with their stamps, each once, and what could not be read."""
    problems: list[str] = []
    files: dict[Path, Stamp] = {}
    for folder in folders:
        if not folder.is_dir():
            raise FileError(f"{folder} is no folder; name the folders that hold your models.")
        found = files_in(folder.absolute(), ENDINGS, below=True)
        problems += found.problems
        for path in found.files:
            stamp = stamp_of(path)
            if stamp is None:
                problems.append(f"{path}: it cannot be looked at; a link that leads nowhere, or just gone.")
            else:
                files[path] = stamp
    return list(files.items()), problems


def _gone(
    known: dict[str, Listed], folders: Sequence[Path], stamps: dict[str, Stamp], problems: Sequence[str]
) -> list[str]:
    """Files of the index that lay below these folders, and are no more; what could not be looked at stays."""
    roots = tuple(f"{folder.absolute()}{os.sep}" for folder in folders)
    unread = tuple(problem.split(": ", 1)[0] for problem in problems)
    return [
        path
        for path in known
        if path.startswith(roots) and path not in stamps and not (unread and path.startswith(unread))
    ]


def _claimed(
    index: Index, scan_name: str, to_read: Sequence[Path], fresh: dict[str, Stamp] | None, size: int
) -> Iterator[tuple[list[Path], int]]:
    """Batches of files that this scan reads, and how many another one has done meanwhile; until all are done."""
    folder = index.path.parent
    left, claimed_by_others = list(to_read), list[Path]()
    while left or claimed_by_others:
        if not left:  # what others claimed: done by now, or left by a scan that was killed
            time.sleep(LOOK_S)
            left, claimed_by_others = claimed_by_others, []
            size = len(left)
        batch, left = left[:size], left[size:]
        finished = index.finished(batch, fresh) if fresh is not None else set()
        open_ones = [path for path in batch if path not in finished]
        mine = index.claim(open_ones, scan_name, partial(is_void, folder))
        claimed_by_others += [path for path in open_ones if path not in set(mine)]
        if fresh is not None and mine:  # it may have been finished between the two looks
            late = index.finished(mine, fresh)
            mine = [path for path in mine if path not in late]
            finished |= late
        yield mine, len(finished)


def _reading(
    stack: ExitStack, count: int, cluster: str | None, tell: Callable[[str], None]
) -> Callable[[list[Path], frozenset[str]], Iterator[Read]]:
    """What reads a batch, by processes or a cluster; the results as they come."""
    if cluster is not None:
        address = cluster
        return lambda paths, known: _on_cluster(address, paths, known, tell)
    pool = stack.enter_context(WorkerPool(count - 1, _prepare_humbly))

    def share(paths: list[Path], known: frozenset[str]) -> Iterator[Read]:
        know(known)
        return pool.share(paths, read_here, know, known)

    return share


def _prepare_humbly() -> None:
    """What a worker does first: it steps back behind everything else, whoever plays above all."""
    step_back_in_a_worker()
    prepare()


def _on_cluster(address: str, paths: list[Path], known: frozenset[str], tell: Callable[[str], None]) -> Iterator[Read]:
    """Files that the workers see are read there; others are sent to them."""
    unseen: list[Path] = []
    for result in on_cluster(address, read_sent, [(path, None) for path in paths], tell):
        if result.sha256 is None and os.access(result.path, os.R_OK):
            unseen.append(result.path)
        else:
            yield result
    jobs = [(path, path.read_bytes()) for path in unseen]
    if jobs:
        yield from on_cluster(address, read_sent, jobs, tell)


def _keep(index: Index, result: Read, stamp: Stamp, problems: list[str]) -> None:
    """Put what came of a file into the index, unless it has changed meanwhile: then the next scan reads it again."""
    now = stamp_of(result.path)
    if now is None:
        problems.append(f"{result.path.name} went away while it was read.")
        index.release(result.path)
        return
    if now != stamp or (result.sha256 is None and result.problem is None):
        result = replace(
            result, sha256=None, facts=None, problem=f"{result.path.name} changed while it was read; scan again."
        )
        stamp = NEVER
    index.put(Listed(result.path, stamp, result.sha256, result.problem), result.facts, result.vector)


def _tell_nobody(sentence: str) -> None:
    """Where nobody wants to know."""
