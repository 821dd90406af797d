"""Calls what `cross.py` made, in an emulator within this process, and counts each instruction that is executed.

The emulator (Unicorn, which is the core of QEMU) sees the memory of this process, so a network that Python has laid out
is played where it lies. A call of memset or memmove is done by this process's own: it is not counted as instructions,
and none is met on the way of a block.
"""

from __future__ import annotations

import ctypes
import struct
from collections import Counter
from typing import Any

import numpy as np
import unicorn
from neon import KINDS, kinds_of
from unicorn import arm64_const as arm

from rig.dsp.native import machine_code
from rig.dsp.native.compile import Entry
from rig.dsp.native.signature import LETTERS

PAGE, AROUND, STACK_BYTES, STUB_BYTES = 4096, 16 * 4096, 1 << 20, 16
RETURN = struct.pack("<I", 0xD65F03C0)
FLOATING_POINT_ON = 3 << 20
LETTERS_OF_FLOATS = {"f": "<f", "d": "<d"}
_INTEGERS = [getattr(arm, f"UC_ARM64_REG_X{i}") for i in range(8)]
_VECTORS = [getattr(arm, f"UC_ARM64_REG_Q{i}") for i in range(8)]


class Counted:
    """The one emulator of this process; from its making on, every `Entry` that Python calls runs in it.

    Without `counting` it is many times as fast.
    """

    def __init__(self, counting: bool = True) -> None:
        self._emulator = unicorn.Uc(unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM)
        self._stack = np.zeros(STACK_BYTES, np.uint8)
        self._stubs = np.frombuffer(RETURN * (2 * PAGE // len(RETURN)), np.uint8).copy()
        self._mapped: set[int] = set()
        self._blocks: Counter[tuple[int, int]] = Counter()
        self._kinds: dict[tuple[int, int], Counter[str]] = {}
        first = -(-self._stubs.ctypes.data // PAGE) * PAGE
        self._names = {first + STUB_BYTES * i: name for i, name in enumerate(machine_code.PROVIDED)}
        self._end = first + STUB_BYTES * len(self._names)
        self.provided_calls = 0
        emulator = self._emulator
        emulator.reg_write(arm.UC_ARM64_REG_CPACR_EL1, FLOATING_POINT_ON)
        emulator.hook_add(unicorn.UC_HOOK_MEM_UNMAPPED, self._map)
        if counting:
            emulator.hook_add(unicorn.UC_HOOK_BLOCK, self._met)
        emulator.hook_add(unicorn.UC_HOOK_CODE, self._provide, None, first, self._end - 1)
        for address, name in self._names.items():
            machine_code.llvm.add_symbol(name, address)
        Entry.__call__ = lambda entry, *arguments: self.call(entry, *arguments)

    def call(self, entry: Entry, *arguments: float) -> Any:
        """As the C calling convention of aarch64 has it."""
        emulator = self._emulator
        top = (self._stack.ctypes.data + STACK_BYTES - PAGE) & -16
        letters = entry.letters[1:]
        integers = [int(a) for a, letter in zip(arguments, letters, strict=True) if letter not in LETTERS_OF_FLOATS]
        for register, value in zip(_INTEGERS, integers, strict=False):
            emulator.reg_write(register, value & (1 << 64) - 1)
        for i, value in enumerate(integers[len(_INTEGERS) :]):
            ctypes.c_int64.from_address(top + 8 * i).value = value
        floats = [(a, LETTERS_OF_FLOATS[x]) for a, x in zip(arguments, letters, strict=True) if x in LETTERS_OF_FLOATS]
        for register, (value, form) in zip(_VECTORS, floats, strict=False):
            emulator.reg_write(register, int.from_bytes(struct.pack(form, value), "little"))
        emulator.reg_write(arm.UC_ARM64_REG_SP, top)
        emulator.reg_write(arm.UC_ARM64_REG_LR, self._end)
        emulator.emu_start(entry.address, self._end)
        result = entry.letters[0]
        if result in LETTERS_OF_FLOATS:
            bits = int(emulator.reg_read(_VECTORS[0])).to_bytes(16, "little")
            return struct.unpack_from(LETTERS_OF_FLOATS[result], bits)[0]
        kind = LETTERS[result].ctypes
        return None if kind is None else kind(emulator.reg_read(_INTEGERS[0])).value

    def forget(self) -> None:
        """Begin to count anew."""
        self._blocks.clear()
        self.provided_calls = 0

    def kinds(self) -> dict[str, int]:
        """How many instructions of each kind were executed since."""
        total: Counter[str] = Counter(dict.fromkeys(KINDS, 0))
        for block, times in self._blocks.items():
            if block not in self._kinds:
                address, size = block
                words = struct.unpack(f"<{size // 4}I", ctypes.string_at(address, size))
                self._kinds[block] = kinds_of(words)
            for kind, count in self._kinds[block].items():
                total[kind] += times * count
        return dict(total)

    def _met(self, emulator: Any, address: int, size: int, _: Any) -> None:
        if not self._end - STUB_BYTES * len(self._names) <= address <= self._end:
            self._blocks[address, size] += 1

    def _map(self, emulator: Any, access: int, address: int, size: int, value: int, _: Any) -> bool:
        """The pages around an address of this process, when it is first used."""
        with open("/proc/self/maps", encoding="ascii") as maps:
            ranges = [tuple(int(end, 16) for end in line.split()[0].split("-")) for line in maps]
        for start, end in ranges:
            if start <= address < end:
                near = address // AROUND * AROUND
                for page in range(max(start, near), min(end, near + AROUND), PAGE):
                    if page not in self._mapped:
                        emulator.mem_map_ptr(page, PAGE, unicorn.UC_PROT_ALL, ctypes.c_void_p(page))
                        self._mapped.add(page)
                return True
        return False

    def _provide(self, emulator: Any, address: int, size: int, _: Any) -> None:
        name = self._names.get(address)
        if name is not None:
            to, what, count = (emulator.reg_read(register) for register in _INTEGERS[:3])
            self.provided_calls += 1
            if name == "memset":
                ctypes.memset(to, what & 255, count)
            else:
                ctypes.memmove(to, what, count)
