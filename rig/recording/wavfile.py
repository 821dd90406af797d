"""A 24-bit WAV that grows while somebody plays, and is a valid file after every block.

libsndfile writes the header when a file is closed; a program that was killed leaves one that announces nothing. Here
the samples are written first and then the header that announces them, in one piece, so that whatever ends the program,
the file holds what was announced last. Past 4 GB the same header becomes RF64 (EBU Tech 3306), for which it keeps room
from the start.

Samples are rounded, without dither: those of a 24-bit converter come back as they were, and what rounding adds, at
-146 dBFS, lies 25 dB below the noise of the best converters, which is all the dither it needs.
"""

from __future__ import annotations

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLE_BYTES = 3
FULL_SCALE = 1 << 23
HEADER_BYTES = 80
WAV_LIMIT = (1 << 32) - HEADER_BYTES  # bytes of samples: sizes in a WAV have 32 bits
COPY_BYTES = 1 << 20  # at a time, when a removed file is put back

Opener = Callable[[Path], Any]


def open_new(path: Path) -> Any:
    """A file that did not exist before, to read and write without a buffer: what fails, fails where it is written."""
    return path.open("x+b", buffering=0)


def open_again(path: Path) -> Any:
    """A file that is there already, in the same way."""
    return path.open("r+b", buffering=0)


def packed(samples: NDArray[np.float32]) -> bytes:
    """Samples, shape (frames,) or (frames, channels), as little-endian 24-bit; beyond full scale they stop there.

    >>> packed(np.array([0.5, -1.0, 2.0], np.float32)).hex(" ", 3)
    '000040 000080 ffff7f'
    """
    scaled = np.rint(np.nan_to_num(samples.astype(np.float64, order="C")) * FULL_SCALE)
    whole = np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype("<i4")
    return whole.view(np.uint8).reshape(-1, 4)[:, :SAMPLE_BYTES].tobytes()


class GrowingWav:
    """One file of `channels`. `add` writes samples, `announce` makes them part of the file; both raise OSError.

    `wav_limit`: bytes of samples above which it is RF64. `opened` opens the file.
    """

    def __init__(
        self, path: Path, sample_rate: int, channels: int, wav_limit: int = WAV_LIMIT, opened: Opener = open_new
    ) -> None:
        self.path, self.sample_rate, self.channels = path, sample_rate, channels
        self.wav_limit, self._opened = wav_limit, opened
        self._frame_bytes = channels * SAMPLE_BYTES
        self._file = opened(path)
        if opened is open_again:
            return
        try:
            self.announce(0)
        except OSError:
            self.discard()
            raise

    @classmethod
    def reopened(cls, path: Path, sample_rate: int, channels: int) -> GrowingWav:
        """One that is there already, left by a program that was killed; it holds what was announced last."""
        return cls(path, sample_rate, channels, opened=open_again)

    def add(self, at: int, samples: NDArray[np.float32]) -> None:
        """Write samples from frame `at` on."""
        self._write(HEADER_BYTES + at * self._frame_bytes, packed(samples))

    def announce(self, frames: int) -> None:
        """Let the header say that so many frames are there."""
        self._write(0, self._header(frames))

    def finish(self, frames: int) -> None:
        """Announce the final length, take away what lies behind it, and close; nothing is left in a cache."""
        nbytes = frames * self._frame_bytes
        try:
            self._file.truncate(HEADER_BYTES + nbytes)
            if nbytes % 2:  # every chunk has even length
                with contextlib.suppress(OSError):  # readers do without, where the disk has no byte left
                    self._write(HEADER_BYTES + nbytes, b"\0")
            self.announce(frames)
            os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def discard(self) -> None:
        """Close and remove it."""
        with contextlib.suppress(OSError):
            self._file.close()
        self.path.unlink(missing_ok=True)

    @property
    def is_removed(self) -> bool:
        """Whether somebody has deleted it, or its folder, under our hands."""
        return os.fstat(self._file.fileno()).st_nlink == 0 and not self.path.exists()

    def put_back(self) -> None:
        """Write a removed file again: as long as it is open its content is still there."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        old, new = self._file, self._opened(self.path)
        try:
            at = 0
            old.seek(0)
            while block := old.read(COPY_BYTES):
                _write_all(new, at, block)
                at += len(block)
        except OSError:
            new.close()
            raise
        self._file = new
        old.close()

    def _write(self, at: int, content: bytes) -> None:
        _write_all(self._file, at, content)

    def _header(self, frames: int) -> bytes:
        nbytes = frames * self._frame_bytes
        riff_bytes = HEADER_BYTES - 8 + nbytes + nbytes % 2
        if nbytes > self.wav_limit:
            form, riff_size, data_size = b"RF64", 0xFFFFFFFF, 0xFFFFFFFF
            sizes = struct.pack("<4sIQQQI", b"ds64", 28, riff_bytes, nbytes, frames, 0)
        else:
            form, riff_size, data_size = b"RIFF", riff_bytes, nbytes
            sizes = struct.pack("<4sI28x", b"JUNK", 28)
        bytes_per_second = self.sample_rate * self._frame_bytes
        described = (1, self.channels, self.sample_rate, bytes_per_second, self._frame_bytes, 8 * SAMPLE_BYTES)
        return (
            struct.pack("<4sI4s", form, riff_size, b"WAVE")
            + sizes
            + struct.pack("<4sIHHIIHH", b"fmt ", 16, *described)
            + struct.pack("<4sI", b"data", data_size)
        )


def _write_all(file: Any, at: int, content: bytes) -> None:
    file.seek(at)
    rest = memoryview(content)
    while rest:  # a disk that is nearly full takes a part, and says so with the next one
        rest = rest[file.write(rest) :]
