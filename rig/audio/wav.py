"""Read and write audio files, and say what was found: rate, channels, depth.

Everything libsndfile knows can be read (WAV of any depth, RF64, AIFF, FLAC, CAF, ...). Samples are float64 of shape
(frames, channels), full scale is 1.0. Writing goes to a temporary file in the same folder, which takes the final name
only when it is complete: a crash or a full disk never leaves half a file under that name, nor destroys an older one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import soundfile as sf
from numpy.typing import NDArray

from ..errors import AudioError
from ..files.atomic_write import forget, give_name, reason, temporary_beside
from ..files.file_kinds import AUDIO, kind_of_file, way_out

BLOCK = 1 << 16  # frames in a block when a file is streamed

FORMATS = {
    ".wav": "WAV",
    ".flac": "FLAC",
    ".aif": "AIFF",
    ".aiff": "AIFF",
    ".caf": "CAF",
    ".w64": "W64",
    ".rf64": "RF64",
}
DEPTHS = {"PCM_16": 2, "PCM_24": 3, "PCM_32": 4, "FLOAT": 4, "DOUBLE": 8}  # bytes per sample
WAV_LIMIT = (1 << 32) - (1 << 16)  # bytes: sizes in WAV and AIFF have 32 bits; a little is left for the header

# libsndfile reads what is left of a cut-off file without complaint; its log tells what the header had announced.
_CUT_OFF = re.compile(r"^ *(?:data|SSND|riff) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_CUT_OFF_RF64 = "does not match value from 'ds64'"
_UNKNOWN_LENGTH = 0x7FF00000  # bytes: programs that write WAV into a pipe announce this or more
_SLACK = 16  # bytes: careless writers count padding


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """An audio file that has been read."""

    samples: NDArray[np.float64]  # (frames, channels), read-only
    sample_rate: int  # Hz
    format: str  # libsndfile's name of the container, e.g. "WAV"
    subtype: str  # and of the coding, e.g. "PCM_24"
    name: str  # the file's name with its ending

    @property
    def channels(self) -> int:
        """How many channels."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def read(path: str | Path) -> Audio:
    """The whole file. Raises AudioError if it is missing, not audio, cut off, empty, or holds NaN or infinity."""
    with Reader(path) as reader:
        return reader.read()


class Reader:
    """An audio file read in blocks; a context manager. Raises AudioError as `read` does, in part while reading."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        name = self.path.name
        _check_readable(self.path)
        try:
            self._file = sf.SoundFile(self.path)
        except (sf.LibsndfileError, TypeError) as error:  # TypeError: headerless formats, which nobody can guess
            kind = kind_of_file(self.path)
            if kind is not None and AUDIO not in kind:
                raise AudioError(f"{name}: {kind}, not an audio file; {way_out(kind, 'an audio file')}.") from error
            reason = getattr(error, "error_string", "no header").rstrip(".")
            raise AudioError(
                f"{name}: not an audio file that can be read ({reason}); use WAV, AIFF, FLAC or CAF."
            ) from error
        try:
            _check_header(self._file, name)
        except AudioError:
            self._file.close()
            raise
        self.sample_rate, self.channels = int(self._file.samplerate), int(self._file.channels)
        self.frames = int(self._file.frames)
        self.format, self.subtype = str(self._file.format), str(self._file.subtype)

    def read(self) -> Audio:
        """The whole file."""
        samples = np.concatenate(list(self.blocks()))
        samples.flags.writeable = False
        return Audio(samples, self.sample_rate, self.format, self.subtype, self.path.name)

    def blocks(self, frames: int = BLOCK) -> Iterator[NDArray[np.float64]]:
        """The file from its beginning, in float64 arrays of shape (up to `frames`, channels)."""
        done = 0
        while done < self.frames:
            try:
                if done == 0:
                    self._file.seek(0)
                block = self._file.read(frames, dtype="float64", always_2d=True)
            except sf.LibsndfileError as error:
                raise self._cut_off(done) from error
            if not len(block):
                raise self._cut_off(done)
            if not np.isfinite(block).all():
                bad = done + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
                raise AudioError(f"{self.path.name}: sample {bad} is not a number or infinite; export the file again.")
            done += len(block)
            yield block

    def _cut_off(self, frames: int) -> AudioError:
        return AudioError(
            f"{self.path.name}: damaged or cut off; the header announces {self.frames} samples, reading ended "
            f"after {frames}. Copy or download the file again."
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise AudioError(f"{path.name or path}: a folder, not an audio file; name a file in it.")
        if not path.exists():
            raise AudioError(f"{path.name}: no such file in {path.parent.absolute()}.")
        if not path.is_file():
            raise AudioError(f"{path.name}: not a file; name an audio file.")
        if path.stat().st_size == 0:
            raise AudioError(f"{path.name}: the file is empty (0 bytes); copy or download it again.")
        with path.open("rb"):
            pass
    except OSError as error:
        raise AudioError(f"{path.name}: cannot be read ({error.strerror}).") from error


def _check_header(file: sf.SoundFile, name: str) -> None:
    log = str(file.extra_info)
    cut = _CUT_OFF_RF64 in log
    for announced, present in _CUT_OFF.findall(log):
        cut |= int(present) + _SLACK < int(announced) < _UNKNOWN_LENGTH
    if cut:
        raise AudioError(
            f"{name}: cut off; the header announces more than the {file.frames} samples that are there. "
            "Copy or download the file again."
        )
    if file.frames == 0:
        raise AudioError(f"{name}: an audio file without a single sample; export it again.")


def write(
    path: str | Path,
    samples: NDArray[Any],
    sample_rate: int,
    subtype: str = "PCM_24",
    overwrite: bool = False,
) -> None:
    """Write a whole file; `samples` of shape (frames,) or (frames, channels). See `Writer`."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with Writer(path, sample_rate, channels, subtype, overwrite) as writer:
        writer.write(samples)


