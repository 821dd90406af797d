"""Jobs on a Dask cluster, whose workers see the same files under the same whole paths.

A scheduler without a worker takes every job and says nothing. So nobody waits without knowing for what: that no worker
is there is told after a few seconds, and that one has come as well. No more jobs are out at once than keep the workers
busy, as a job may hold a file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from ..errors import ConfigError, RigError
from ..files.distribution import install_line

Job = TypeVar("Job")
Result = TypeVar("Result")

ANSWERS_S = 10.0  # a scheduler that is there answers sooner
LONELY_S = 3.0  # without any result before it is looked whether there is a worker at all
LOOK_S = 0.02
FEWEST_OUT, OUT_PER_THREAD = 16, 4  # jobs
COMPARISON = "comparison"


def on_cluster(
    address: str, work: Callable[[Job], Result], jobs: Sequence[Job], tell: Callable[[str], None]
) -> Iterator[Result]:
    """`work(job)` for every job, in the order in which they end. Raises as `cluster_at` and `Cluster.share` do."""
    with cluster_at(address, tell) as cluster:
        yield from cluster.share(work, jobs)


@contextmanager
def cluster_at(address: str, tell: Callable[[str], None], what: str = COMPARISON) -> Iterator[Cluster]:
    """The cluster at the address of a Dask scheduler; `what` is to be made there, for sentences.

    Raises ConfigError: Dask is not installed, or no scheduler answers.
    """
    try:
        from distributed import Client
    except ImportError as error:
        raise ConfigError(f"A {what} on a cluster needs Dask: {install_line('dask')}.") from error
    try:
        client = Client(address, timeout=f"{ANSWERS_S:g}s")
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {address}; start one, or go on without a cluster.") from error
    with client:
        yield Cluster(client, address, tell, what)


class Cluster:
    """The workers of a Dask scheduler."""

    def __init__(self, client: Any, address: str, tell: Callable[[str], None], what: str = COMPARISON) -> None:
        self._client, self._address, self._tell, self._what = client, address, tell, what

    def share(
        self, work: Callable[[Job], Result], jobs: Iterable[Job], lost: Callable[[Job], Result] | None = None
    ) -> Iterator[Result]:
        """`work(job)` for every job, in the order in which they end.

        `lost` gives the result of a job under which one worker after the other died. Raises ConfigError: the scheduler
        goes away, or its workers cannot run `work`. What `work` itself raises as a RigError is raised as it is.
        """
        from distributed import CancelledError, KilledWorker

        address = self._address
        try:
            for future, job in self._as_they_end(work, iter(jobs)):
                try:
                    result = future.result()
                except KilledWorker:
                    if lost is None:
                        raise
                    result = lost(job)
                yield result
        except RigError:
            raise
        except (CancelledError, OSError) as error:
            raise ConfigError(f"The Dask scheduler at {address} went away; start it and try again.") from error
        except Exception as error:  # whatever a worker raised: it lacks rig, or another package, or memory
            raise ConfigError(
                f"A worker of the Dask scheduler at {address} failed ({type(error).__name__}: {error}); it needs this "
                "version of rig, and what rig stands on."
            ) from error

    @property
    def threads(self) -> int:
        """Of all workers that are there now; 1 where there is none yet."""
        return max(1, sum(self._client.nthreads().values()))

    def _most_out(self) -> int:
        return max(FEWEST_OUT, OUT_PER_THREAD * self.threads)

    def _as_they_end(self, work: Callable[[Job], Any], jobs: Iterator[Job]) -> Iterator[tuple[Any, Job]]:
        """Futures that are done, each with its job; tells when nobody is there to do them, and when somebody comes."""
        out: dict[Any, Job] = {}
        is_lonely, looked_at, most_out = False, time.monotonic(), self._most_out()
        while True:
            for job in islice(jobs, most_out - len(out)):
                out[self._client.submit(work, job, pure=False)] = job
            if not out:
                return
            done = [future for future in out if future.done()]
            for future in done:
                yield future, out.pop(future)
            now = time.monotonic()
            if done:
                looked_at = now
            elif now - looked_at > LONELY_S:
                looked_at, was_lonely = now, is_lonely
                is_lonely = not self._client.scheduler_info()["workers"]
                most_out = self._most_out()
                if is_lonely and not was_lonely:
                    self._tell(
                        f"No worker is at the Dask scheduler at {self._address} yet; the {self._what} goes on when one "
                        "comes."
                    )
                elif was_lonely and not is_lonely:
                    self._tell(f"A worker has come to the Dask scheduler at {self._address}; the {self._what} goes on.")
            if not done:
                time.sleep(LOOK_S)
