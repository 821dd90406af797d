"""Who reads the files of a scan: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

from ...compare.cluster import Cluster, cluster_at
from ...compare.models import prepare
from ...compare.workers import WorkerPool
from ...errors import RigError
from ..beside_playing.priority import step_back_in_a_worker
from ..entry import Read, read_entry
from ..index import Index
from .sent_file import Job, content_to_send, hash_seen, read_all_sent

HASHED_AT_ONCE = 16  # files, by one worker of a cluster: a millisecond each
READ_AT_ONCE = 8  # files at most: to send a worker a job costs the scheduler ten milliseconds
GROUPS_LEFT_PER_THREAD = 4  # of a worker: the fewer files are left, the smaller the groups, so that all end together
SCAN = "scan"

Reader = Callable[[Sequence[Path]], Iterator[Read]]
_index: Index | None = None  # in which this process looks up what is known


def know(path: Path) -> None:
    """Tell this process in which index it finds what was played before."""
    global _index
    if _index is None or _index.path != path:
        _index = Index(path)


def forget() -> None:
    """Let go of that index."""
    global _index
    if _index is not None:
        _index.close()
    _index = None


def read_here(path: Path) -> Read:
    """A file, by a process that was told where to look up what is known."""
    assert _index is not None
    return read_entry(path, _index.answers)


def _prepare_for_models() -> None:
    """What a worker does first: it steps back behind everything else, whoever plays above all."""
    step_back_in_a_worker()
    prepare()


@contextmanager
def processes(index: Index, count: int, holds_models: bool) -> Iterator[Reader]:
    """Files are read by so many processes, this one among them; for cabinets alone nobody waits for kernels."""
    with WorkerPool(count - 1, _prepare_for_models if holds_models else step_back_in_a_worker) as pool:
        know(index.path)
        try:
            yield lambda paths: pool.share(paths, read_here, know, index.path)
        finally:
            forget()


@contextmanager
def cluster_workers(index: Index, address: str, tell: Callable[[str], None]) -> Iterator[Reader]:
    """Files are read by the workers of a cluster: hashed where they are seen, and played where they are not known."""
    with cluster_at(address, tell, SCAN) as cluster:
        yield lambda paths: _by_cluster(index, cluster, paths)


def _unseen(paths: Sequence[Path]) -> list[tuple[Path, str | None]]:
    """What is known of files under whose hashing one worker after the other died."""
    return [(path, None) for path in paths]


def _by_cluster(index: Index, cluster: Cluster, paths: Sequence[Path]) -> Iterator[Read]:
    in_turn = [tuple(paths[i : i + HASHED_AT_ONCE]) for i in range(0, len(paths), HASHED_AT_ONCE)]
    hashed = [found for group in cluster.share(hash_seen, in_turn, _unseen) for found in group]
    first: dict[str, Path] = {}  # of each content that is played in this batch
    copies: list[Read] = []

    def jobs() -> Iterator[Job]:
        for path, seen in hashed:
            sha256, content = seen, None
            if sha256 is None:  # the workers do not see it: the bytes go to them
                try:
                    content = content_to_send(path)
                except RigError as error:
                    copies.append(Read(path, problem=str(error)))
                    continue
                sha256 = hashlib.sha256(content).hexdigest()
            if index.answers(sha256) or sha256 in first:
                copies.append(Read(path, sha256))
            else:
                first[sha256] = path
                yield path, content

    suspects: list[Job] = []  # under which, or beside which, one worker after the other died

    def suspected(group: Sequence[Job]) -> list[Read]:
        suspects.extend(group)
        return []

    def lost(group: Sequence[Job]) -> list[Read]:
        path = group[0][0]
        return [Read(path, problem=f"{path.name}: the workers that read it went away, one after the other.")]

    def results() -> Iterator[Read]:
        groups = _groups(jobs(), len(hashed), cluster.threads)
        yield from chain.from_iterable(cluster.share(read_all_sent, groups, suspected))
        for job in suspects:  # with no other one beside it
            yield from chain.from_iterable(cluster.share(read_all_sent, [[job]], lost))

    useless: dict[str, str] = {}
    for result in results():
        if result.sha256 is not None and result.vector is None and result.problem is not None:
            useless[result.sha256] = result.problem
        yield result
    for copy in copies:
        yield copy if copy.sha256 not in useless else Read(copy.path, copy.sha256, problem=useless[copy.sha256])


def _groups(jobs: Iterator[Job], most: int, threads: int) -> Iterator[list[Job]]:
    """Jobs that go to a worker together, `most` of them or fewer in all; bytes that are sent go alone."""
    group: list[Job] = []
    for job in jobs:
        group.append(job)
        if job[1] is not None or len(group) >= min(READ_AT_ONCE, most // (GROUPS_LEFT_PER_THREAD * threads)):
            yield group
            most, group = most - len(group), []
    if group:
        yield group
