"""How rig compiles: one set of flags, one kind of entry point, one cache on disk.

Two decorators mark kernels (`kernel`, `inline`); they are compiled into whatever calls them and never kept alone.
`entry` marks the few functions that the world calls by address: the audio callbacks, the network interpreter, the
convolver, and the small control-side functions that share their memory. An entry is compiled on first use, or read
from disk in milliseconds; then numba is not even imported (`on_demand`).

numba's own cache is not used: it takes longer to read, holds pickles, and does not notice an edit in a function that
was inlined from another module. What is kept (`kept_code`) is the object file that LLVM made.

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
import gc
import hashlib
import inspect
import threading
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

from ...files.lock import locked
from .address import Address
from .build import cache_directory, forget_old_builds
from .compile_report import report
from .kept_code import CompiledCode, DamagedCodeError, keep, pack, read
from .machine_code import external_names, load
from .marks import Kernel, ready
from .on_demand import numba, pipeline
from .signature import as_ctypes, numba_signature

# error_model="numpy": a division by zero gives inf, not an exception path that takes the GIL.
# boundscheck=False:   even if the user's environment asks for checks; a check is an exception path.
# nogil=True:          a kernel called from Python lets the other threads run.
FLAGS: dict[str, Any] = {"error_model": "numpy", "boundscheck": False, "nogil": True}

F = TypeVar("F", bound=Callable[..., Any])  # to the type checker a kernel stays the function it was


def kernel(function: F) -> F:
    """Mark a function that compiled code calls."""
    return cast(F, Kernel(function, FLAGS))


def inline(function: F) -> F:
    """Always inlined: the tiles of the networks and everything that takes pointers in an inner loop."""
    return cast(F, Kernel(function, {"forceinline": True, **FLAGS}))


def fused(function: F) -> F:
    """Inlined, and a * b + c on plain floats may become one fused operation (a vector of simd.py says that itself)."""
    return cast(F, Kernel(function, {"forceinline": True, "fastmath": {"contract"}, **FLAGS}))


PACKAGE = __name__.partition(".")[0]
LONGEST_COMPILE_S = 120.0  # of one entry, on a slow machine

_lock = threading.RLock()


class Entry:
    """A function with a C signature, compiled on first use.

    `address` is what other compiled code calls. Calling the entry from Python goes through ctypes, which releases
    the GIL for the duration. Arguments are plain numbers: addresses are int64. `brief`: it takes a moment and is
    needed before anything is known to be played, so it is compiled without a word.
    """

    def __init__(self, function: Callable[..., Any], letters: str, brief: bool = False) -> None:
        self.function, self.letters, self.brief = function, letters, brief
        self.name = f"{function.__module__}.{function.__qualname__}"
        self._compiled: CompiledCode | None = None
        self._address: Address | None = None
        self._from_python: Callable[..., Any] | None = None

    @property
    def is_kept(self) -> bool:
        """Whether this build has it on disk, so that it need not be compiled."""
        try:
            return self._can_be_kept and read(self._path) is not None
        except DamagedCodeError:
            return False

    def compile(self) -> CompiledCode:
        """As the compiler made it: from disk, or now."""
        with _lock:
            if self._compiled is None:
                self._compiled = self._kept() if self._can_be_kept else None
                if self._compiled is None and not self.brief:
                    report.begin(self.name)  # which may have all compiled that there is, this one with it
                if self._compiled is None:
                    try:
                        self._compiled = self._made() if self._can_be_kept else self._fresh()
                    except OSError:  # a full disk, or nobody may have one more file open: it plays all the same
                        self._compiled = self._fresh()
            return self._compiled

    def _kept(self) -> CompiledCode | None:
        try:
            return read(self._path)
        except DamagedCodeError:
            report.damaged(cache_directory())
            return None

    def _made(self) -> CompiledCode:
        """Compiled, and kept for the next start; by one process only, if several begin at once."""
        with locked(cache_directory(), patience_s=LONGEST_COMPILE_S, lock=f"{self.name}.lock"):
            with contextlib.suppress(DamagedCodeError):
                if (compiled := read(self._path)) is not None:
                    return compiled
            compiled = self._fresh()
            with contextlib.suppress(OSError):  # then it is compiled again next time
                keep(self._path, compiled)
                forget_old_builds()
        return compiled

    def _fresh(self) -> CompiledCode:
        report.compiled += not self.brief
        ready()
        flags = {name: value for name, value in FLAGS.items() if name != "nogil"}
        with _uncollected():
            compiler = numba.cfunc(numba_signature(self.letters), pipeline_class=pipeline.EntryCompiler, **flags)
            made = compiler(self.function)
            code, text = made._library._get_compiled_object(), made.inspect_llvm()
        return CompiledCode(made.native_name, code, tuple(external_names(text)), pack(text))

    @property
    def _path(self) -> Path:
        return cache_directory() / f"{self.name}{self._version}.code"

    @property
    def _can_be_kept(self) -> bool:
        """A function made within another one may be a new one each time."""
        return "<locals>" not in self.name

    @cached_property
    def _version(self) -> str:
        """Empty within rig, whose sources name the folder; else a hash of the file that the function stands in."""
        if self.function.__module__.startswith(f"{PACKAGE}."):
            return ""
        source = inspect.getsource(inspect.getmodule(self.function) or self.function)
        return f"-{hashlib.sha256(source.encode()).hexdigest()[:16]}"

    @property
    def address(self) -> Address:
        """Where the machine code starts."""
        if self._address is None:
            compiled = self.compile()
            with _lock:
                if self._address is None:
                    self._address = load(compiled.code, compiled.symbol, compiled.externals)
        return self._address

    @property
    def pointer(self) -> ctypes.c_void_p:
        """The address as ctypes passes it to a C library."""
        return ctypes.c_void_p(self.address)

    def __call__(self, *args: float) -> Any:
        """Call from Python, without the GIL."""
        if self._from_python is None:
            self._from_python = as_ctypes(self.letters, self.address)
        return self._from_python(*args)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """numba makes a million objects that live for long: looking through them for garbage costs a tenth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


ENTRIES: list[Entry] = []  # every entry of the package, for warming up and for the static audit


def entry(letters: str, *, brief: bool = False) -> Callable[[Callable[..., Any]], Entry]:
    """Mark a function that is called by address; see `Entry`. `letters`: its types (`signature.LETTERS`)."""

    def mark(function: Callable[..., Any]) -> Entry:
        made = Entry(function, letters, brief)
        ENTRIES.append(made)
        return made

    return mark
