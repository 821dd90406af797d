"""A process that behaves as the trainer does under `in_trainer.py`: the same lines, files, ends. Started as

    PYTHON -I stand_in_trainer.py IN_TRAINER FOLDER

What it learns is beside the capture, stand_in.json: {"model": a perfect .nam, "errors": [0.5, ...]}: after epoch n the
output of the model lies by that share of it beside the gear's, so its ESR is the square. Optional: "steps" of an epoch,
"seconds" an epoch takes, "ahead": it does not wait until an epoch is judged (the real one seldom has to),
"waits": {"epoch": 2, "for": a file without which that epoch does not begin}, "fails": {"epoch": 2, "why": "nan"},
"dies": {"epoch": 2, "signal": 9}, "no_model": epoch whose file is no model. That the real one behaves so is tested by
test_real_trainer.py (soak).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

VERSIONS = {"neural-amp-modeler": "0.13.0", "torch": "2.13.0+cpu", "pytorch-lightning": "2.6.1", "numpy": "2.4.6"}


def say(event: str, **more: object) -> None:
    print("RIG " + json.dumps({"event": event, **more}), flush=True)


def whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text)
    os.replace(part, path)


def wait_until_judged(learnt: Path, elapsed: float) -> None:
    """Where nobody listens any more, it ends here, as the real one does with its next word."""
    for turn in range(6000):
        if not learnt.exists():
            return
        time.sleep(0.01)
        if turn % 50 == 49:
            say("step", step=0, loss=0.0, seconds=round(elapsed, 2))


def main(folder: Path) -> int:
    job = json.loads((folder / "job.json").read_text())
    capture = Path(job["data"]["common"]["x_path"]).parent
    script = json.loads((capture / "stand_in.json").read_text())
    perfect = json.loads(Path(script["model"]).read_text())
    steps, pause_s = script.get("steps", 100), script.get("seconds", 0.0)
    begin, elapsed = 0, 0.0
    last = folder / "last.ckpt"
    if last.exists():
        try:
            state = json.loads(last.read_text())
        except ValueError as error:
            say("failed", why="checkpoint", text=str(error))
            return 1
        begin, elapsed = state["epoch"] + 1, state["seconds"]
    say(
        "started",
        versions=VERSIONS,
        parameters=len(perfect["weights"]),
        of=job["steps"],
        resumed=begin * steps,
        device="cpu",
    )
    for epoch, error in list(enumerate(script["errors"]))[begin:]:
        if epoch > begin and not script.get("ahead"):
            wait_until_judged(folder / f"epoch_{epoch - 1:04d}.nam", elapsed)
        waits = script.get("waits", {})
        while waits.get("epoch") == epoch and not Path(waits["for"]).exists():
            time.sleep(0.05)
            say("step", step=epoch * steps, loss=1.0, seconds=round(elapsed, 2))  # nobody hears it any more: it ends
        time.sleep(pause_s)
        elapsed += max(pause_s, 0.01)
        say("step", step=epoch * steps + 1, loss=error**2, seconds=round(elapsed, 2))
        if script.get("fails", {}).get("epoch") == epoch:
            say("failed", why=script["fails"]["why"], text="as the test wants it")
            return 1
        if script.get("dies", {}).get("epoch") == epoch and not (capture / "died").exists():
            (capture / "died").touch()
            os.kill(os.getpid(), script["dies"]["signal"])
        learnt = {**perfect, "weights": [*perfect["weights"][:-1], perfect["weights"][-1] * (1 - error)]}
        name, step = f"epoch_{epoch:04d}.nam", (epoch + 1) * steps
        said = {
            "epoch": epoch,
            "step": step,
            "esr": error**2,
            "loss": error**2,
            "seconds": round(elapsed, 2),
            "file": name,
        }
        whole(folder / name.replace(".nam", ".json"), json.dumps(said))
        whole(folder / name, "no model" if script.get("no_model") == epoch else json.dumps(learnt))
        if last.exists():
            os.replace(last, folder / "before.ckpt")
        whole(last, json.dumps({"epoch": epoch, "seconds": elapsed}))
        say("epoch", **said)
        by_time = bool(job["minutes"]) and elapsed >= 60 * job["minutes"]
        if step >= job["steps"] or by_time:
            say("done", why="steps" if step >= job["steps"] else "minutes")
            return 0
    while True:  # what the test says nothing of takes long; where nobody listens any more, it ends as the real one does
        time.sleep(1)
        say("step", step=begin, loss=0.0, seconds=round(elapsed, 2))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[2])))
