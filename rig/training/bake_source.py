"""What can be baked: a model, two in a row, or a preset with its models, EQ, tone and trims."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..cabinet.prepared import PreparedIR
from ..capture.result.gear_metadata import GEAR_TYPES, TONE_TYPES, Gear
from ..errors import ModelError, PresetError, RigError
from ..files.folders import files_in
from ..files.row_path import JOINT, row_parts
from ..library import entered_levels
from ..library.preset import ENDING, FOLDER, Preset
from ..nam import Model, Pair, Row, load_model
from ..offline_player import OfflinePlayer
from ..player.presets.setlist import PresetLoader
from ..scripting.printable import printable
from ..sound import Sound
from ..trainer.layout import RATE
from .bake_facts import file_facts, kept, model_facts

BLOCK = 4096  # samples
AMPS = ("amp", "preamp")

Word = TypeVar("Word", bound=str)


@dataclass(frozen=True, slots=True)
class Source:
    """A sound that becomes the gear of a capture. `name`: its file, or both files of a row.

    `input_level_dbu`: of the model that hears the guitar; what the player entered wins over the file. `sound`: what a
    preset makes of its model; None: the model is heard alone. `left_out`: what of the preset is not baked. `preset`:
    the file; None: there is none. `cabinet`: the files of the impulse responses that are baked. `warnings`: what is
    odd about the preset, settings that rig does not know among them.
    """

    name: str
    model: Model
    input_level_dbu: float | None
    sound: Sound | None = None
    left_out: tuple[str, ...] = ()
    preset: Path | None = None
    cabinet: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def load(cls, named: str | Path, *, size: float = 1.0, with_cabinet: bool = False) -> Source:
        """Read what a person names: `a.nam`, `pedal.nam+amp.nam`, a preset's file, or the name of one in ./presets.

        `with_cabinet`: the cabinet of a preset is baked as well. Raises ModelError, PresetError, IRError: not to be
        read or played, made for another rate, no cabinet where one is wanted, a stereo one, a bypassed model.
        """
        file = _preset_file(Path(named))
        if file is not None:
            return cls._of_preset(Preset.load(file), file, with_cabinet)
        model = load_model(named, size)
        if isinstance(model, Row):  # as it is heard where it plays: what was entered wins over the file
            model = model.changed(second_input_dbu=entered_levels.input_level(model.second.content_hash))
        if with_cabinet:
            raise PresetError(
                f"{printable(model.path.name)}: only a preset has a cabinet to bake; leave --with-cabinet away."
            )
        _check_rate(model)
        entered_dbu = entered_levels.input_level(model.heard_hash)
        heard = Sound(model, interface=None, model_input_dbu=entered_dbu)
        return cls(_files(model), model, _input_level_dbu(heard))

    @classmethod
    def _of_preset(cls, preset: Preset, file: Path, with_cabinet: bool) -> Source:
        if preset.bypass:
            raise PresetError(f"{file.name}: its model is bypassed, so there is nothing to bake.")
        if with_cabinet and (not preset.cabinet or preset.no_cabinet):
            why = "its cabinet is switched off" if preset.cabinet else "it names no cabinet"
            raise PresetError(f"{file.name}: {why}; leave --with-cabinet away.")
        heard = preset if with_cabinet else replace(preset, cabinet=())
        taps = OfflinePlayer(RATE).longest_cabinet_samples if with_cabinet else 0
        item = PresetLoader(RATE, lambda path: PreparedIR.load(path, RATE, taps)).prepare(heard)
        _check_rate(item.model)
        ir = item.item.ir if item.item is not None else None
        if ir is not None and ir.channels > 1:
            raise PresetError(
                f"{file.name}: its cabinet is stereo, and a model has one channel; set every pan to 0, or leave "
                "--with-cabinet away."
            )
        sound = Sound(  # raw and without an interface: both belong to whoever plays the new model
            item.model,
            ir,
            interface=None,
            model_input_dbu=item.ready.entered_dbu,
            level_mode="raw",
            input_trim_db=preset.input_trim_db,
            output_trim_db=preset.output_trim_db,
            bass_db=preset.bass_db,
            middle_db=preset.middle_db,
            treble_db=preset.treble_db,
            presence_db=preset.presence_db,
            eq=preset.eq,
            quality=preset.quality,
        )
        baked = tuple(part.ir for part in heard.cabinet)
        left_out, warnings = _left_out(preset, with_cabinet), tuple(map(printable, preset.warnings))
        return cls(printable(file.name), item.model, _input_level_dbu(sound), sound, left_out, file, baked, warnings)

    def played(self, dry: NDArray[np.float64]) -> NDArray[np.float64]:
        """What it makes of a dry guitar at 48 kHz, (n,), from the state after long silence and not a sample late."""
        if self.sound is None:
            return np.asarray(self.model.render(dry, BLOCK), np.float64)
        return np.asarray(self.sound.render(dry, RATE), np.float64)

    @property
    def gear(self) -> Gear:
        """What the new model is of, as far as the source says it in the words of the format; without a name."""
        models = playing(self.model)
        kinds = [_one_of(GEAR_TYPES, each.gear_type) for each in models]
        kind = kinds[0] if len(set(kinds)) == 1 else None
        if isinstance(self.model, Row) and kinds[0] == "pedal" and kinds[-1] in AMPS:
            kind = "pedal_amp"
        if self.cabinet or self.model.has_cabinet:  # whoever plays it must know, and add none
            kind = "amp_pedal_cab" if any("pedal" in each for each in kinds if each) else "amp_cab"
        tone = _one_of(TONE_TYPES, models[-1].tone_type)
        return Gear(None, None, kind, kept(self.model.gear_make), kept(self.model.gear_model), tone)

    @property
    def output_level_dbu(self) -> float | None:
        """What 0 dBFS is worth at the output jack; None: not known, or a cabinet is behind it, which has no jack."""
        return None if self.cabinet else self.model.output_level_dbu

    @property
    def together(self) -> str | None:
        """What is between two models that both play, in words; None: there is one."""
        return self.model.together if isinstance(self.model, Pair) and self.model.off is None else None

    @property
    def second_input_dbu(self) -> float | None:
        """The input level of the second of two that both play, entered or stated; None: not known, or one plays."""
        both = isinstance(self.model, Pair) and self.model.off is None
        level = self.model.second_input if isinstance(self.model, Pair) and both else None
        return None if level is None else level.dbu

    def facts(self) -> dict[str, Any]:
        """Every file with its hash, and what it says of whose it is; as plain JSON data."""
        found: dict[str, Any] = {"models": [model_facts(each) for each in playing(self.model)]}
        if self.together is not None:
            found |= {"together": self.together, "second_input_dbu": self.second_input_dbu}
        if self.preset is not None:
            found["preset"] = file_facts(self.preset)
        if self.cabinet:
            found["cabinet"] = [file_facts(path) for path in self.cabinet]
        if self.left_out:
            found["left_out"] = list(self.left_out)
        if self.warnings:
            found["warnings"] = list(self.warnings)
        return found


def playing(model: Model) -> tuple[Model, ...]:
    """The models that are heard."""
    return model.playing if isinstance(model, Pair) else (model,)


def _files(model: Model) -> str:
    return JOINT.join(printable(each.path.name) for each in playing(model))


def _one_of(known: tuple[Word, ...], stated: str | None) -> Word | None:
    return next((word for word in known if word == stated), None)


def _input_level_dbu(sound: Sound) -> float | None:
    level = sound.model_input
    return None if level is None else level.dbu


def _check_rate(model: Model) -> None:
    for each in playing(model):
        if round(each.rate) != RATE:
            raise ModelError(
                f"{printable(each.path.name)}: made for {each.rate:g} Hz, the trainer knows {RATE} Hz and no other."
            )


def _preset_file(named: Path) -> Path | None:
    """The file of a preset, by its path or by its name in ./presets; None: `named` is none."""
    if named.suffix.lower() == ENDING:
        return named
    if named.suffix.lower() == ".nam" or named.exists() or row_parts(named) is not None or not FOLDER.is_dir():
        return None
    for file in files_in(FOLDER, (ENDING,)).files:
        if named.name == str(named) in (file.stem, _name(file)):
            return file
    return None


def _name(file: Path) -> str | None:
    try:
        return Preset.load(file).name
    except RigError:  # another preset that is broken is none of this
        return None


def _left_out(preset: Preset, with_cabinet: bool) -> tuple[str, ...]:
    """What a preset says, and what is not in the new model."""
    off = " that is switched off" if preset.no_cabinet else ""
    found = [] if with_cabinet or not preset.cabinet else [f"the cabinet{off} ({_irs(preset)})"]
    if preset.second is not None and preset.second.off is not None:
        bypassed = preset.model if preset.second.off == "first" else preset.second.model
        found.append(f"the model that is switched off ({printable(bypassed.name)})")
    found += ["the noise gate"] if preset.gate.get("on", False) else []
    found += [f"the rumble filter ({preset.rumble_hz:g} Hz)"] if preset.rumble_hz else []
    found += [f"the level mode ({preset.level_mode})"] if preset.level_mode is not None else []
    found += [f"the interface's gain ({preset.preamp_gain_db:g} dB)"] if preset.preamp_gain_db else []
    found += ["the equal loudness"] if preset.equal_loudness else []
    found += [f"the loudness ({preset.loudness_lufs:g} LUFS)"] if preset.loudness_lufs is not None else []
    return (*found, *(f"the settings of [{name}]" for name in preset.settings))


def _irs(preset: Preset) -> str:
    return JOINT.join(printable(part.ir.name) for part in preset.cabinet)
