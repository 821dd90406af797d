"""What a trainer says and writes while rig listens, as its shape: the events in order, the kinds of what they hold, and
the files that lie there then. Figures, and how often it says a step, are left out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from rig.training.process import TrainerProcess

SAID_IN_ANY_CASE = "step"  # once a second: how often is a matter of speed
ENDS = ("epoch", "done", "failed")
PATIENCE_S = 300.0


def shape(event: dict[str, object]) -> dict[str, str]:
    """Its name, and of each value the kind; what is said of versions is the names of the packages."""
    kinds = {key: ", ".join(value) if isinstance(value, dict) else type(value).__name__ for key, value in event.items()}
    return {**kinds, "event": str(event["event"])}


def files(folder: Path) -> list[str]:
    """Those that rig knows of."""
    known = ("epoch_*.nam", "epoch_*.json", "*.ckpt")
    return sorted(path.name for name in known for path in folder.glob(name))


def overhear(command: list[str], job: Path, folder: Path, steps: int) -> dict[str, object]:
    """Train in `folder` to `steps` by the job.json of another training: what is said, and the status it ends with."""
    folder.mkdir(exist_ok=True)
    content = json.loads(job.read_text(encoding="utf-8"))
    (folder / "job.json").write_text(json.dumps({**content, "steps": steps}), encoding="utf-8")
    said: list[dict[str, Any]] = []
    with TrainerProcess(command, folder) as child:
        while True:
            try:
                event = child.next_event(PATIENCE_S)
            except EOFError:
                break
            assert event is not None, f"nothing was said for {PATIENCE_S:g} s"
            if event["event"] == SAID_IN_ANY_CASE and said and said[-1]["event"] == SAID_IN_ANY_CASE:
                continue
            said.append(shape(event))
            if event["event"] in ENDS:  # of an epoch, or of all: between them another file may come at any moment
                said[-1]["files"] = files(folder)
            if event["event"] == "started":
                said[-1]["resumed"] = "0" if event["resumed"] == 0 else "more"
            if event["event"] == "epoch":
                epoch = (folder / str(event["file"])).with_suffix(".json")
                assert json.loads(epoch.read_text(encoding="utf-8")) == {k: v for k, v in event.items() if k != "event"}
                if not (folder / "learnt.nam").exists():
                    shutil.copy(folder / str(event["file"]), folder / "learnt.nam")
                for each in folder.glob("epoch_*"):  # as if it was judged
                    each.unlink()
        return {"said": said, "status": child.status()}


def whole_life(command: list[str], job: Path, folder: Path, steps: int) -> list[dict[str, object]]:
    """Two epochs of so many steps each, then one more, then from a checkpoint that cannot be read."""
    heard = [overhear(command, job, folder, 2 * steps), overhear(command, job, folder, 3 * steps)]
    shutil.copy(folder / "last.ckpt", folder / "kept")
    (folder / "last.ckpt").write_bytes(b"no checkpoint")
    heard.append(overhear(command, job, folder, 4 * steps))
    return heard
