"""How loud presets are: at their own level, as loud as their file says, or all equally loud.

What a file says holds whatever was called before it. Presets that are to be equally loud without a figure of their own
all come out at the loudest that the peakiest of them allows; they are heard ahead, so that each is right from its first
note.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...cabinet.ir import IR
from ...library.preset import Preset
from ...sound import Sound
from ..live_rig import LiveRig
from .setlist import PreparedPreset


class CommonLoudness:
    """The loudness of the presets of a list.

    `sound_of`: what one will sound like here; `is_equal`: whether it is to be as loud as others.
    """

    def __init__(
        self, rig: LiveRig, sound_of: Callable[[PreparedPreset], Sound], is_equal: Callable[[Preset], bool]
    ) -> None:
        self.rig, self._sound_of, self._is_equal = rig, sound_of, is_equal
        self.coming: list[tuple[Sound, IR]] = []  # all that are heard ahead
        self._equal: list[tuple[Sound, IR]] = []  # those of them that share one loudness
        self._made_of: tuple[object, ...] = ()

    def aim(self, preset: Preset) -> None:
        """A preset takes over, its sound has been set: as loud as it is to be."""
        equal = self.rig.equal
        lufs = preset.loudness_lufs
        if lufs is None and equal.is_on:
            lufs = self.lufs
        equal.aim(lufs, preset.output_trim_db)

    @property
    def lufs(self) -> float | None:
        """What all presets without a figure come out at; None: none of them has been heard yet."""
        highest = [self.rig.equal.highest_lufs(sound, ir) for sound, ir in self._equal]
        return min((lufs for lufs in highest if lufs is not None), default=None)

    def poll(self, ready: Sequence[PreparedPreset], playing: Preset | None) -> None:
        """Hear those that lie ready, and follow what was heard of them."""
        rig, equal = self.rig, self.rig.equal
        follows = equal.is_on and playing is not None
        if (
            not (follows or any(item.preset.loudness_lufs is not None for item in ready))
            or rig.cabinets.playing is None
        ):
            return
        items = [(item, item.item.ir) for item in ready if item.item is not None]
        sound = rig.sound
        desk = (sound.interface, sound.preamp_gain_db, sound.level_mode, equal.is_on)
        made_of = (*desk, *((item.preset, id(item.model), ir.content_hash) for item, ir in items))
        if made_of != self._made_of:
            self._made_of = made_of
            self.coming = [(self._sound_of(item), ir) for item, ir in items]
            self._equal = [
                coming
                for coming, (item, _) in zip(self.coming, items, strict=True)
                if item.preset.loudness_lufs is None and self._is_equal(item.preset)
            ]
            equal.prepare(self.coming)
        if follows and playing is not None and playing.loudness_lufs is None and self.lufs is not None:
            equal.follow_aim(self.lufs, playing.output_trim_db)
