"""Levels that teach: how far the interface's gain knob may still be turned, and what is wrong with a level, in words.

The converter of an interface is used well where the loudest playing peaks between -9 and -3 dBFS. Whatever the knob
adds is taken off again in the sum (`preamp_gain_db`), so it changes noise and headroom but not the sound.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from ...engine import LOOP, PORT, Engine, Reading
from ...errors import LevelError
from ...levels import checked_preamp_gain_db
from ...noise_control import LOUDEST_NOISE_DBFS, STEADY_DB, noise_peak_dbfs
from ...sound import Sound
from ..events import Event, Tell

METERS: tuple[Literal["input", "model", "output"], ...] = ("input", "model", "output")
ZONE_DBFS = (-9.0, -3.0)
PLAYING_DBFS = -60.0  # a reading that peaks below this is a pause
REMEMBERED = 100  # readings of playing: ten seconds, as the live line reads ten times a second
ENOUGH = 10  # readings of playing before anything is said about the knob
FAR_BELOW_DBFS = -40.0  # the loudest a model hears in ten seconds of playing; a guitar comes to -30 to -10
DC_DBFS = -60.0  # from here on a constant at the input is told of
SELDOM_S = 60.0
VERY_SELDOM_S = 600.0
AUTO = "auto"  # in place of a gain: as the interface tells it


class Headroom:
    """Reads the meters, remembers the last ten seconds of playing. `sound()`: what plays. `is_live()`: not a loop.

    `turned(gain_db)` is told of a new gain of the knob, and `follow()` that it is to be read from the interface.
    """

    def __init__(
        self,
        engine: Engine,
        tell: Tell,
        sound: Callable[[], Sound],
        is_live: Callable[[], bool],
        turned: Callable[[float], None],
        follow: Callable[[], None] = lambda: None,
    ) -> None:
        self.engine, self.tell, self._sound, self._is_live = engine, tell, sound, is_live
        self._turned, self._follow = turned, follow
        self._input: deque[float] = deque(maxlen=REMEMBERED)
        self._model: deque[float] = deque(maxlen=REMEMBERED)
        self._knob_db: float | None = None  # at which the input was heard
        self._heard: object = None  # the model, and the gain in front of it
        self._told: dict[str, float] = {}
        self.clock = time.monotonic

    # ------------------------------------------------------------ the meters
    def read(self) -> dict[str, Reading]:
        """The meters since they were last read: input, model and output; warnings are told."""
        readings: dict[str, Reading] = {which: self.engine.reading(which) for which in METERS}
        sound = self._sound()
        if sound.preamp_gain_db != self._knob_db:
            self._input.clear()
            self._knob_db = sound.preamp_gain_db
        heard = sound.input_gain_db, sound.model
        if heard != self._heard:
            self._model.clear()
            self._heard = heard
        self._remember(readings["input"].peak_dbfs, readings["model"].peak_dbfs)
        self._warn(readings)
        return readings

    def _remember(self, input_dbfs: float, model_dbfs: float) -> None:
        """Take down a moment of playing; hum and noise are none, and what they were taken for at first is forgotten."""
        if input_dbfs < PLAYING_DBFS:
            return
        if input_dbfs <= LOUDEST_NOISE_DBFS:
            samples, _ = self.engine.heard(PORT if self._is_live() else LOOP)
            noise_dbfs = noise_peak_dbfs(samples, self.engine.sample_rate)
            if noise_dbfs is not None:
                above_dbfs, gain_db = noise_dbfs + STEADY_DB, self._sound().input_gain_db
                self._input = _above(self._input, above_dbfs)
                self._model = _above(self._model, above_dbfs + gain_db)
                return
        self._input.append(input_dbfs)
        self._model.append(min(model_dbfs, input_dbfs + self._sound().input_gain_db))  # a constant is no playing

    @property
    def loudest_dbfs(self) -> float | None:
        """The highest peak of the input in the last ten seconds of playing; None: too little has been played."""
        return max(self._input) if len(self._input) >= ENOUGH else None

    @property
    def room_db(self) -> tuple[float, float] | None:
        """By how much the knob may be turned, at least and at most, so that the loudest playing lies in the zone."""
        loudest = self.loudest_dbfs
        if loudest is None or not self._is_live():
            return None
        return ZONE_DBFS[0] - loudest, ZONE_DBFS[1] - loudest

    @property
    def hint(self) -> str:
        """That in words; empty: nothing is known."""
        room = self.room_db
        if room is None:
            return ""
        least, most = round(room[0]), round(room[1])
        if room[0] <= 0 <= room[1]:
            return "good level"
        return f"knob +{max(least, 1)} to +{most} dB" if room[0] > 0 else f"knob {min(most, -1)} to {least} dB"

    # ------------------------------------------------------------ warnings
    def _warn(self, readings: dict[str, Reading]) -> None:
        if self.engine.flat_tops() or (readings["input"].clips and self._is_live()):
            self._seldom(
                "clipping",
                SELDOM_S,
                "the interface clips: the tops of the guitar are cut off at its input. Turn its gain knob "
                "down by some 6 dB, then type the new gain ({knob}).",
            )
        if readings["output"].clips:
            self._seldom(
                "output",
                SELDOM_S,
                "the output clips: the tops are cut off in front of the interface. Turn the volume down ({volume-}), "
                "or the output trim ({output_trim-}).",
            )
        self._warn_of_dc()
        sound = self._sound()
        if sound.model is None:
            return
        hears_dbfs = readings["model"].peak_dbfs
        if hears_dbfs >= 0.1:
            trained = "" if sound.model_input is None else f" ({sound.model_input.dbu:.1f} dBu)"
            self._seldom(
                "above",
                SELDOM_S,
                f"{sound.model.path.name} hears peaks {hears_dbfs:.1f} dB above the loudest it was trained "
                f"with{trained}, and can only guess what the gear does there. Turn the guitar down a little, or "
                "take input trim off ({input_trim-}).",
            )
        if len(self._model) == REMEMBERED and max(self._model) < FAR_BELOW_DBFS:
            self._seldom(
                "below",
                VERY_SELDOM_S,
                f"in ten seconds of playing {sound.model.path.name} heard no more than "
                f"{max(self._model):.0f} dBFS; a guitar comes to -30 to -10. Is its volume up, is it in the "
                "instrument input, and is the gain of the knob the one you typed ({knob})?",
            )

    def _warn_of_dc(self) -> None:
        dc_dbfs = self.engine.dc_dbfs(PORT) if self._is_live() else -math.inf
        if dc_dbfs >= DC_DBFS:
            filtered = self.engine.noise.rumble_hz is not None
            model = (
                "the rumble filter keeps it from the model" if filtered else "the model hears it ({rumble}: no more)"
            )
            self._seldom(
                "dc",
                math.inf,
                f"the input holds a constant voltage (DC) of {dc_dbfs:.0f} dBFS, as an interface without a high-pass "
                f"gives. Meters, gate and tuner leave it out; {model}.",
            )

    def _seldom(self, name: str, every_s: float, text: str) -> None:
        now = self.clock()
        if now - self._told.get(name, -every_s) >= every_s:
            self._told[name] = now
            self.tell(Event("warning", text))

    # ------------------------------------------------------------ the knob
    def turn_knob(self, text: str) -> None:
        """The gain dialled in on the interface, as it is typed, or `auto`; all sums follow at once."""
        if text.strip().casefold() == AUTO:
            self._follow()
            return
        typed = text.strip().lower().removesuffix("db").strip().replace(",", ".")
        try:
            gain_db = float(typed)
        except ValueError:
            raise LevelError(
                f"{text.strip() or 'Nothing'} is no gain: type what the interface's knob adds above its minimum, in dB."
            ) from None
        self._turned(checked_preamp_gain_db(gain_db))


def _above(heard: deque[float], dbfs: float) -> deque[float]:
    return deque((level for level in heard if level > dbfs), maxlen=heard.maxlen)
