"""Bringing an index up to date with folders: what is new or changed is read, what is gone is forgotten.

Size, time of change and inode decide whether a file is read again; its content hash recognises what was moved, renamed
or copied, which costs its hash and no more. A scan may be killed at any moment, and goes on where it was. Two at once
share the work: each file is claimed before it is read.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...errors import ConfigError, FileError
from ...files.folders import AUDIO_ENDINGS, Stamp, files_in, stamp_of
from ...nam.batch import cores
from ...scripting.printable import printable
from ..cabinets.response_file import is_audio
from ..entry import Read
from ..index import Index, Listed, kept_stamp
from .readers import Reader, cluster_workers, processes
from .scan_lock import is_void, scanning
from .slow_disk import watched

ENDINGS = (".nam", *AUDIO_ENDINGS)
BATCH_FILES = 64  # claimed at once by one machine: seconds of work
CLUSTER_BATCH_FILES = 512
LOOK_S = 0.3  # while another scan reads what is left
NEVER: Stamp = (0, 0, 0)  # of a file that is read again next time


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan did: counts of files."""

    found: int = 0
    read: int = 0  # hashed, and played where the content was new
    played: int = 0  # models that were, and cabinets that were measured
    unchanged: int = 0
    gone: int = 0
    elsewhere: int = 0  # read by another scan at the same time
    problems: tuple[str, ...] = ()  # sentences: models of no use, folders that could not be read
    no_cabinets: tuple[str, ...] = ()  # audio files that hold no cabinet, a sentence each: recordings, broken ones
    seconds: float = 0.0


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
    stamps, problems = _files(folders)
    known = index.files()
    gone = _gone(known, folders, stamps, problems)
    if gone:
        index.forget(gone)
    to_read = [path for path, stamp in stamps.items() if verify or path not in known or known[path].stamp != stamp]
    total, read, played, elsewhere = len(stamps), 0, 0, 0
    done = total - len(to_read)
    if progress is not None:
        progress(done, total)
    with ExitStack() as stack:
        batches = _batches(stack, index, to_read, None if verify else stamps, workers, cluster, say) if to_read else ()
        for results, others in batches:
            elsewhere += others
            done += others
            for result in results:
                _keep(index, result, stamps[str(result.path)], problems)
                read, done, played = read + 1, done + 1, played + (result.facts is not None)
                if progress is not None:
                    progress(done, total)
            if progress is not None:
                progress(done, total)
    rows = index.files() if to_read else known
    of_no_use = [row for path, row in rows.items() if row.problem and path in stamps]
    problems += [row.problem for row in of_no_use if row.problem and not is_audio(Path(row.path))]
    return Scanned(
        found=total,
        read=read,
        played=played,
        unchanged=total - len(to_read),
        gone=len(gone),
        elsewhere=elsewhere,
        problems=tuple(problems),
        no_cabinets=tuple(row.problem for row in of_no_use if row.problem and is_audio(Path(row.path))),
        seconds=time.monotonic() - begun,
    )


def _files(folders: Sequence[Path]) -> tuple[dict[str, Stamp], list[str]]:
    """All files of models and cabinets, by whole path, with their stamps, and what could not be read.

    Raises FileError where that is all of it.
    """
    problems: list[str] = []
    files: dict[str, Stamp] = {}
    refused: list[FileError] = []
    for folder in folders:
        if not os.path.exists(folder) or os.path.isfile(folder):
            refused.append(FileError(f"{folder} is no folder; name the folders that hold your models."))
            continue
        try:
            found = files_in(folder.absolute(), ENDINGS, below=True)
        except FileError as error:
            refused.append(error)
            continue
        problems += found.problems
        for path in found.files:
            stamp = stamp_of(path)
            if stamp is None:
                problems.append(f"{path}: it cannot be looked at; a link that leads nowhere, or just gone.")
            else:
                files[str(path)] = kept_stamp(stamp)
    if refused and len(refused) == len(folders):
        raise refused[0]
    return files, problems + [str(error) for error in refused]


def _gone(
    known: dict[str, Listed], folders: Sequence[Path], stamps: dict[str, Stamp], problems: Sequence[str]
) -> list[str]:
    """Files of the index that lay below these folders, and are no more; what could not be looked at stays."""
    roots = tuple(f"{folder.absolute()}{os.sep}" for folder in folders if os.path.isdir(folder))
    unread = tuple(problem.split(": ", 1)[0] for problem in problems)
    return [
        path
        for path in known
        if path.startswith(roots) and path not in stamps and not (unread and path.startswith(unread))
    ]


def _batches(
    stack: ExitStack,
    index: Index,
    to_read: Sequence[str],
    fresh: dict[str, Stamp] | None,
    workers: int | None,
    cluster: str | None,
    tell: Callable[[str], None],
) -> Iterator[tuple[Iterator[Read], int]]:
    """What comes of batch after batch of files, and how many others have read meanwhile."""
    try:
        lock = stack.enter_context(scanning(index.path.parent))
    except OSError as error:
        raise ConfigError(
            f"{index.path.parent}: no scan can be noted there ({error.strerror}); name a file in another folder with "
            "--index, or have this one made writable."
        ) from error
    stack.callback(_give_up, index, lock.name)
    count = min(len(to_read), workers if workers is not None else cores())
    reader: Reader
    if cluster is None:
        holds_models = any(not is_audio(Path(path)) for path in to_read)
        reader = watched(stack.enter_context(processes(index, count, holds_models)), tell)
    else:
        reader = stack.enter_context(cluster_workers(index, cluster, tell))
    for mine, others in _claimed(
        index, lock.name, to_read, fresh, BATCH_FILES if cluster is None else CLUSTER_BATCH_FILES
    ):
        lock.touch()
        yield reader([Path(path) for path in mine]), others


def _give_up(index: Index, scan_name: str) -> None:
    """All claims of this scan; where the index takes nothing more, they are void by themselves."""
    with suppress(ConfigError):
        index.give_up(scan_name)


def _claimed(
    index: Index, scan_name: str, to_read: Sequence[str], fresh: dict[str, Stamp] | None, size: int
) -> Iterator[tuple[list[str], int]]:
    """Batches of files that this scan reads, and how many another one has done meanwhile; until all are done."""
    folder = index.path.parent
    left, claimed_by_others = list(to_read), list[str]()
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
            for path in late:
                index.release(path)
            mine = [path for path in mine if path not in late]
            finished |= late
        yield mine, len(finished)


def _keep(index: Index, result: Read, listed: Stamp, problems: list[str]) -> None:
    """Put what came of a file into the index, unless it has changed meanwhile: then the next scan reads it again."""
    path, name = str(result.path), printable(result.path.name)
    now = stamp_of(result.path)
    if now is None:
        problems.append(f"{name} went away while it was read.")
        index.release(path)
        return
    stamp = listed if result.stamp is None else kept_stamp(result.stamp)
    problem = None if result.problem is None else printable(result.problem)
    if kept_stamp(now) == stamp:
        index.put(Listed(path, stamp, result.sha256, problem), result.facts, result.vector)
    else:
        index.put(Listed(path, NEVER, None, f"{name} changed while it was read; scan again."))


def _tell_nobody(sentence: str) -> None:
    """Where nobody wants to know."""
