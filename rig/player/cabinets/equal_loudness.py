"""All cabinets equally loud: each is measured with this model and this playing, in the background, nearest first.

The playing is the loop, as long as there is none the guitar that comes with rig. The model's own output for it is
rendered once (again when the model or its gains change), then each cabinet that is ready is heard on it. Until a
cabinet has been heard its gain is guessed from its energy, and it counts as not matched.

All are as loud as the peakiest of them can be below -1 dBFS, or as loud as it was said (`aim`). Sounds that may come
next, other models included, are heard ahead (`prepare`).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...cabinet.bank import Bank
from ...cabinet.ir import IR, at_rate
from ...cabinet.loudness_match import CEILING_DBFS, Matching
from ...decibels import db_from_power, gain_from_db
from ...dsp.combined.row import RowNetwork
from ...dsp.dc_blocker import CORNER_HZ
from ...dsp.tone.cookbook import eq_sections, tone_sections
from ...errors import RigError
from ...sound import Sound
from ..carried import Carried

LIMIT_DB = 60.0  # no cabinet is made louder or softer by more
SETTLE_S = 1.0  # of the loop's end goes through the model before its beginning, beside what the model remembers
PAUSE_S = 0.05  # between two looks for work
BREATH_S = 0.002  # between two cabinets: the keys come first
MOST_OUTPUTS = 16  # of models that are kept, some 4 MB each


def model_output(sound: Sound, loop: NDArray[Any], sample_rate: float) -> NDArray[np.float64]:
    """What the model makes of a loop, shape (n,), that goes round for ever: what the cabinet hears, (n,)."""
    from scipy.signal import lfilter, sosfilt

    gained = np.asarray(loop, np.float32) * np.float32(gain_from_db(sound.input_gain_db))
    before_model = eq_sections(sample_rate, [band for band in sound.eq if band.before])
    network = None if sound.model is None else sound.model.network(sample_rate)
    if isinstance(network, RowNetwork):
        network.prepare_eq(sound.eq)
    before = round(SETTLE_S * sample_rate) + (0 if network is None else network.receptive_field_samples)
    whole = np.concatenate([np.resize(gained[::-1], before)[::-1], gained])
    if len(before_model):
        whole = sosfilt(before_model, whole).astype(np.float32)
    out = (whole if network is None else network.process(whole)).astype(np.float64)
    pole = 1.0 / (1.0 + 2.0 * math.pi * CORNER_HZ / sample_rate)
    out = lfilter([pole, -pole], [1.0, -pole], out - out[:before].mean())
    behind = [band for band in sound.eq if band.place(isinstance(network, RowNetwork)) == "behind"]
    sections = np.concatenate([eq_sections(sample_rate, behind), tone_sections(sample_rate, sound.tone_db)])
    if len(sections):
        out = sosfilt(sections, out)
    out = out[before:]
    result: NDArray[np.float64] = out * gain_from_db(sound.output_gain_db)
    return result


@dataclass(frozen=True, slots=True)
class _Rendered:
    """What was matched on the output of one sound. None: on that nothing can be matched."""

    sound: Sound
    matching: Matching | None


class EqualLoudness(Carried):
    """The gain of each cabinet, and the thread that finds it. One thread only may call the methods, except `hear`.

    `material`: reads the loop, called once, in the thread; `name`: what it is called. `bank`: where ready cabinets lie,
    in the order to hear them.
    """

    CARRIED = ("is_on", "_aim_lufs", "_is_alone", "_hand", "_before", "problem")
    REMADE = (
        *("sample_rate", "bank", "material_name", "_read_material", "_material", "_first_material"),
        *("_material_number", "_sound", "_rendered", "_latest", "_coming", "_closed", "_wake", "_thread", "is_busy"),
    )

    def __init__(self, sample_rate: float, material: Callable[[], NDArray[Any]], name: str) -> None:
        self.sample_rate, self.is_on, self.bank = sample_rate, False, Bank([], _nothing)
        self.material_name = name
        self.problem: str | None = None  # why nothing is matched, once
        self._read_material = material
        self._material: NDArray[Any] | None = None  # what was said to be used
        self._first_material: NDArray[Any] | None = None  # until then
        self._material_number = 0
        self._sound = Sound(interface=None)
        self._rendered: dict[tuple[Any, ...], _Rendered] = {}  # by what it depends on, the oldest first
        self._latest: _Rendered | None = None  # holds until that of the sound that plays is there
        self._coming: list[tuple[Sound, IR]] = []
        self._aim_lufs: float | None = None  # without the output trim, which is the player's own hand on the volume
        self._is_alone = (
            False  # what plays is as loud as was said, whatever lies beside it, until another one is played
        )
        self._hand: IR | None = None  # the cabinet that plays, or would: it is heard first
        self._before: IR | None = None  # the one that played before it
        self.is_busy = False  # there is more to hear, so gains may still move
        self._closed = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    # ------------------------------------------------------------ what is matched
    def switch(self, is_on: bool) -> None:
        """Match from now on, or leave every cabinet at its own level."""
        self.is_on, self._is_alone = is_on, False
        if not is_on:
            self._aim_lufs = None
        self._begin()

    @property
    def applies(self) -> bool:
        """Whether gains are applied: all are to be equally loud, or as loud as it was said."""
        return self.is_on or self._aim_lufs is not None

    def aim(self, lufs: float | None, output_trim_db: float) -> None:
        """How loud what plays shall be with that trim, which is in the player's hand afterwards; None: as loud as fits.

        Other cabinets lower it only when one of them is played.
        """
        self._aim_lufs = None if lufs is None else lufs - output_trim_db
        self._is_alone = True
        self._begin()

    def follow_aim(self, lufs: float, output_trim_db: float) -> None:
        """The same aim has moved, as more has been heard."""
        self._aim_lufs = lufs - output_trim_db

    def prepare(self, coming: Sequence[tuple[Sound, IR]]) -> None:
        """Hear these sounds before they are played."""
        self._coming = [(replace(sound, ir=None), ir) for sound, ir in coming]
        self._begin()

    def _begin(self) -> None:
        if self._thread is None and (self.applies or self._coming):
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
        self._wake.set()

    def _key(self, sound: Sound) -> tuple[Any, ...]:
        model = None if sound.model is None else (sound.model.content_hash, sound.model.size)
        return self._material_number, model, sound.input_gain_db, sound.output.gain_db, sound.tone_db, sound.eq

    @property
    def _matching(self) -> Matching | None:
        """Of the sound that plays, or until its model has been rendered the one before; None: there is none yet."""
        sound, aim_lufs = self._sound, self._aim_lufs
        rendered = self._rendered.get(self._key(sound))
        if rendered is None or rendered.matching is None:
            rendered = self._latest
        if rendered is None or rendered.matching is None:
            return None
        self._latest = rendered
        # What the output gain adds after the rendering, every peak gains. A trim below 0 is not made up for.
        softer_db = min(0.0, sound.output_trim_db) if aim_lufs is None else 0.0
        added_db = sound.output_gain_db - rendered.sound.output_gain_db
        rendered.matching.ceiling_dbfs = CEILING_DBFS - added_db + softer_db
        rendered.matching.aim_lufs = None if aim_lufs is None else aim_lufs + rendered.sound.output_trim_db
        return rendered.matching

    # ------------------------------------------------------------ gains
    def is_matched(self, ir: IR) -> bool:
        """Whether this cabinet's gain has been measured."""
        rendered = self._rendered.get(self._key(self._sound))
        return rendered is not None and rendered.matching is not None and bool(rendered.matching.heard(ir.content_hash))

    def wait_for(self, ir: IR, timeout_s: float) -> None:
        """Until this cabinet's gain has been measured with what plays, or for so long."""
        deadline = time.monotonic() + timeout_s
        while not self.is_matched(ir) and self._thread is not None and time.monotonic() < deadline:
            time.sleep(PAUSE_S / 10)

    def gain_db(self, ir: IR) -> float:
        """What to add to a cabinet's own level: measured, else guessed; 0 while every cabinet has its own level."""
        if not self.applies:
            return 0.0
        matching = self._matching
        found = None if matching is None else matching.gain_db(ir.content_hash, self._is_alone)
        if found is None:
            found = self._guess_db(ir, matching)
        return float(np.clip(found, -LIMIT_DB, LIMIT_DB)) if math.isfinite(found) else 0.0

    def _guess_db(self, ir: IR, matching: Matching | None) -> float:
        """As loud, by its energy, as a cabinet that has been heard, else as the one before it at its own level."""
        for known in (self._hand, self._before):
            gain_db = None if known is None or matching is None else matching.gain_db(known.content_hash)
            if known is not None and gain_db is not None:
                return gain_db + _energy_db(known) - _energy_db(ir)
        return 0.0 if self._before is None else _energy_db(self._before) - _energy_db(ir)

    @property
    def count(self) -> int:
        """How many are matched."""
        matching = self._matching
        return 0 if matching is None else matching.count

    def loudness_lufs(self, ir: IR) -> float | None:
        """How loud a cabinet is with what plays now, the gain of equal loudness included; None: not measured yet."""
        rendered = self._rendered.get(self._key(self._sound))
        heard = None if rendered is None or rendered.matching is None else rendered.matching.heard(ir.content_hash)
        if rendered is None or heard is None:
            return None
        return heard.loudness_lufs + self.gain_db(ir) + self._sound.output_trim_db - rendered.sound.output_trim_db

    def highest_lufs(self, sound: Sound, ir: IR) -> float | None:
        """As loud as a sound may be made before its peaks clip; None: not measured yet."""
        rendered = self._rendered.get(self._key(sound))
        heard = None if rendered is None or rendered.matching is None else rendered.matching.heard(ir.content_hash)
        return None if heard is None else CEILING_DBFS - (heard.peak_dbfs - heard.loudness_lufs)

    def take_in_hand(self, ir: IR) -> None:
        """The cabinet that plays, or would: it is heard first, and until then guessed from the one before."""
        if self._hand is None or ir.content_hash != self._hand.content_hash:
            self._before, self._hand = self._hand, ir
            self._wake.set()

    def compare_all(self) -> None:
        """The player goes through cabinets: all of them are as loud as the peakiest allows."""
        self._is_alone = self._is_alone and not self.is_on

    def hear(self, ir: IR) -> None:
        """Match one cabinet now, in the caller's thread, if there is something to match on."""
        matching = self._matching
        if self.applies and matching is not None and matching.heard(ir.content_hash) is None:
            matching.hear(ir.content_hash, ir)

    def forget(self, ir: IR) -> None:
        """It will not play again, and nobody shall be lowered for it."""
        matching = self._matching
        if matching is not None:
            matching.forget(ir.content_hash)

    def restore(self, state: Mapping[str, Any]) -> None:
        """Match as before; the loop comes by `use`."""
        super().restore(state)
        for name in ("_hand", "_before"):
            ir = getattr(self, name)
            setattr(self, name, None if ir is None else at_rate(ir, self.sample_rate))
        self._begin()

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
                busy = self._advance()
            except RigError as error:
                self.problem, busy = str(error), False
            except Exception as error:  # a mistake of ours must not stop the music
                self.problem, busy = f"Loudness is not matched: rig failed ({error}); please report it.", False
                self._closed.wait(1.0)
            self.is_busy = busy
            self._wake.wait(BREATH_S if busy else PAUSE_S)
            self._wake.clear()

    def _advance(self) -> bool:
        """One step: render a model, or hear one cabinet; False if there is nothing to do."""
        sound, hand = self._sound, self._hand
        matches = self.applies and hand is not None
        if matches and self._key(sound) not in self._rendered:
            self._render(sound)
            return True
        rendered = self._rendered.get(self._key(sound))
        matching = None if rendered is None else rendered.matching
        if matches and hand is not None and matching is not None and matching.heard(hand.content_hash) is None:
            matching.hear(hand.content_hash, hand)
            return True
        for coming, ir in self._coming:
            if self._key(coming) not in self._rendered:
                if len(self._rendered) < MOST_OUTPUTS:
                    self._render(coming)
                    return True
                continue
            matching = self._rendered[self._key(coming)].matching
            if matching is not None and matching.heard(ir.content_hash) is None:
                matching.hear(ir.content_hash, ir)
                return True
        return matches and self._hear_next()

    def _render(self, sound: Sound) -> None:
        key = self._key(sound)
        self._rendered[key] = _Rendered(sound, None)  # first: a loop that cannot be matched is not tried again
        material = self._material
        if material is None:
            if self._first_material is None:
                self._first_material = self._read_material()  # not into `_material`: meanwhile another may be used
            material = self._first_material
        matching = Matching(model_output(sound, material, self.sample_rate), round(self.sample_rate))
        hand = self._hand
        if hand is not None and key == self._key(self._sound):
            matching.hear(hand.content_hash, hand)
        self._rendered[key] = _Rendered(sound, matching)
        needed = {self._key(coming) for coming, _ in self._coming} | {key, self._key(self._sound)}
        for old in [kept for kept in self._rendered if kept not in needed or kept[0] != self._material_number]:
            if len(self._rendered) > MOST_OUTPUTS or old[0] != self._material_number:
                del self._rendered[old]

    def _hear_next(self) -> bool:
        matching = self._matching
        ready = [item.ir for at in self.bank.order if (item := self.bank.peek(at)) is not None]
        keys = [ir.content_hash for ir in ready]
        key = None if matching is None else matching.nearest(keys, 0)
        if matching is None or key is None:
            return False
        matching.hear(key, ready[keys.index(key)])
        return True


def _energy_db(ir: IR) -> float:
    return db_from_power(float(np.square(ir.taps, dtype=np.float64).sum()) / ir.channels)


def _nothing(_: Any) -> Any:
    raise RigError("There are no cabinets.")
