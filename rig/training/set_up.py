"""The official trainer's environment made: fetched, installed, tried, and marked complete as the last step.

Whatever ends it before, a killed process included, nothing uses what is there: it has no mark. The next set-up keeps
what was fetched, and removes the rest.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import TrainingError
from ..files.lock import locked
from .environment import Trainer, find_trainer
from .installing.disk_space import check_space
from .installing.graphics import nvidia_gpu
from .installing.installed_versions import versions_of
from .installing.locked_versions import (
    VARIANTS,
    Requirement,
    disk_bytes,
    download_bytes,
    locked_pythons,
    requirements,
)
from .installing.pip import NoSuchFile, fetch, install, run_pip, run_watched
from .installing.places import folder_of, folders, mark_complete, python_in, trainer_folder, wheels_folder

CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # PyTorch's own, where its builds for Linux without CUDA are
AT_ONCE = 16  # packages in one run of pip: what a run has fetched is kept when the next one fails
ALONE = ("torch", "triton", "nvidia-", "cuda-")  # large enough for a run of their own
SPARE_BYTES = 200_000_000  # beside what was measured: systems and file systems differ
TRIAL = "import nam.train.full, pytorch_lightning, torch"  # all that a training imports
Show = Callable[[str, float], None]  # what is being done, and how far that is, 0 to 1


class OnlyWithCuda(TrainingError):
    """PyTorch's build for CPUs cannot be had here; that of PyPI for Linux can, with all that a GPU needs."""


@dataclass(frozen=True)
class Plan:
    """What is to be made: of which variant, with which Python, and whether its torch may come with CUDA."""

    variant: str
    python: Path

    @property
    def download_bytes(self) -> int:
        """What is fetched, if nothing of it is there yet."""
        return download_bytes(self.variant)

    @property
    def disk_bytes(self) -> int:
        """What stays on the disk."""
        return disk_bytes(self.variant)

    @property
    def folder(self) -> Path:
        """Where it is made."""
        return folder_of(self.variant)

    def with_cuda(self) -> Plan:
        """The same environment with the build of torch that PyPI has for Linux."""
        return replace(self, variant="gpu")


def variants_here() -> tuple[str, ...]:
    """The variants among which there is a choice on this system."""
    return VARIANTS if sys.platform.startswith("linux") else ("cpu",)


def planned(variant: str | None = None, python: Path | None = None) -> Plan:
    """A plan for this machine: the variant for the GPU that it has, if none is named, and the Python that runs here.

    Raises TrainingError: there are no files for this system or Python, or no such variant for it.
    """
    if variant == "gpu" and "gpu" not in variants_here():
        if sys.platform == "darwin":
            variant = "cpu"  # the one build there is computes on Apple's GPU as well
        else:
            raise TrainingError(
                "PyPI has PyTorch with CUDA for Linux only: leave --variant out to train on the processor, or name an "
                "environment of your own that uses the GPU with --python."
            )
    if variant is None:
        variant = "gpu" if "gpu" in variants_here() and nvidia_gpu() is not None else "cpu"
    if python is None:
        python, version = Path(sys.executable), "{}.{}.{}".format(*sys.version_info[:3])
    else:
        version = versions_of(python)["python"]
    known = locked_pythons()
    if version.rpartition(".")[0] not in known:
        raise TrainingError(
            f"{python} is Python {version}, and the trainer's packages are locked for {known[0]} to {known[-1]}: name "
            "one of these with --python."
        )
    plan = Plan(variant, python.absolute())
    assert plan.download_bytes  # raises for a system that there are no files for
    return plan


def set_up_already(plan: Plan | None = None) -> Trainer | None:
    """The trainer that is there and works, if it is of this plan; of any without one."""
    with contextlib.suppress(TrainingError):
        trainer = find_trainer()
        if plan is None or plan.folder in trainer.python.parents:
            return trainer
    return None


def make(plan: Plan, show: Show) -> Trainer:
    """Carry a plan out.

    Raises TrainingError, OnlyWithCuda if it is that, and what `show` raises, which is called all the time; OSError
    where files cannot be written.
    """
    trainer_folder().mkdir(parents=True, exist_ok=True)
    try:
        with locked(trainer_folder(), patience_s=0.0, lock=".set-up"):
            return _made(plan, show)
    except TimeoutError:
        raise TrainingError("Another rig is setting the trainer up just now: wait until it is done.") from None


