"""Whether there is a GPU that the official trainer can use: only looked for, never touched."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

DEVICE = Path("/dev/nvidia0")


def nvidia_gpu(device: Path = DEVICE) -> str | None:
    """What shows that this machine has an NVIDIA GPU and its driver; None: nothing does."""
    if not sys.platform.startswith("linux"):
        return None  # macOS has its own in every build; for Windows there is no build with one among the locked
    if device.exists():
        return str(device)
    return shutil.which("nvidia-smi")
