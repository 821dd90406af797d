"""Jobs on a Dask cluster, whose workers see the same files under the same whole paths.

A scheduler without a worker takes every job and says nothing. So nobody waits without knowing for what: that no worker
is there is told after a few seconds, and that one has come as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from ..errors import ConfigError, RigError

Job = TypeVar("Job")
Result = TypeVar("Result")

ANSWERS_S = 10.0  # a scheduler that is there answers sooner
LONELY_S = 3.0  # without any result before it is looked whether there is a worker at all
LOOK_S = 0.02


def on_cluster(
    address: str, work: Callable[[Job], Result], jobs: Sequence[Job], tell: Callable[[str], None]
) -> Iterator[Result]:
    """`work(job)` for every job, in the order in which they end.

    Raises ConfigError: Dask is not installed, no scheduler answers at `address`, it goes away, or its workers cannot
    run `work`. What `work` itself raises as a RigError is raised as it is.
    """
    try:
        from distributed import CancelledError, Client
    except ImportError as error:
        raise ConfigError("Comparing on a cluster needs Dask: pip install 'rig[dask]'.") from error
    try:
        client = Client(address, timeout=f"{ANSWERS_S:g}s")
    except (OSError, ValueError) as error:
        raise ConfigError(f"No Dask scheduler answers at {address}; start one, or compare without it.") from error
    with client:
        futures = [client.submit(work, job, pure=False) for job in jobs]
        try:
            for future in _as_they_end(client, address, futures, tell):
                yield future.result()
        except RigError:
            raise
        except (CancelledError, OSError) as error:
            raise ConfigError(f"The Dask scheduler at {address} went away; start it and compare again.") from error
        except Exception as error:  # whatever a worker raised: it lacks rig, or another package, or memory
            raise ConfigError(
                f"A worker of the Dask scheduler at {address} failed ({type(error).__name__}: {error}); it needs this "
                "version of rig, and what rig stands on."
            ) from error


def _as_they_end(client: Any, address: str, futures: Sequence[Any], tell: Callable[[str], None]) -> Iterator[Any]:
    """Futures that are done; says when nobody is there to do them, and when somebody has come."""
    waiting, is_lonely, looked_at = list(futures), False, time.monotonic()
    while waiting:
        done = [future for future in waiting if future.done()]
        waiting = [future for future in waiting if future not in done] if done else waiting
        yield from done
        now = time.monotonic()
        if done:
            looked_at = now
        elif now - looked_at > LONELY_S:
            looked_at, was_lonely = now, is_lonely
            is_lonely = not client.scheduler_info()["workers"]
            if is_lonely and not was_lonely:
                tell(f"No worker is at the Dask scheduler at {address} yet; the comparison goes on when one comes.")
            elif was_lonely and not is_lonely:
                tell(f"A worker has come to the Dask scheduler at {address}; the comparison goes on.")
        if not done:
            time.sleep(LOOK_S)