def _made(plan: Plan, show: Show) -> Trainer:
    there = set_up_already(plan)
    if there is not None:
        return there
    folder, wheels = plan.folder, wheels_folder()
    temporary, environment = folder / "temporary", folder / f"environment-{secrets.token_hex(8)}"
    _remove(folder)
    needed_bytes = max(plan.download_bytes - _fetched_bytes(wheels), 0) + plan.disk_bytes + SPARE_BYTES
    check_space(folder, needed_bytes, "setting the trainer up")
    for made in (wheels, temporary):
        made.mkdir(parents=True, exist_ok=True)
    python = python_in(environment)
    show("Making an environment", 0.0)
    _make_environment(plan.python, environment, temporary, show)
    runs = _runs(requirements(plan.variant))

    def fetching() -> None:
        show("Fetching", min(_fetched_bytes(wheels, temporary) / plan.download_bytes, 1.0))

    for run in runs:
        _fetch(plan, python, run, wheels, temporary, fetching)
        _empty(temporary)
    for number, run in enumerate(runs):
        share = number / len(runs)
        install(python, run, wheels, temporary, lambda share=share: show("Installing", share))  # type: ignore[misc]
    show("Trying it", 0.0)
    run_pip(python, ["check"], (), temporary, lambda: show("Trying it", 0.0))
    said = run_watched([str(python), "-I", "-c", TRIAL], temporary, lambda: show("Trying it", 0.5), own_home=True)
    if said is not None:
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "nothing")
        raise TrainingError(f"The trainer was installed, but does not start on this machine, and says: {last[:300]}")
    for left in (wheels, temporary):
        shutil.rmtree(left, ignore_errors=True)
    mark_complete(folder, environment, plan.variant)
    # A pip of a set-up that was killed may have gone on meanwhile, and written into what was removed above.
    strays = [path for path in folder.iterdir() if path.is_dir() and path != environment]
    for other in (*(each for each in folders() if each != folder), *strays):
        shutil.rmtree(other, ignore_errors=True)
    return find_trainer()


def _remove(folder: Path) -> None:
    """What a set-up left that did not end, and what is to be made again; the mark goes first."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir(), key=Path.is_dir):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)


def _make_environment(python: Path, environment: Path, temporary: Path, show: Show) -> None:
    said = run_watched(
        [str(python), "-I", "-m", "venv", str(environment)], temporary, lambda: show("Making an environment", 0.0)
    )
    if said is None:
        return
    if "ensurepip" in said or "No module named venv" in said:
        raise TrainingError(
            f"{python} cannot make an environment, as it lacks venv or pip: install the package of the system that "
            "has them (python3-venv on Debian and Ubuntu), or give another Python by --python."
        )
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "nothing")
    raise TrainingError(f"{python} cannot make an environment, and says: {last.strip()[:300]}")


def _runs(wanted: Sequence[Requirement]) -> list[list[Requirement]]:
    """What each run of pip does: the large ones alone, the others together."""
    large = [each for each in wanted if each.name.startswith(ALONE)]
    others = [each for each in wanted if not each.name.startswith(ALONE)]
    torch = [each for each in large if each.name == "torch"]  # on one system or another: a line for each
    alone = [[each] for each in large if each.name != "torch"]
    return [torch, *alone, *(others[at : at + AT_ONCE] for at in range(0, len(others), AT_ONCE))]


def _fetch(
    plan: Plan, python: Path, run: list[Requirement], wheels: Path, temporary: Path, watch: Callable[[], None]
) -> None:
    try:
        fetch(python, run, wheels, temporary, watch)
        return
    except NoSuchFile:
        if not (plan.variant == "cpu" and run[0].name == "torch" and sys.platform.startswith("linux")):
            raise
    try:
        fetch(python, run, wheels, temporary, watch, (CPU_INDEX,))
    except TrainingError as error:
        raise OnlyWithCuda(
            "PyTorch's build for CPUs is neither in the package index that pip is set to use nor can PyTorch's own be "
            "reached; PyPI's build works without a GPU too, and is larger: --variant gpu takes it."
        ) from error


def _fetched_bytes(*folders: Path) -> int:
    """How much was fetched into these folders, finished or not; what is being copied from one to the other once."""
    sizes: dict[str, int] = {}
    for top, _, names in itertools.chain.from_iterable(map(os.walk, folders)):  # a folder that pip removes is no error
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(OSError):  # it has just been moved
                    sizes[name] = max(sizes.get(name, 0), os.path.getsize(os.path.join(top, name)))
    return sum(sizes.values())
