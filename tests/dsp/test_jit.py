"""Compiled code on disk: kept, keyed by what it was made of, and never in the way."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from allocations import rtsys
from numba.core.errors import NumbaError
from places import ROOT

from rig.dsp.native import build, kept_code, kernel_pipeline
from rig.dsp.native.compile import Entry, entry, kernel
from rig.dsp.native.marks import intrinsic
from rig.dsp.native.pointers import floats

# The smallest entries, so that a cold compile takes a moment only.
PROGRAM = """
from rig.dsp.native.build import cache_directory
from rig.dsp.native.compile_report import report
from rig.handover import collect, recall
import numpy as np
state = np.zeros(64, np.int64)
state[:] = 7
print(collect(state.ctypes.data), recall(state.ctypes.data), report.compiled, cache_directory())
"""


def start(cache, program=PROGRAM, cwd=None):
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=cwd,  # whose copy of rig comes first
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(cache):
    out, err = start(cache).communicate(timeout=120)
    values = out.split(maxsplit=3)
    assert values[:2] == ["7", "7"], (out, err)
    return int(values[2]), values[3].strip(), err


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    """A cache that one start has filled, and what that start said."""
    cache = tmp_path_factory.mktemp("cold")
    return cache, *run(cache)


@pytest.fixture
def filled(cold, tmp_path):
    """A copy of that cache, and the folder in it that holds the code."""
    shutil.copytree(cold[0], tmp_path, dirs_exist_ok=True)
    return tmp_path, cold[2].replace(str(cold[0]), str(tmp_path))


def test_a_cold_compile_is_announced_once_and_the_second_start_compiles_nothing(cold):
    cache, compiled, folder, said = cold
    assert compiled == 2
    assert said.count("Compiling rig for this CPU") == 1
    assert folder.startswith(str(cache))
    assert run(cache) == (0, folder, "")


DAMAGED = "is damaged: it is thrown away and compiled again"


def test_a_flipped_bit_anywhere_is_noticed_and_never_executed(filled):
    """A place chosen anew each time, in the line that describes the code and behind it; compiled again, once."""
    cache, folder = filled
    place = random.Random()
    for part in ("head", "body"):
        path = place.choice(sorted(Path(folder).glob("*.code")))
        content = bytearray(path.read_bytes())
        end_of_head = content.index(b"\n")
        at = place.randrange(end_of_head) if part == "head" else place.randrange(end_of_head, len(content))
        content[at] ^= 1 << place.randrange(8)
        path.write_bytes(content)
        compiled, _, said = run(cache)
        assert compiled == 1 and said.count(DAMAGED) == 1, (path.name, at, said)
    assert run(cache) == (0, folder, "")


def test_every_flipped_bit_of_a_kept_file_is_refused(tmp_path):
    """Bit by bit, without a process for each."""
    path = tmp_path / "small.code"
    kept_code.keep(path, kept_code.CompiledCode("f", b"code", ("memset",), kept_code.pack("text")))
    content = path.read_bytes()
    read = kept_code.read(path)
    assert read is not None and (read.symbol, read.code, read.externals, read.llvm) == (
        "f",
        b"code",
        ("memset",),
        "text",
    )
    for at in range(len(content) * 8):
        damaged = bytearray(content)
        damaged[at // 8] ^= 1 << at % 8
        path.write_bytes(damaged)
        with pytest.raises(kept_code.DamagedCodeError):
            kept_code.read(path)


@entry("dl")
def allocates(address):
    return np.full(4, floats(address)[0]).sum()


def test_an_allocation_in_code_that_was_kept_is_counted():
    allocates.compile()
    again = Entry(allocates.function, allocates.letters)
    assert again.is_kept
    value = np.full(1, 2.0, np.float32)
    before = rtsys.get_allocation_stats()
    assert again(value.ctypes.data) == 8.0
    after = rtsys.get_allocation_stats()
    assert (after.alloc - before.alloc, after.free - before.free) == (1, 1)


def test_two_copies_of_rig_share_what_is_compiled(tmp_path):
    found = []
    for copy in ("one", "other"):
        shutil.copytree(ROOT / "rig", tmp_path / copy / "rig", ignore=shutil.ignore_patterns("__pycache__"))
        out, err = start(tmp_path / "cache", cwd=tmp_path / copy).communicate(timeout=120)
        values = out.split()
        assert values[:2] == ["7", "7"] and DAMAGED not in err, (out, err)
        found.append(values[2])
    assert found == ["2", "0"]


def test_a_damaged_cache_is_made_anew(filled):
    cache, _ = filled
    damaged = sorted(cache.rglob("*.code"))
    for path, damage in zip(damaged, [b"", b"\x80\x05garbage"], strict=True):
        path.write_bytes(damage)
    compiled, _, said = run(cache)
    assert compiled == 2 and said.count(DAMAGED) == 1
    assert run(cache)[0] == 0


def test_a_folder_of_compiled_code_that_others_could_write_is_emptied_first(filled):
    cache, folder = filled
    os.chmod(folder, 0o777)
    compiled, again, _ = run(cache)
    assert (compiled, again) == (2, folder)
    assert os.stat(folder).st_mode & 0o022 == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
def test_a_cache_that_another_user_prepared_is_not_used(filled):
    cache, folder = filled
    os.chown(folder, 12345, 12345)
    compiled, elsewhere, said = run(cache)
    assert compiled == 2 and not elsewhere.startswith(str(cache))
    assert "belongs to another user" in said


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    blocked = tmp_path / "a file, not a folder"
    blocked.write_text("")
    compiled, folder, _ = run(blocked)
    assert compiled == 2
    assert not folder.startswith(str(tmp_path))
    assert not os.path.exists(folder)  # it was temporary


def test_several_first_starts_at_once_do_not_disturb_each_other(tmp_path):
    processes = [start(tmp_path) for _ in range(4)]
    for process in processes:
        out, err = process.communicate(timeout=120)
        assert out.startswith("7 7"), err
    assert run(tmp_path)[0] == 0


def test_old_builds_are_forgotten_and_recent_ones_kept(filled):
    cache, folder = filled
    parent, name = os.path.split(folder)
    for i in range(6):
        old = os.path.join(parent, f"{i:0{len(name)}d}")
        os.mkdir(old)
        os.utime(old, (i, i))
    for path in (cache / "rig").rglob("*.code"):
        path.unlink()  # the next start believes it is the first of its build
    run(cache)
    left = sorted(os.listdir(parent))
    assert name in left
    assert len(left) == 4


@kernel
def innermost(x):
    return x + 1.0


@kernel
def between(x):
    return innermost(x) * 2.0 + innermost(x)


@kernel
def outermost(x):
    return between(x) - innermost(x)


@entry("dd")
def through_three(x):
    return outermost(x)


def test_kernels_become_machine_code_within_whole_entries_only():
    """numba by itself makes machine code of each, and optimises what is below again and again: twice the time."""
    assert through_three(2.0) == outermost(2.0) == 6.0  # by address, and from Python
    for each in (innermost, between, outermost):
        (made,) = each.dispatcher.overloads.values()
        assert not made.library._finalized


@kernel
def next_after(t):
    return t + 1


@entry("ll")
def count(last):
    t = 0
    while t < last:
        t = next_after(t)
    return t


def test_a_number_that_is_written_out_compiles_a_kernel_no_second_time():
    """What takes t in a loop is met with `t = 0` first: numba would compile it for that 0, and then for any t."""
    assert count(5) == 5
    assert len(next_after.dispatcher.overloads) == 1


@entry("lll")
def everything(memory, count):
    m, most = floats(memory), np.float32(0.0)
    for i in range(count):
        if i == 3:
            continue
        k = 0
        while k < i and not m[k] > 8.0:
            k += 2
        most = max(most, abs(m[k]) ** 2 - m[0] / 3.0)
        m[i] += outermost(most)
    return count // 3 if most > 2.0 else next_after(count)


def test_the_steps_that_are_left_out_change_nothing_of_the_code(monkeypatch):
    ours = everything._fresh()
    for name, value in (("LEFT_OUT", ()), ("INSTEAD", {}), ("_steps", {})):
        where = kernel_pipeline if name.isupper() else kernel_pipeline._Compiler
        monkeypatch.setattr(where, name, value)
    monkeypatch.setattr(kernel_pipeline, "_Lower", kernel_pipeline.Lower)
    with monkeypatch.context() as whole:
        whole.delattr(kernel_pipeline._Steps, "run")  # numba's own
        numbas = everything._fresh()
    assert b"everything" in ours.code and unnumbered(ours.llvm) == unnumbered(numbas.llvm)


def unnumbered(llvm):
    """numba numbers what it compiles, and LLVM what has the same name."""
    return re.sub(r"%[\w.]+", "%", re.sub(r"\bv\d+B", "vB", re.sub(r"Bv\d+B|B\d+v\d+B", "BvB", llvm)))


@intrinsic
def unwritten(typingctx, x):
    def codegen(context, builder, sig, args):
        raise NumbaError("nobody wrote it")

    return x(x), codegen


def test_what_cannot_be_compiled_says_where():
    @entry("ll")
    def calls_it(x):
        return 2 * unwritten(x)

    with pytest.raises(NumbaError, match=r"(?s)nobody wrote it.*lowering .*test_jit\.py"):
        calls_it.compile()


def test_every_module_but_of_the_folders_without_kernels_names_the_build(tmp_path):
    counting = {"cli.py", "chain.py", "dsp/cli/a.py", "capture/b.py", "dsp/native/c.py"}
    others = {"cli/d.py", "capture/ir/e.py", "dsp/f.txt", "dsp/__pycache__/g.py", "bundled/deep/h.py"}
    for name in counting | others:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = list(build._sources(tmp_path))
    assert set(names) == counting and len(names) == len(counting)
