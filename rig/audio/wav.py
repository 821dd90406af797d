"""Read and write audio files, and say what was found: rate, channels, depth, and what is odd about them.

WAV of any depth, RF64, W64, AIFF, CAF, AU, FLAC, Ogg and MP3 can be read. Samples are float64 of shape (frames,
channels), full scale is 1.0. How much a file may ask for is checked before anything is unpacked: a few kilobytes of
FLAC can hold hours. Writing goes to a temporary file in the same folder, which takes the final name only when it is
complete: a crash or a full disk never leaves half a file under that name, nor destroys an older one.
"""

from __future__ import annotations

import io
import os
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
from ..files.file_kinds import kind_of_file, way_out
from . import riff
from .kinds import FLAC_BITS, container_of, flac_header
from .quiet_decoder import quiet_decoder

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
LOSSY = {"MP3": "MP3", "VORBIS": "Ogg Vorbis", "OPUS": "Opus", "MPEG_LAYER_III": "MP3"}  # by format or coding

# Codings in which libsndfile finds any sample by itself; in Ogg Vorbis and MP3 it finds another one now and then.
WOUND = ("PCM_", "FLOAT", "DOUBLE", "ULAW", "ALAW")

MOST_CHANNELS = 64
LOWEST_HZ, HIGHEST_HZ = 1000, 1_536_000
MOST_SAMPLES = 1 << 26  # of all channels, of a file that is read as a whole: half a gigabyte, 23 minutes at 48 kHz
MOST_COUNTED_S = 24 * 3600.0  # of a file that does not say how long it is
_UNKNOWN_FRAMES = 1 << 40  # so many, or none, are no length that a file states

