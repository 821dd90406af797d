"""Audio files whose headers are odd, and those that hold far more than their size tells."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 48000


def chunk(kind: bytes, content: bytes, pad: bool = True, announced: int | None = None) -> bytes:
    """A chunk of a WAV file; `announced`: the length it claims."""
    head = kind + struct.pack("<I", len(content) if announced is None else announced)
    return head + content + b"\0" * (len(content) % 2 if pad else 0)


def form(channels: int = 1, tag: int = 1, depth: int = 2) -> bytes:
    """The `fmt ` chunk of whole numbers of 16 bits."""
    frame = channels * depth
    return chunk(b"fmt ", struct.pack("<HHIIHH", tag, channels, RATE, RATE * frame, frame, 8 * depth))


def wav_of(*chunks: bytes, whole: int | None = None, kind: bytes = b"RIFF") -> bytes:
    """A file of chunks; `whole`: the size it claims."""
    body = b"WAVE" + b"".join(chunks)
    return kind + struct.pack("<I", len(body) if whole is None else whole) + body


def ds64(whole: int, data: int, samples: int) -> bytes:
    """The chunk that tells the sizes of an RF64."""
    return chunk(b"ds64", struct.pack("<QQQI", whole, data, samples, 0))


def without_length(path: Path, samples: np.ndarray) -> Path:
    """A FLAC as a stream has it: the number of samples is not stated."""
    sf.write(path, samples, RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    path.write_bytes(content)
    return path


def with_bits(path: Path, bits: int) -> Path:
    """A FLAC that claims so many bits per sample."""
    sf.write(path, np.zeros(64), RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    packed = int.from_bytes(content[18:26], "big") & ~(0x1F << 36) | (bits - 1) << 36
    content[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(content)
    return path


def with_padding(path: Path, samples: np.ndarray, frames: int) -> Path:
    """An MP3 whose header announces `frames` more of its frames than there are."""
    sf.write(path, samples, RATE, format="MP3")
    content = bytearray(path.read_bytes())
    at = content.index(b"Xing") + 8
    content[at : at + 4] = (int.from_bytes(content[at : at + 4], "big") + frames).to_bytes(4, "big")
    path.write_bytes(content)
    return path


def announcing(path: Path, hours: float) -> Path:
    """A FLAC of some bytes whose header announces hours."""
    sf.write(path, np.zeros(4096), RATE, format="FLAC")
    content = bytearray(path.read_bytes())
    packed = int.from_bytes(content[18:26], "big") & ~((1 << 36) - 1) | round(hours * 3600 * RATE)
    content[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(content)
    return path
