"""Makes this process compile for an aarch64 CPU instead of its own: to read the code and to count, not to call it.

    cross.compile_for("cortex-a72")    # before anything of rig is imported

numba and rig ask LLVM which machine they run on, and here it names another one. What comes out is what rig compiles on
such a machine with the same versions of numba and LLVM.
"""

from __future__ import annotations

import os
import platform
import sys

import llvmlite.binding as llvm

TRIPLE = "aarch64-unknown-linux-gnu"


def compile_for(cpu: str) -> None:
    """Everything that is compiled from now on is for that CPU, as LLVM calls it."""
    if any(name == "rig" or name.startswith("rig.dsp") for name in sys.modules):
        raise RuntimeError("rig is imported already: what it compiles is decided")
    os.environ["NUMBA_CPU_NAME"], os.environ["NUMBA_CPU_FEATURES"] = cpu, ""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    for module in (llvm, llvm.targets):
        module.get_default_triple = module.get_process_triple = lambda: TRIPLE
    platform.machine = lambda: "aarch64"