# libsndfile reads what is left of a cut-off AIFF or W64 without complaint; its log tells what the header had announced.
_CUT_OFF = re.compile(r"^ *(?:data|SSND|riff) *: (\d+) \(should be (\d+)\)", re.MULTILINE)


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """An audio file that has been read."""

    samples: NDArray[np.float64]  # (frames, channels), read-only
    sample_rate: int  # Hz
    format: str  # libsndfile's name of the container, e.g. "WAV"
    subtype: str  # and of the coding, e.g. "PCM_24"
    name: str  # the file's name with its ending
    notes: tuple[str, ...] = ()  # what is odd about the file, a sentence each without the last stop

    @property
    def channels(self) -> int:
        """How many channels."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def read(path: str | Path) -> Audio:
    """The whole file. Raises AudioError if it is missing, not audio, cut off, empty, too long, or holds NaN."""
    with Reader(path) as reader:
        return reader.read()


class Reader:
    """An audio file read in blocks; a context manager. Raises AudioError as `read` does, in part while reading.

    `frames`: how many samples each channel has; of a file that does not say, they are counted first, unless that was
    done before (`counted`). `notes`: what is odd about it. `lossy`: how it is coded, if that loses something.
    """

    def __init__(self, path: str | Path, counted: int | None = None) -> None:
        self.path = Path(path)
        self.notes: tuple[str, ...] = ()
        _check_readable(self.path)
        try:
            self._open()
        except OSError as error:
            raise AudioError(f"{self.path.name}: cannot be read ({error.strerror}).") from error
        try:
            self.sample_rate, self.channels = int(self._file.samplerate), int(self._file.channels)
            self.format, self.subtype = str(self._file.format), str(self._file.subtype)
            self.lossy = LOSSY.get(self.subtype) or LOSSY.get(self.format)
            self._check_header()
            self.frames = int(self._file.frames)
            if self._is_to_be_counted:
                self.frames = self._counted() if counted is None else counted
            if self.frames == 0:
                raise AudioError(f"{self.path.name}: an audio file without a single sample; export it again.")
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        name = self.path.name
        self._source: io.RawIOBase | None = None
        kind = container_of(self.path)
        # Of an MP3 the length is an estimate: encoders announce what they padded, or announce nothing.
        broken, self._is_to_be_counted = "", kind == "MP3"
        self._is_mp3 = kind == "MP3"
        if not kind:
            if (other := kind_of_file(self.path)) is not None:
                raise AudioError(f"{name}: {other}, not an audio file; {way_out(other, 'an audio file')}.")
            raise AudioError(
                f"{name}: not an audio file that can be read (Format not recognised); use WAV, AIFF, FLAC or CAF."
            )
        if kind == "WAV" and (waves := riff.walk(self.path)) is not None:
            broken, self.notes = waves.broken, (f"{name}: {waves.note}",) if waves.note else ()
            self._source = waves.opened(self.path) if waves.repair is not None else None
        if kind == "FLAC" and (flac := flac_header(self.path)) is not None:
            if flac.bits not in FLAC_BITS:
                raise AudioError(
                    f"{name}: FLAC of {flac.bits} bits; rig reads FLAC of 8, 16 and 24. Export it as WAV, or decode it "
                    f"with `flac -d`."
                )
            self._is_to_be_counted = flac.samples == 0
        try:
            self._file = self._sound_file()
        except (sf.LibsndfileError, TypeError, RuntimeError) as error:
            self._close_source()
            why = broken or str(getattr(error, "error_string", "no header")).rstrip(".")
            raise AudioError(
                f"{name}: not an audio file that can be read ({why}); use WAV, AIFF, FLAC or CAF."
            ) from error
        self._is_to_be_counted |= not 0 <= self._file.frames < _UNKNOWN_FRAMES

    def _sound_file(self) -> sf.SoundFile:
        """The file at its beginning."""
        self._is_read = False
        if self._source is not None:
            self._source.seek(0)
            return sf.SoundFile(self._source)
        # A name that is no UTF-8 is handed on as the bytes it consists of.
        with quiet_decoder(self._is_mp3):
            file = sf.SoundFile(os.fsencode(self.path) if os.name == "posix" else str(self.path))
        if self._is_to_be_counted:  # or soundfile would seek after each block, which fails where no length is stated
            file._info.seekable = 0
        return file

    def _check_header(self) -> None:
        """Refuse what is cut off, and what asks for more than anything real does, before a sample is unpacked."""
        name = self.path.name
        if not LOWEST_HZ <= self.sample_rate <= HIGHEST_HZ:
            raise AudioError(
                f"{name}: a sample rate of {self.sample_rate} Hz; rig reads {LOWEST_HZ} to {HIGHEST_HZ} Hz. Export it "
                "at 48000 Hz."
            )
        if self.channels > MOST_CHANNELS:
            raise AudioError(
                f"{name}: {self.channels} channels; rig reads files of up to {MOST_CHANNELS}. Export the one you want."
            )
        if self._source is None:
            for announced, present in ((int(a), int(p)) for a, p in _CUT_OFF.findall(str(self._file.extra_info))):
                if self.format not in ("WAV", "WAVEX", "RF64") and present + riff.SLACK < announced:
                    raise AudioError(
                        f"{name}: cut off; the header announces more than the {self._file.frames} samples that are "
                        "there. Copy or download the file again."
                    )

    def _counted(self) -> int:
        """Samples of each channel, by reading to the end once."""
        counted, most = 0, MOST_COUNTED_S * self.sample_rate
        try:
            while len(block := self._decoded(BLOCK // self.channels + 1, "float32")):
                counted += len(block)
                if counted > most:
                    raise AudioError(f"{self.path.name}: longer than {MOST_COUNTED_S / 3600:g} hours; cut it.")
        except (sf.LibsndfileError, RuntimeError) as error:
            raise AudioError(
                f"{self.path.name}: damaged or cut off; reading ended after {counted} samples. Copy or download the "
                "file again."
            ) from error
        self._file.close()
        self._file = self._sound_file()
        return counted

    def _decoded(self, frames: int, dtype: str) -> NDArray[Any]:
        with quiet_decoder(self._is_mp3):
            block: NDArray[Any] = self._file.read(frames, dtype=dtype, always_2d=True)
        return block

    def read(self) -> Audio:
        """The whole file. AudioError if it holds more than `MOST_SAMPLES`."""
        if self.frames * self.channels > MOST_SAMPLES:
            minutes, of = self.frames / self.sample_rate / 60, f" of {self.channels} channels" * (self.channels > 1)
            most = MOST_SAMPLES / self.channels / self.sample_rate / 60
            raise AudioError(
                f"{self.path.name}: {minutes:.0f} minutes{of} at {self.sample_rate} Hz; up to {most:.0f} minutes of "
                "that can be read at once. Cut it to what is needed."
            )
        samples = np.empty((self.frames, self.channels))
        done = 0
        for block in self.blocks():
            samples[done : done + len(block)] = block
            done += len(block)
        samples.flags.writeable = False
        return Audio(samples, self.sample_rate, self.format, self.subtype, self.path.name, self.notes)

    def blocks(self, frames: int = BLOCK, start: int = 0) -> Iterator[NDArray[np.float64]]:
        """The file from sample `start` on, in float64 arrays of shape (up to `frames`, channels)."""
        done, begun = start, False
        while done < self.frames:
            try:
                if not begun:
                    begun = True
                    self._go_to(start)
                block = self._decoded(min(frames, self.frames - done), "float64")
            except (sf.LibsndfileError, RuntimeError) as error:
                raise self._cut_off(done) from error
            if not len(block):
                raise self._cut_off(done)
            if not np.isfinite(block).all():
                bad = done + int(np.flatnonzero(~np.isfinite(block).all(axis=1))[0])
                raise AudioError(f"{self.path.name}: sample {bad} is not a number or infinite; export the file again.")
            done += len(block)
            yield block

    def _go_to(self, start: int) -> None:
        """Stand at a sample; where the file cannot be wound, what is before it is decoded."""
        is_wound = self.subtype.startswith(WOUND) and not self._is_to_be_counted
        left = 0 if is_wound else start
        if is_wound and (start or self._is_read):
            self._file.seek(start)  # also in a file that has lost its name meanwhile
        elif self._is_read:
            self._file.close()
            self._file = self._sound_file()
        self._is_read = True
        while left and len(block := self._decoded(min(left, BLOCK), "float32")):
            left -= len(block)

    def _cut_off(self, frames: int) -> AudioError:
        return AudioError(
            f"{self.path.name}: damaged or cut off; the header announces {self.frames} samples, reading ended "
            f"after {frames}. Copy or download the file again."
        )

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._close_source()

    def _close_source(self) -> None:
        if self._source is not None:
            self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
    except OSError as error:
        raise AudioError(f"{path.name}: cannot be read ({error.strerror}).") from error
    except ValueError as error:  # a zero byte in the name
        raise AudioError(f"{path.name}: cannot be read ({error}).") from error


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
            name_on_disk = os.fsencode(self._temporary) if os.name == "posix" else str(self._temporary)
            self._file = sf.SoundFile(name_on_disk, "x", int(sample_rate), channels, subtype=subtype, format=container)
        except (sf.LibsndfileError, OSError, ValueError) as error:
            forget(self._temporary)
            raise AudioError(f"{name}: cannot be written{reason(self.path, error)}.") from error

    def _refuse_existing(self) -> None:
        try:
            is_folder, is_there = self.path.is_dir(), os.path.lexists(self.path)
            os.stat(self.path.parent / self.path.name)
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:  # a name that no file can have
            raise AudioError(f"{self.path.name}: cannot be written{reason(self.path, error)}.") from error
        if is_folder:
            raise AudioError(f"{self.path.name}: a folder of that name exists; choose another name.")
        if not self._overwrite and is_there:
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
