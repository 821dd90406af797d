"""Reads an object file as LLVM makes it on Linux (ELF, 64 bits): what it takes from elsewhere, and its instructions."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\x7fELF\x02\x01"  # 64 bits, little-endian
SYMBOLS, EXECUTABLE = 2, 4
AARCH64 = 183
_HEADER, _SECTION, _SYMBOL = struct.Struct("<16x2HI3QI6H"), struct.Struct("<2I4Q2I2Q"), struct.Struct("<IBBHQQ")


@dataclass(frozen=True, slots=True)
class Section:
    """One section. `link`: for symbols, which section holds their names."""

    kind: int
    flags: int
    link: int
    content: bytes


def is_object_file(code: bytes) -> bool:
    """Whether it is one of those read here; macOS and Windows have others."""
    return code.startswith(MAGIC)


def machine(code: bytes) -> int:
    """Whose instructions they are."""
    return int(_HEADER.unpack_from(code)[1])


def _sections(code: bytes) -> list[Section]:
    header = _HEADER.unpack_from(code)
    at, size, count = header[5], header[10], header[11]
    found = []
    for i in range(count):
        _, kind, flags, _, offset, length, link, _, _, _ = _SECTION.unpack_from(code, at + i * size)
        found.append(Section(kind, flags, link, code[offset : offset + length]))
    return found


def taken_from_elsewhere(code: bytes) -> set[str]:
    """Every name that the machine code needs and does not define: functions of a C library among them."""
    sections = _sections(code)
    names = set()
    for section in sections:
        if section.kind == SYMBOLS:
            texts = sections[section.link].content
            for name, _, _, where, _, _ in _SYMBOL.iter_unpack(section.content):
                if name and where == 0:
                    names.add(texts[name : texts.index(b"\0", name)].decode())
    return names


def instructions(code: bytes) -> Iterator[int]:
    """All instructions of a machine whose instructions have 32 bits."""
    for section in _sections(code):
        if section.flags & EXECUTABLE:
            yield from (word for (word,) in struct.iter_unpack("<I", section.content[: len(section.content) // 4 * 4]))
