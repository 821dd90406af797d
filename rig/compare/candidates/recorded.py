"""A recording as candidate: what another box or plug-in made of the same dry file.

It is laid beside the dry file, wherever it begins, at whatever rate and by whatever clock it was made. What was done
for that is stated: in sentences, and as figures (`facts.py`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...audio.align import ENOUGH
from ...audio.measures import count_full_scale, rms_dbfs
from ...audio.resample import CUTOFF, resample
from ...errors import CompareError
from ..faults import silence_fault
from ..figures.aliases import find_tone, recorded_aliasing
from ..pair import SILENT_DBFS, Take, read_mono
from .candidate import Candidate
from .facts import RecordingFacts
from .placing import Search, search
from .refusals import bypass_note, is_response, refuse_its_own_take, unrelated
from .two_clocks import Place, place

Signal = NDArray[np.float64]

LEAST_JUDGED = 0.5  # of what is judged a recording has to hold
LEAST_JUDGED_S = 0.3
WORTH_A_WORD_S = 0.1  # that are missing, or that it begins earlier or later


class Recording(Candidate):
    """A file, read and laid beside the dry file. Raises AudioError, CompareError with what it is instead."""

    kind = "recording"

    def __init__(self, take: Take, path: Path) -> None:
        self.path, self.name = path, path.stem
        self.input_gain_basis = "recorded elsewhere: what went into the box is not known here"
        refuse_its_own_take(path, take.files)
        notes: list[str] = []
        x, file_rate = read_mono(path, take.files.channel, notes)
        rate = take.sample_rate
        if rms_dbfs(x) < SILENT_DBFS:
            raise CompareError(f"{path.name} is silent; there is nothing in it to compare.")
        looked, self._x = self._searched(take, x, file_rate)
        self._place = place(take, self._x, round(looked.best.later), path.name)
        if self._place.confidence < ENOUGH:
            raise unrelated(path.name, x, file_rate, take, self._place.confidence)
        self.take = self._held(take, notes)
        self.later_samples = self._place.begin
        clipped = count_full_scale(x[self._judged_in_file(file_rate / rate)])
        y = self._place.laid(self._x, 0, len(take.dry))
        near = bypass_note(path.name, y, self.take)
        notes += [near] if near else []
        if file_rate != rate:
            lacks = f"; it holds nothing above {CUTOFF * file_rate / 2000:.1f} kHz" if file_rate < rate else ""
            notes.append(f"it has {file_rate} Hz, and was resampled to {rate} Hz{lacks}")
        if clipped:
            notes.append(f"it is clipped: {clipped} samples at full scale, where it is not the sound of the box")
        faults = (
            self._lost(looked),
            self._place.fault,
            silence_fault(take.dry, y, self.take.span, rate, path.name),
        )
        self.faults = tuple(fault for fault in faults if fault is not None)[:1]
        self.notes = (*notes, *self._own_notes(take, y))
        drift = (self._place.step - 1) * len(take.dry)
        is_known = self._place.is_known and not self.faults
        self.facts = RecordingFacts(
            sample_rate=file_rate,
            samples=len(x),
            begins_s=0.0 - self._place.begin / rate,
            judged_s=(self.take.span.start / rate, self.take.span.stop / rate),
            clock_ppm=1e6 * (self._place.step - 1) if is_known else None,
            drift_samples=drift if is_known else None,
            clipped_samples=clipped,
        )

    def answer(self, start: int, stop: int) -> Signal:
        """See `Candidate`."""
        return self._place.laid(self._x, start, stop)

    @property
    def held(self) -> slice:
        """The samples of the dry file that it holds."""
        return self._place.span(self._x, len(self.take.dry))

    def as_it_is(self, start: int, stop: int) -> Signal | None:
        """See `Candidate`: sample n of the file beside sample n of the dry file."""
        return Place(0.0).laid(self._x, start, stop)

    def aliasing(self, aligned: Signal) -> tuple[float | None, str]:
        """See `Candidate`: by a steady tone of the dry file, where it has one."""
        take = self.take
        return recorded_aliasing(aligned, find_tone(take.dry[take.span], take.sample_rate), take.sample_rate)

    def _searched(self, take: Take, x: Signal, file_rate: int) -> tuple[Search, Signal]:
        """Where the dry file lies in it, and it at the take's rate."""
        rate = take.sample_rate
        at_rate = resample(x, file_rate, rate)
        looked = search(take.dry, at_rate, rate, whiten=True)
        if looked.is_certain:
            return looked, at_rate
        by_sound = search(take.wet, at_rate, rate, whiten=False)
        if by_sound.is_certain:
            return by_sound, at_rate
        if file_rate != rate and search(take.dry, x, rate, whiten=True).is_certain:
            raise CompareError(
                f"{self.path.name} says it has {file_rate} Hz, and sounds right at {rate} Hz: its header is wrong. "
                "Export it again."
            )
        raise unrelated(self.path.name, x, file_rate, take, looked.best.confidence)

    def _judged_in_file(self, file_samples: float) -> slice:
        """What is judged, in samples of the file, of which there are so many in one of the take."""
        span, found = self.take.span, self._place
        ends = (file_samples * (found.begin + found.step * at) for at in (span.start, span.stop))
        return slice(*(max(0, round(end)) for end in ends))

    def _held(self, take: Take, notes: list[str]) -> Take:
        """The take, with what is judged cut down to what the recording holds; what is missing goes into `notes`."""
        rate, span = take.sample_rate, take.span
        held = self._place.span(self._x, len(take.dry))
        start, stop = max(span.start, held.start), min(span.stop, held.stop)
        whole_s, left_s = (span.stop - span.start) / rate, (stop - start) / rate
        if left_s < max(LEAST_JUDGED * whole_s, LEAST_JUDGED_S):
            if is_response(self._x, rate):
                raise unrelated(self.path.name, self._x, rate, take, 0.0)
            raise CompareError(
                f"{self.path.name} holds {max(0.0, left_s):.1f} of the {whole_s:.1f} s that are judged "
                f"({take.span_basis}): too little to be compared. Record the whole of {take.files.dry.name}."
            )
        if (start, stop) == (span.start, span.stop):
            return take
        if whole_s - left_s > WORTH_A_WORD_S:
            notes.append(
                f"it holds {left_s:.1f} of the {whole_s:.1f} s that are judged ({start / rate:.1f} to "
                f"{stop / rate:.1f} s): its figures are of these alone, and of less than those of the others"
            )
        return replace(take, span=slice(start, stop))

    def _own_notes(self, take: Take, y: Signal) -> list[str]:
        """What was done to lay it beside the dry file, and how sure that is."""
        found, dry = self._place, take.files.dry.name
        begins_s, notes = -found.begin / take.sample_rate, []
        if abs(begins_s) > WORTH_A_WORD_S:
            notes.append(f"it begins {abs(begins_s):.3f} s {'before' if begins_s < 0 else 'after'} {dry} does")
        if found.step != 1.0 and not self.faults:
            drift, ppm = (found.step - 1) * len(take.dry), 1e6 * (found.step - 1)
            notes.append(
                f"it drifts by {drift:+z.2f} samples ({ppm:+z.1f} ppm) from the start of {dry} to its end: it was made "
                "with another clock, which is taken out of the figures"
            )
        elif not found.is_known and not self.faults:
            notes.append("whether it drifts could not be told: it is too short for that, or too far from the gear")
        judged = self.take.span
        if np.array_equal(y[judged], take.wet[judged]):
            notes.append(f"it is {take.files.wet.name} sample for sample: a copy, or the very same processing")
        return notes

    def _lost(self, looked: Search) -> str | None:
        """What is said of a piece that is missing between two windows, or was put in there."""
        if looked.elsewhere is None:
            return None
        one, other = sorted((looked.best, looked.elsewhere))
        jump_s = (other.later - one.later) / self.take.sample_rate
        return (
            f"{self.path.name} jumps by {jump_s:+z.2f} s between {one.at_s:.1f} and {other.at_s:.1f} s of it: "
            f"{'a piece is missing' if jump_s < 0 else 'something was put in'} there, and no alignment holds on both "
            "sides of it"
        )
