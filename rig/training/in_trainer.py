"""What runs inside the trainer's own environment: its `nam-full`, watched from within. rig never imports this.

    PYTHON -I in_trainer.py FOLDER

FOLDER/job.json says what to learn. Each line on the standard output that begins with `RIG ` is a JSON object:

    {"event": "started", "versions": {...}, "parameters": 1234, "of": 2000, "resumed": 0}
    {"event": "step", "step": 17, "loss": 0.1}          at most one a second
    {"event": "epoch", "epoch": 3, "step": 360, "esr": 0.02, "seconds": 41.0, "file": "epoch_0003.nam"}
    {"event": "done", "why": "steps"}                   or "minutes"
    {"event": "failed", "why": "nan", "text": "..."}    or "memory", "disk", "checkpoint", "error"

After each epoch stand FOLDER/epoch_0003.nam, a model like the trainer's own, what was said of it as epoch_0003.json
(first, so that whoever finds the model knows all of it), and FOLDER/last.ckpt, from which it goes on; the one before is
FOLDER/before.ckpt. Each gets its name in one step, when it is whole. What is drawn at random in
an epoch depends on the seed and its number alone, so that a training that was cut off goes on as if it had not been.
"""

from __future__ import annotations

import errno
import json
import math
import os
import random
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

PACKAGES = ("neural-amp-modeler", "torch", "pytorch-lightning", "numpy")
LAST, BEFORE = "last.ckpt", "before.ckpt"
STEP_EVERY_S = 1.0


def say(event: str, **more: Any) -> None:
    """One line for rig."""
    print("RIG " + _line({"event": event, **more}), flush=True)


def _line(said: dict[str, Any]) -> str:
    """As JSON; a number that is none is null."""
    finite = {key: None if isinstance(x, float) and not math.isfinite(x) else x for key, x in said.items()}
    return json.dumps(finite)


class NoNumber(Exception):
    """The loss is no number any more."""


