"""How rig compiles: one set of flags, one kind of entry point, one cache on disk.

Two decorators mark kernels (`kernel`, `inline`); they are compiled into whatever calls them and never cached alone.
`entry` marks the few functions that the world calls by address: the audio callbacks, the network interpreter, the
convolver, and the small control-side functions that share their memory. An entry is compiled on first use, or read
from the cache in milliseconds.

numba's own cache does not notice an edit in a function that was inlined from another module, so the cache directory
is named by everything that can change the machine code: the sources that kernels take anything from, numba, llvmlite,
Python and the CPU. Each entry has a folder of its own in it, which is read only if it is as it was written
(`sealed_folder`); one that is not is compiled again.

Every compiled function takes its arguments in one order, of which it has a part:

    records, memory, x, y, scratch, numbers, table, fade, frames

Records (`pointers.Record`) come first, then the memory that offsets count in (`m`, `w`), what is read before what is
written, and at the end the fade (`table`: address of float32[fade], `fade`: its samples) and `frames`, how many samples
there are to do. What a C library calls has the library's order. Addresses are of type `Address`; a field or an
argument that holds one is called after what lies there. `tests/dsp/test_kernel_arguments.py` checks the
order.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import llvmlite
import llvmlite.binding as llvm
import numba as nb
import numpy as np
from numba.core import config as numba_config

from ...files.lock import locked
from ...files.paths import cache_folder
from .address import Address
from .first_compile import first_compile
from .sealed_folder import State, break_seal, private_folder, seal, state_of

# error_model="numpy": a division by zero gives inf, not an exception path that takes the GIL.
# boundscheck=False:   even if the user's environment asks for checks; a check is an exception path.
# nogil=True:          a kernel called from Python lets the other threads run.
FLAGS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False, "nogil": True}

F = TypeVar("F", bound=Callable[..., Any])  # to the type checker a kernel stays the function it was


def kernel(function: F) -> F:
    """Mark a function that compiled code calls."""
    return nb.njit(**FLAGS)(function)


def inline(function: F) -> F:
    """Always inlined: the tiles of the networks and everything that takes pointers in an inner loop."""
    return nb.njit(forceinline=True, **FLAGS)(function)


def fused(function: F) -> F:
    """Inlined, and a * b + c on plain floats may become one fused operation (a vector of simd.py says that itself)."""
    return nb.njit(forceinline=True, fastmath={"contract"}, **FLAGS)(function)


LONGEST_COMPILE_S = 120.0  # of one entry, on a slow machine
KEPT_CACHES = 4  # builds of rig whose compiled code stays on disk
# Folders of the package that no compiled function takes anything from, so that an edit there rebuilds nothing.
WITHOUT_KERNELS = (
    *("capture/checks", "capture/ir", "capture/result", "capture/signal"),
    *("cli", "compare", "doctor", "library", "player", "recording"),
)


def cpu_name() -> str:
    """The CPU numba compiles for."""
    return str(numba_config.CPU_NAME or llvm.get_host_cpu_name())


def cpu_features() -> str:
    """The CPU features numba compiles for, as one comma-separated string (`+avx2,-avx512f,...`)."""
    if numba_config.CPU_FEATURES is not None:
        return str(numba_config.CPU_FEATURES)
    return str(llvm.get_host_cpu_features().flatten())


@cache
def build_key() -> str:
    """Hash of everything that decides the machine code: sources, compiler, Python, CPU; and of where rig lies.

    numba keeps what it compiles by the place of the source, so a second copy of rig finds nothing of the first one's.
    """
    package = Path(__file__).parents[2]
    digest = hashlib.sha256(os.fsencode(package))
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix().startswith(tuple(f"{folder}/" for folder in WITHOUT_KERNELS)):
            continue
        digest.update(str(path.relative_to(package)).encode() + b"\0" + path.read_bytes() + b"\0")
    for text in (nb.__version__, llvmlite.__version__, np.__version__, sys.version, cpu_name(), cpu_features()):
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


@cache
def cache_directory() -> Path:
    """Where this build's compiled code is kept; a temporary folder if the user's cache cannot be written or trusted."""
    base = cache_folder() / "compiled"
    path = base / build_key()
    try:
        for folder in (base, path):
            private_folder(folder)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        why = error.strerror or str(error)
        report.tell(f"Compiled code cannot be kept ({why}): every start of rig compiles again.")
        return Path(_temporary_cache().name)
    return path


@cache
def _temporary_cache() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="rig-compiled-")


def _forget_old_builds() -> None:
    """Keep the newest few builds: every edit of the sources makes a new one."""
    siblings = [p for p in cache_directory().parent.iterdir() if p.is_dir() and len(p.name) == len(build_key())]
    for path in sorted(siblings, key=lambda p: p.stat().st_mtime, reverse=True)[KEPT_CACHES:]:
        shutil.rmtree(path, ignore_errors=True)


class CompileReport:
    """What is said when something really has to be compiled.

    `tell` is called with one sentence before the first cold compile of this process, unless a program shows that in
    its own way (`first_compile`). `compiled` counts entries that were compiled and not read from the cache.
    """

    def __init__(self) -> None:
        self.compiled, self._has_begun, self._has_told_of_damage = 0, False, False
        self.tell: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)

    def begin(self) -> None:
        """The first time: say that something is about to be compiled, or let the program compile all there is."""
        if self._has_begun:
            return
        self._has_begun = True
        if first_compile.instead is not None:
            first_compile.instead()
        else:
            self.tell("Compiling rig for this CPU; the result is kept for the next start ...")

    def damaged(self) -> None:
        """Say once that code on disk was not used."""
        if not self._has_told_of_damage:
            self.tell(f"Compiled code in {cache_directory()} is damaged: it is thrown away and compiled again.")
        self._has_told_of_damage = True


report = CompileReport()
_lock = threading.RLock()


class Entry:
    """A function with a C signature, compiled on first use.

    `address` is what other compiled code calls. Calling the entry from Python goes through ctypes, which releases
    the GIL for the duration. Arguments are plain numbers: addresses are int64. `brief`: it takes a moment and is
    needed before anything is known to be played, so it is compiled without a word.
    """

    def __init__(self, function: Callable[..., Any], signature: Any, brief: bool = False) -> None:
        self.function, self.signature, self.brief = function, signature, brief
        self.name = f"{function.__module__}.{function.__qualname__}"
        self._compiled: Any = None

    @property
    def is_kept(self) -> bool:
        """Whether this build has it on disk, so that it need not be compiled."""
        return state_of(cache_directory() / self.name) is State.INTACT

    def compile(self, fresh: bool = False) -> Any:
        """The numba cfunc; `fresh` compiles again without the cache (the static audit sees nothing on cached code)."""
        if fresh:
            return nb.cfunc(self.signature, **self._flags)(self.function)
        with _lock:
            if self._compiled is None:
                folder = cache_directory() / self.name
                self._compiled = self._kept(folder) if self.is_kept else None
                if self._compiled is None and not self.brief:
                    report.begin()  # which may compile all there is, and this one with it
                if self._compiled is None:
                    try:
                        self._compiled = self._made(folder)
                    except OSError:  # a full disk, or nobody may have one more file open: it plays all the same
                        self._compiled = self.compile(fresh=True)
        return self._compiled

    def _made(self, folder: Path) -> Any:
        """Compiled, and kept for the next start; by one process only, if several begin at once."""
        with locked(cache_directory(), patience_s=LONGEST_COMPILE_S, lock=f"{self.name}.lock"):
            state = state_of(folder)
            if state is State.INTACT and (compiled := self._kept(folder)) is not None:
                return compiled
            if state is State.DAMAGED:
                report.damaged()
            break_seal(folder)
            report.compiled += not self.brief
            compiled = self._from_cache(folder)
            with contextlib.suppress(OSError):  # then it is compiled again next time
                seal(folder)
                _forget_old_builds()
        return compiled

    def _kept(self, folder: Path) -> Any:
        """From an intact folder; None: numba cannot read it all the same."""
        try:
            return self._from_cache(folder)
        except (EOFError, pickle.UnpicklingError, ValueError, KeyError, AttributeError, ImportError, OSError):
            break_seal(folder)
            return None

    def _from_cache(self, folder: Path) -> Any:
        # numba decides on the cache folder while decorating; the setting is put back for other users of numba.
        before = numba_config.CACHE_DIR
        numba_config.CACHE_DIR = str(folder)
        try:
            return nb.cfunc(self.signature, cache=True, **self._flags)(self.function)
        finally:
            numba_config.CACHE_DIR = before

    @property
    def _flags(self) -> dict[str, Any]:
        return {name: value for name, value in FLAGS.items() if name != "nogil"}

    @property
    def address(self) -> Address:
        """Where the machine code starts."""
        return Address(self.compile().address)

    @property
    def pointer(self) -> ctypes.c_void_p:
        """The address as ctypes passes it to a C library."""
        return ctypes.c_void_p(self.address)

    def __call__(self, *args: float) -> Any:
        """Call from Python, without the GIL."""
        return self.compile().ctypes(*args)


ENTRIES: list[Entry] = []  # every entry of the package, for warming up and for the static audit


def entry(signature: Any, *, brief: bool = False) -> Callable[[Callable[..., Any]], Entry]:
    """Mark a function that is called by address; see `Entry`."""

    def mark(function: Callable[..., Any]) -> Entry:
        made = Entry(function, signature, brief)
        ENTRIES.append(made)
        return made

    return mark