class Writer:
    """An audio file written in blocks; a context manager. The file appears when the `with` ends without an error.

    The format follows from the ending of the name. `subtype` is one of DEPTHS; the whole-number ones stop at full
    scale, without dither. Raises AudioError: unknown ending, a depth the format does not have, an existing file
    without `overwrite`, samples that are not finite, a folder or disk that cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int,
        channels: int = 1,
        subtype: str = "PCM_24",
        overwrite: bool = False,
    ) -> None:
        self.path, self._overwrite = Path(path), overwrite
        name = self.path.name
        container = FORMATS.get(self.path.suffix.lower())
        if container is None:
            raise AudioError(f"{name}: unknown ending {self.path.suffix or '(none)'}; rig writes {', '.join(FORMATS)}.")
        if subtype not in DEPTHS or not sf.check_format(container, subtype):
            known = ", ".join(depth for depth in DEPTHS if sf.check_format(container, depth))
            raise AudioError(f"{name}: {container} files cannot hold {subtype}; use one of {known}.")
        self._refuse_existing()
        self._bytes_left = WAV_LIMIT if container in ("WAV", "AIFF") else None
        self._frame_bytes = channels * DEPTHS[subtype]
        self._temporary = temporary_beside(self.path)
        try:
            self._file = sf.SoundFile(
                self._temporary, "x", int(sample_rate), channels, subtype=subtype, format=container
            )
        except (sf.LibsndfileError, OSError, ValueError) as error:
            forget(self._temporary)
            raise AudioError(f"{name}: cannot be written{reason(self.path, error)}.") from error

    def _refuse_existing(self) -> None:
        if self.path.is_dir():
            raise AudioError(f"{self.path.name}: a folder of that name exists; choose another name.")
        if not self._overwrite and self.path.exists():
            raise AudioError(
                f"{self.path.name}: the file exists already; choose another name, or replace it with --overwrite."
            )

    def write(self, samples: NDArray[Any]) -> None:
        """Append a block, shape (frames,) or (frames, channels)."""
        if not np.isfinite(samples).all():
            raise AudioError(f"{self.path.name}: not written, the signal holds values that are not numbers.")
        if self._bytes_left is not None:
            self._bytes_left -= len(samples) * self._frame_bytes
            if self._bytes_left < 0:
                raise AudioError(
                    f"{self.path.name}: more than the 4 GB this format can hold; write .w64 or .rf64 instead."
                )
        try:
            self._file.write(samples)
        except (sf.LibsndfileError, OSError, ValueError) as error:
            raise AudioError(f"{self.path.name}: cannot be written{reason(self.path, error)}.") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
            if kind is None:
                self._refuse_existing()
                give_name(self._temporary, self.path, self._overwrite)
        except (sf.LibsndfileError, OSError) as failure:
            if isinstance(failure, FileExistsError):  # another program was faster
                self._refuse_existing()
            raise AudioError(f"{self.path.name}: cannot be written{reason(self.path, failure)}.") from failure
        finally:
            forget(self._temporary)