def main(folder: Path) -> int:
    """Train as the job says; the exit status."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    try:
        return _train(folder, job)
    except NoNumber:
        say("failed", why="nan", text="the loss became infinite or no number")
    except MemoryError as error:
        say("failed", why="memory", text=str(error))
    except OSError as error:
        say("failed", why="disk" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "error", text=str(error))
    except Exception as error:
        say("failed", why=_why(error), text=f"{type(error).__name__}: {error}"[:2000])
    return 1


def _why(error: Exception) -> str:
    text = str(error).lower()
    if "out of memory" in text or "alloc" in text:
        return "memory"
    # torch writes checkpoints through a zip writer of its own, which says no more than that.
    if "no space left" in text or "file write failed" in text:
        return "disk"
    return "error"


def _train(folder: Path, job: dict[str, Any]) -> int:
    import torch
    from nam.train import full

    torch.set_num_threads(int(job["threads"]))
    model_config = job["model"]
    if model_config["net"] == {"name": "PackedWaveNet"}:
        from nam.train import core

        model_config = core._get_packed_model_config()
    start = job.get("start_from")
    if start is not None:
        model_config = {**model_config, "checkpoint_path": start}
    learning = json.loads(json.dumps(job["learning"]))
    resume = folder / LAST
    if resume.exists():
        _check_checkpoint(resume)
        learning["trainer_fit_kwargs"] = {"ckpt_path": str(resume), "weights_only": False}
    learning["trainer"] |= {
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
    }
    watched = _callbacks(folder, job)
    full._create_callbacks = lambda config, packed=False: watched(packed)
    torch.manual_seed(int(job["seed"]))
    full.main(job["data"], model_config, learning, folder, no_show=True, make_plots=False)
    return 0


def _check_checkpoint(path: Path) -> None:
    """That it can be read at all; if it cannot, rig is told so, and takes the one before."""
    import torch

    try:
        torch.load(path, map_location="cpu", weights_only=False)
    except Exception as error:
        say("failed", why="checkpoint", text=f"{type(error).__name__}: {error}"[:500])
        raise SystemExit(1) from None


def _callbacks(folder: Path, job: dict[str, Any]) -> Any:
    """What makes the trainer's callbacks, for a packed model or another."""
    import numpy
    import pytorch_lightning as pl
    import torch

    class Watched(pl.Callback):  # type: ignore[misc]
        """Says how it goes, lets the learning rate fall, keeps what was learnt, and ends when it is time."""

        def __init__(self) -> None:
            self.seconds, self.said, self.first_rate = 0.0, 0.0, float("nan")
            self.began = time.monotonic()
            self.loss = float("nan")

        def elapsed(self) -> float:
            return self.seconds + time.monotonic() - self.began

        def state_dict(self) -> dict[str, Any]:
            return {"seconds": self.elapsed(), "first_rate": self.first_rate}

        def load_state_dict(self, state: dict[str, Any]) -> None:
            self.seconds, self.first_rate = float(state["seconds"]), float(state["first_rate"])

        def progress(self, trainer: Any) -> float:
            """0 to 1, by steps or by time, whichever is nearer to its end."""
            by_time = self.elapsed() / (60 * job["minutes"]) if job["minutes"] else 0.0
            return float(min(1.0, max(trainer.global_step / job["steps"], by_time)))

        def on_train_start(self, trainer: Any, module: Any) -> None:
            if not math.isfinite(self.first_rate):
                self.first_rate = float(trainer.optimizers[0].param_groups[0]["lr"])
            say(
                "started",
                versions={name: version(name) for name in PACKAGES},
                parameters=sum(p.numel() for p in module.net.parameters()),
                of=job["steps"],
                resumed=trainer.global_step,
                device=str(module.device),
            )

        def on_train_epoch_start(self, trainer: Any, module: Any) -> None:
            drawn = int(job["seed"]) + 7919 * trainer.current_epoch
            torch.manual_seed(drawn)
            numpy.random.seed(drawn % 2**32)  # noqa: NPY002  the trainer's own generator
            random.seed(drawn)

        def on_train_batch_start(self, trainer: Any, module: Any, batch: Any, index: int) -> None:
            rate = self.first_rate * job["last_rate"] ** self.progress(trainer)
            for optimizer in trainer.optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = rate

        def on_train_batch_end(self, trainer: Any, module: Any, outputs: Any, batch: Any, index: int) -> None:
            self.loss = float(outputs["loss"].detach())
            if not math.isfinite(self.loss):
                raise NoNumber
            if time.monotonic() - self.said >= STEP_EVERY_S:
                self.said = time.monotonic()
                say("step", step=trainer.global_step, loss=self.loss, seconds=round(self.elapsed(), 1))

        def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
            epoch, esr = trainer.current_epoch, trainer.callback_metrics.get("ESR")
            said = {
                "epoch": epoch,
                "step": trainer.global_step,
                "esr": None if esr is None else float(esr),
                "loss": self.loss,
                "seconds": round(self.elapsed(), 1),
                "file": f"epoch_{epoch:04d}.nam",
            }
            _export(folder, module, said)
            part = _unfinished(folder) / LAST
            trainer.save_checkpoint(part)
            if (folder / LAST).exists():
                os.replace(folder / LAST, folder / BEFORE)
            os.replace(part, folder / LAST)
            say("epoch", **said)
            if self.progress(trainer) >= 1:
                trainer.should_stop = True
                say("done", why="steps" if trainer.global_step >= job["steps"] else "minutes")

    def made(packed: bool) -> list[Any]:
        # The trainer asks the first of its callbacks that keep checkpoints for the best one; rig keeps its own.
        none = pl.callbacks.ModelCheckpoint(save_top_k=0)
        if not packed:
            return [Watched(), none]
        from nam.train.lightning_module import PackedMaskCallback

        return [PackedMaskCallback(), Watched(), none]

    return made


def _export(folder: Path, module: Any, said: dict[str, Any]) -> None:
    """The model as it stands and what is said of it, each whole or not at all."""
    net, part = module.net, _unfinished(folder)
    if hasattr(net, "export_container"):
        net.apply_mask()
        net.export_container(part, basename="model")
    else:
        net.export(part, basename="model")
    file = folder / said["file"]
    (part / "said.json").write_text(_line(said), encoding="utf-8")
    os.replace(part / "said.json", file.with_suffix(".json"))
    os.replace(part / "model.nam", file)


def _unfinished(folder: Path) -> Path:
    """Where files lie until they are whole: hidden, on the same file system."""
    part = folder / ".part"
    part.mkdir(exist_ok=True)
    return part


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
