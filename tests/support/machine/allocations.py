"""What compiled code allocates, counted by numba if its runtime is there before the code is loaded: import this first.

rig itself loads its code without numba; an allocation would end that process (`rig/dsp/native/machine_code.py`).
"""

from __future__ import annotations

from numba.core import config

config.NRT_STATS = True  # read when the runtime is made

from numba.core.registry import cpu_target  # noqa: E402
from numba.core.runtime import rtsys  # noqa: E402

__all__ = ["rtsys"]
rtsys.initialize(cpu_target.target_context)
