"""Where a clone stands, found from what lies on the disk: capture, training, comparison, blind test.

No file keeps the state of the chain: each step is done when what it makes is there and belongs to what the step before
made, by the SHA-256 of the files.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...capture.result.folder import checked_name
from ...capture.result.rejected import REJECTED
from ...capture.result.sidecar import Capture
from ...errors import CaptureError, RigError, TrainingError
from ...files.hashing import sha256_of
from ...files.json_file import write_json
from ...files.lock import is_held
from ...trainer.capture_file import DRY, FILE_NAME, WET
from ...trainer.capture_file import REJECTED as REASON
from ...trainer.configurations import RECIPES, model_config
from ...training.record import FILE, LOCK, Record

STEPS = ("capture", "train", "compare", "ab", "play")
COMPARED = "compare.json"  # beside training.json
TRAINED_BY_CAPTURE = ("standard", "lite", "feather", "nano")  # the sizes that a capture's own train/ is written for


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the chain. `can_pass`: what there is so far does for the next one, though it is not done."""

    name: str
    found: str
    is_done: bool = False
    can_pass: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """All that was found of one clone. `test`: a blind test that was begun with this model and is not finished."""

    folder: Path
    architecture: str
    steps: tuple[Step, ...]
    capture: Capture | None = None
    record: Record | None = None
    test: Path | None = None

    @property
    def model(self) -> Path:
        """Where the finished model lies, or will."""
        return self.folder / f"{self.folder.name}-{self.architecture}.nam"

    @property
    def learnt_in(self) -> Path:
        """The folder of the training."""
        return self.folder / "train" / self.architecture

    @property
    def failed(self) -> tuple[str, ...]:
        """The checks that the take failed, where it was accepted all the same."""
        checks = () if self.capture is None else self.capture.checks
        return tuple(check.name for check in checks if check.verdict == "fail")

    @property
    def why_useless(self) -> str | None:
        """Why nothing can go on from what was learnt; None: it can, or nothing was learnt yet."""
        if self.record is None:
            return "cannot be read (its training.json is damaged)" if (self.learnt_in / FILE).exists() else None
        return None if self.record.pair == _pair(self) else "is of another take than this one"

    def next_step(self, passed: Collection[str] = ()) -> Step | None:
        """The first that is not done, of those that were not passed over; None: the chain is through."""
        return next((step for step in self.steps if not step.is_done and step.name not in passed), None)

    def table(self, passed: Collection[str] = ()) -> str:
        """A line for each step: `*` where it is done, `>` before the next one."""
        following = self.next_step(passed)
        lines = []
        for number, step in enumerate(self.steps, 1):
            mark = "*" if step.is_done else ">" if step is following else " "
            lines.append(f"{mark} {number} {step.name:<9} {step.found}".rstrip())
        return "\n".join(lines)


def look(into: Path, name: str, architecture: str | None = None, minutes: float | None = None) -> Standing:
    """Find out where a clone stands. `minutes`: more than a training had that ended by its time is more to learn.

    Raises CaptureError or AudioError: a name that cannot be, or that something else has; a capture that is damaged.
    """
    folder = into / checked_name(name)
    if not folder.exists() and not folder.is_symlink():
        steps = (Step("capture", f"not yet{_refused(into, name)}"), *(Step(each, "") for each in STEPS[1:]))
        return Standing(folder, architecture or "standard", steps)
    if not (folder / FILE_NAME).exists():
        raise CaptureError(f"{folder}: there is something of that name which is no capture; choose another name.")
    capture = Capture.load(folder)
    chosen = architecture or _architecture(folder)
    standing = Standing(folder, chosen, (), capture, _record(folder / "train" / chosen))
    trained = _trained(standing, minutes)
    compared = _compared(standing)
    tested, test = _tested(standing)
    play = Step("play", f"rig play {standing.model}" if standing.model.exists() else "")
    steps = (_captured(standing), trained, compared, tested, play)
    return Standing(folder, chosen, steps, capture, standing.record, test)


def keep_comparison(standing: Standing, comparison: dict[str, Any]) -> None:
    """Write what `rig compare` said of the model into the training's folder. Raises TrainingError."""
    path = standing.learnt_in / COMPARED
    try:
        write_json(path, {"model": sha256_of(standing.model), "pair": _pair(standing), **comparison})
    except OSError as error:
        raise TrainingError(f"{path}: cannot be written ({error.strerror}).") from error


def new_test(standing: Standing) -> Path:
    """Where the next blind test with this model is written."""
    from ...files.atomic_write import free_name

    return free_name(standing.folder, f"{standing.model.stem}-abx-", ".json")


# ---------------------------------------------------------------- 1
def _captured(standing: Standing) -> Step:
    failed = standing.failed
    assert standing.capture is not None
    verdict = standing.capture.content["quality"].get("verdict") or "judged"
    said = f"failed its checks ({', '.join(failed)}), accepted all the same" if failed else verdict
    return Step("capture", f"done, {said}    {standing.folder}", is_done=True)


