"""What plays, as a preset: every value that makes the sound stands in it, whether it was chosen or not."""

from __future__ import annotations

from dataclasses import replace

from ...library.preset import LOUDNESS_LUFS, CabinetPart, Preset, SecondPlace
from ...library.preset_backing import PresetBacking
from ...nam import Blend, Model, Pair, Row
from ..live_rig import LiveRig
from .settings import PresetSettings

MATCHING_S = 2.0  # how long saving waits for a loudness that is being measured


def _second(model: Model) -> SecondPlace | None:
    """What plays behind the first model, if anything does."""
    if not isinstance(model, Pair):
        return None
    return SecondPlace(
        model.second.path,
        model.second.size,
        round(model.between_trim_db, 4) if isinstance(model, Row) else 0.0,
        model.first_quality,
        model.second_quality,
        model.off,
        round(model.share, 4) if isinstance(model, Blend) else None,
    )


def preset_of(
    rig: LiveRig,
    settings: PresetSettings,
    name: str,
    notes: str = "",
    backing: PresetBacking | None = None,
    *,
    exact: bool = False,
) -> Preset:
    """What plays. `exact`: wait for a mix that is being made and a loudness that is being measured."""
    sound, cabinets, mixer, equal = rig.sound, rig.cabinets, rig.mixer, rig.equal
    assert sound.model is not None
    if exact:
        mixer.arrive(MATCHING_S)
        if equal.applies and cabinets.playing is not None:
            equal.wait_for(cabinets.playing, MATCHING_S)
    parts: tuple[CabinetPart, ...] = ()
    if mixer.is_on and mixer.parts:
        parts = tuple(
            CabinetPart(strip.path, gain_db, strip.delay_ms, strip.pan, strip.inverted)
            for strip, gain_db in zip(mixer.parts, mixer.levels_db(), strict=True)
            if strip.path is not None
        )
    elif cabinets.hand is not None and cabinets.hand_path is not None:
        parts = (CabinetPart(cabinets.hand_path),)
    lufs = equal.loudness_lufs(cabinets.playing) if equal.applies and cabinets.playing is not None else None
    first = sound.model.first if isinstance(sound.model, Pair) else sound.model
    preset = Preset(
        name=name,
        model=sound.model.path,
        size=first.size,
        quality=sound.quality,
        second=_second(sound.model),
        cabinet=parts,
        aligned=mixer.is_on and mixer.aligned,
        no_cabinet=bool(parts) and cabinets.playing is None,
        bypass=rig.bypassed,
        level_mode=sound.level_mode or "normalized",
        input_trim_db=round(sound.input_trim_db, 4),
        output_trim_db=round(sound.output_trim_db, 4),
        bass_db=round(sound.bass_db, 4),
        middle_db=round(sound.middle_db, 4),
        treble_db=round(sound.treble_db, 4),
        presence_db=round(sound.presence_db, 4),
        eq=sound.eq,
        preamp_gain_db=sound.preamp_gain_db,
        equal_loudness=equal.is_on,
        loudness_lufs=None if lufs is None else min(max(lufs, LOUDNESS_LUFS[0]), LOUDNESS_LUFS[1]),
        backing=backing,
        notes=notes,
    )
    return replace(preset, **settings.now())
