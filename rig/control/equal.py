"""All cabinets equally loud: each is measured with this model and this playing, in the background, nearest first.

The playing is the loop, as long as there is none the guitar that comes with rig. The model's own output for it is
rendered once (again when the model or its input gain changes), then each cabinet that is ready is heard on it. Until a
cabinet has been heard its gain is guessed from its energy, and it counts as not matched.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cabinet.bank import Bank
from ..cabinet.fairness import CEILING_DBFS, Matching
from ..errors import RigError
from ..ir import IR
from ..lane import DC_BLOCKER_HZ
from ..levels import gain_from_db
from ..sound import Sound

LIMIT_DB = 40.0  # no cabinet is made louder or softer by more
SETTLE_S = 1.0  # of the loop's end goes through the model before its beginning, beside what the model remembers
PAUSE_S = 0.05  # between two looks for work
BREATH_S = 0.002  # between two cabinets: the keys come first


def model_output(sound: Sound, loop: NDArray[Any], sample_rate: float) -> NDArray[np.float64]:
    """What the model makes of a loop, shape (n,), that goes round for ever: what the cabinet hears, (n,)."""
    from scipy.signal import lfilter

    gained = np.asarray(loop, np.float32) * np.float32(gain_from_db(sound.input_gain_db))
    network = None if sound.model is None else sound.model.network(sample_rate)
    before = round(SETTLE_S * sample_rate) + (0 if network is None else network.receptive_field_samples)
    whole = np.concatenate([np.resize(gained[::-1], before)[::-1], gained])
    out = (whole if network is None else network.process(whole)).astype(np.float64)
    pole = 1.0 / (1.0 + 2.0 * math.pi * DC_BLOCKER_HZ / sample_rate)
    out = lfilter([pole, -pole], [1.0, -pole], out - out[:before].mean())[before:]
    result: NDArray[np.float64] = out * gain_from_db(sound.output_gain_db)
    return result


class EqualLoudness:
    """The gain of each cabinet, and the thread that finds it. One thread only may call the methods, except `hear`.

    `material`: reads the loop, called once, in the thread; `name`: what it is called. `bank`: where ready cabinets lie,
    in the order to hear them.
    """

    def __init__(self, sample_rate: float, material: Callable[[], NDArray[Any]], name: str) -> None:
        self.sample_rate, self.is_on, self.bank = sample_rate, False, Bank([], _nothing)
        self.material_name = name
        self.problem: str | None = None  # why nothing is matched, once
        self._read_material = material
        self._material: NDArray[Any] | None = None
        self._material_number = 0
        self._sound = Sound()
        self._matching: Matching | None = None
        self._made_of: tuple[Any, ...] = ()  # what the matching was made for
        self._rendered_output_db = 0.0
        self._anchor: IR | None = None  # the first cabinet: its own loudness is everyone's target
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------ what is matched
    def switch(self, is_on: bool) -> None:
        """Match from now on, or leave every cabinet at its own level."""
        self.is_on = is_on
        if is_on and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="rig matches loudness", daemon=True)
            self._thread.start()
        self._wake.set()

    def use(self, material: NDArray[Any], name: str) -> None:
        """Match on another loop."""
        self._material, self.material_name = material, name
        self._material_number += 1
        self._wake.set()

    def follow(self, sound: Sound) -> None:
        """The model or its levels may have changed."""
        self._sound = replace(sound, ir=None)
        self._set_ceiling()
        self._wake.set()

    def _set_ceiling(self) -> None:
        """What the output gain adds after the rendering, every peak gains."""
        if self._matching is not None:
            self._matching.ceiling_dbfs = CEILING_DBFS - (self._sound.output_gain_db - self._rendered_output_db)

    # ------------------------------------------------------------ gains
    def is_matched(self, ir: IR) -> bool:
        """Whether this cabinet's gain has been measured."""
        matching = self._matching
        return matching is not None and matching.gain_db(ir.content_hash) is not None

    def gain_db(self, ir: IR) -> float:
        """What to add to a cabinet's own level: measured, else guessed; 0 while every cabinet has its own level."""
        if not self.is_on:
            return 0.0
        matching, anchor = self._matching, self._anchor
        found = None if matching is None else matching.gain_db(ir.content_hash)
        if found is None:
            if anchor is None:
                return 0.0
            reference = None if matching is None else matching.gain_db(anchor.content_hash)
            found = (reference or 0.0) + _energy_db(anchor) - _energy_db(ir)
        return float(np.clip(found, -LIMIT_DB, LIMIT_DB)) if math.isfinite(found) else 0.0

    @property
    def count(self) -> int:
        """How many are matched."""
        return 0 if self._matching is None else self._matching.count

    @property
    def lowered_db(self) -> float:
        """How far all were lowered for the peakiest one."""
        return 0.0 if self._matching is None else self._matching.lowered_db

    def begin_with(self, ir: IR) -> None:
        """The cabinet that plays when all begins; it keeps its own level if nothing is too loud then."""
        if self._anchor is None:
            self._anchor = ir

    def hear(self, ir: IR) -> None:
        """Match one cabinet now, in the caller's thread, if there is something to match on."""
        matching = self._matching
        if self.is_on and matching is not None and matching.gain_db(ir.content_hash) is None:
            matching.hear(ir.content_hash, ir)

    def forget(self, ir: IR) -> None:
        """It will not play again, and nobody shall be lowered for it."""
        if self._matching is not None:
            self._matching.forget(ir.content_hash)

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(1.0)

    # ------------------------------------------------------------ all below runs in the thread
    def _work(self) -> None:
        while not self._closed.is_set():
            try:
                busy = self.is_on and self._anchor is not None and self._advance()
            except RigError as error:
                self.problem, busy = str(error), False
            except Exception as error:  # a mistake of ours must not stop the music
                self.problem, busy = f"Loudness is not matched: rig failed ({error}); please report it.", False
                self._closed.wait(1.0)
            self._wake.wait(BREATH_S if busy else PAUSE_S)
            self._wake.clear()

    def _advance(self) -> bool:
        """One step: render the model, or hear one cabinet; False if there is nothing to do."""
        if self._material is None:
            self._material = self._read_material()
        sound, material, anchor = self._sound, self._material, self._anchor
        assert anchor is not None
        model = sound.model
        made_of = (
            self._material_number,
            None if model is None else (model.content_hash, model.size),
            sound.input_gain_db,
        )
        if made_of != self._made_of:
            self._made_of = made_of  # first: a loop that cannot be matched is not tried again and again
            matching = Matching(model_output(sound, material, self.sample_rate), round(self.sample_rate))
            matching.hear(anchor.content_hash, anchor)
            self._matching, self._rendered_output_db = matching, sound.output_gain_db
            self._set_ceiling()
            return True
        now = self._matching
        ready = [item.ir for at in self.bank.order if (item := self.bank.peek(at)) is not None]
        keys = [ir.content_hash for ir in ready]
        key = None if now is None else now.nearest(keys, 0)
        if now is None or key is None:
            return False
        now.hear(key, ready[keys.index(key)])
        return True


def _energy_db(ir: IR) -> float:
    return 10.0 * math.log10(float(np.square(ir.taps, dtype=np.float64).sum()) / ir.channels)


def _nothing(_: Any) -> Any:
    raise RigError("There are no cabinets.")