def _refused(into: Path, name: str) -> str:
    """What is known of the last take that was not accepted."""
    refused = list(into.glob(f"{name}.{REJECTED}-*/{REASON}"))
    if not refused:
        return ""
    last = max(refused, key=lambda path: path.stat().st_mtime)
    try:
        reason = str(json.loads(last.read_text(encoding="utf-8")).get("reason") or "")
    except (OSError, ValueError, AttributeError):
        reason = ""
    return f"; {last.parent.name} was not accepted{f': {reason}' if reason else ''}"


# ---------------------------------------------------------------- 2
def _architecture(folder: Path) -> str:
    """The one that was trained last, else the one that the capture was made for."""
    begun = [path for each in RECIPES if (path := folder / "train" / each / FILE).exists()]
    if begun:
        return max(begun, key=lambda path: path.stat().st_mtime).parent.name
    try:
        wanted = json.loads((folder / "train" / "model.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "standard"
    return next((each for each in TRAINED_BY_CAPTURE if model_config(each) == wanted), "standard")


def _record(folder: Path) -> Record | None:
    try:
        return Record.load(folder)
    except TrainingError:  # said by the training itself, with what to do
        return None


def _trained(standing: Standing, minutes: float | None) -> Step:
    record, what = standing.record, standing.architecture
    if record is None:
        damaged = (standing.learnt_in / FILE).exists()
        return Step("train", f"{what}: {'its training.json cannot be read' if damaged else 'not yet'}")
    best = record.best
    learnt = "nothing learnt" if best is None else f"epoch {best.epoch}, ESR {best.esr:.4f}"
    if record.pair != _pair(standing):
        return Step("train", f"{what}: {learnt}, from another take than this one")
    state = {"done": record.reason, "failed": record.reason, "stopped": "stopped"}.get(record.state) or _running(
        standing
    )
    had = record.plan.minutes
    is_longer = minutes is not None and had is not None and minutes > had
    there = best is not None and standing.model.exists()
    return Step(
        *("train", f"{what}: {learnt}, {state}{f'    {standing.model}' if there else ''}"),
        is_done=record.state == "done" and there and not is_longer,
        can_pass=there,
    )


def _running(standing: Standing) -> str:
    """Whether somebody trains it just now, or it was cut off; where the system does not say, both may be."""
    held = is_held(standing.learnt_in / LOCK)
    if held is None:
        return "cut off, or being trained by another rig"
    return "being trained by another rig" if held else "cut off"


def _pair(standing: Standing) -> dict[str, str]:
    assert standing.capture is not None
    files = standing.capture.content["files"]
    return {name: str(files[name]) for name in (DRY, WET)}


# ---------------------------------------------------------------- 3
def _compared(standing: Standing) -> Step:
    if not standing.model.exists():
        return Step("compare", "")
    try:
        kept = json.loads((standing.learnt_in / COMPARED).read_text(encoding="utf-8"))
        score = kept["scores"][0]
        is_of_this = kept["model"] == sha256_of(standing.model) and kept["pair"] == _pair(standing)
        said = _in_words(score["verdict"], score["esr_matched"], score["null_db"])
    except FileNotFoundError:
        return Step("compare", "not yet")
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        return Step("compare", "what was found cannot be read")
    return Step("compare", said if is_of_this else "not yet with this model", is_done=is_of_this)


def _in_words(verdict: str, esr: float | None, null_db: float | None) -> str:
    """A score in short. A figure is null where it is infinite: the null of a model that is the gear to the last bit."""
    if esr is None:
        return verdict
    null = "nothing is left" if null_db is None else f"null {null_db:.1f} dB"
    return f"{verdict}: ESR {esr:.4f}, {null}"


# ---------------------------------------------------------------- 4
def _tested(standing: Standing) -> tuple[Step, Path | None]:
    """What the blind tests with this model came to, and one that can go on."""
    from ...compare.abx import check

    if not standing.model.exists():
        return Step("ab", ""), None
    found: list[str] = []
    open_test = None
    for path in sorted(standing.folder.glob(f"{standing.model.stem}-abx-*.json")):
        try:
            result = check(path)
            if result.problems or not _is_with(standing.model, result.setup):
                continue
        except RigError:  # what is damaged is no result
            continue
        if result.verdict is None:
            open_test = path
            found.append(f"{result.answered} of {result.trials} trials answered    {path}")
        else:
            found.append(f"{result.verdict.sentence}    {path}")
    if not found:
        return Step("ab", "no blind test yet", can_pass=True), None
    return Step("ab", found[-1], is_done=open_test is None, can_pass=True), open_test


def _is_with(model: Path, setup: Any) -> bool:
    from ...nam import load_model

    side = setup.get("a") or {}
    return bool((side.get("model") or {}).get("hash") == load_model(model).content_hash)
