"""What a screen of its own shows beside the live line: the sums as boxes, names and places, the mix. Plain JSON data.

Nothing here is read from a file, and nothing changes many times a second. Whoever listens blind finds no name in it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ...levels import LEVEL_MODES, Calibration, Level, OutputGain, output_gain
from ...nam import Blend, Model, Pair
from .tone_curve import tone_curves

if TYPE_CHECKING:
    from ...sound import Sound
    from ..parts import Parts
    from ..tools.loop_section import LoopSection


def details_of(parts: Parts) -> dict[str, Any]:
    """Take them down now."""
    return {
        "model": _model(parts),
        "preset": _preset(parts),
        "cabinet": _cabinet(parts),
        "compare": {"a": parts.audition.marked("A"), "b": parts.audition.marked("B"), "heard": parts.audition.heard},
        "mix": _mix(parts),
        "levels": levels_of(parts.rig.sound),
        "tone": tone_curves(parts.rig.sound, parts.rig.engine.sample_rate),
        "loop": parts.looper.state,
        "loop_wave": wave_of(parts.looper.section),
        "backing": _backing(parts),
        "training": parts.training.state,
        "tuner": {"a4_hz": parts.rig.tuner.a4_hz} if parts.rig.tuner.is_on else None,
    }


# ---------------------------------------------------------------- levels
def levels_of(sound: Sound) -> dict[str, Any]:
    """The sum of the input and that of the output, and what each level mode would give."""
    output_dbu = sound.model.output_level_dbu if sound.model is not None else None
    dialled = sound.preamp_gain_db, sound.gain_is_read
    modes = {mode: output_gain(mode, sound.loudness, output_dbu, sound.interface, *dialled) for mode in LEVEL_MODES}
    lacking = {"interface": sound.interface, "model_input": sound.model_input}
    return {
        "input": _sum(sound.calibration) | {"lacks": [name for name, level in lacking.items() if level is None]},
        "output": _output(sound.output),
        "modes": {mode: _output(gain) for mode, gain in modes.items()},
        "interface": _level(sound.interface),
        "model_input": _level(sound.model_input),
    }


def _sum(calibration: Calibration) -> dict[str, Any]:
    terms = [
        {"value": round(term.value, 4), "unit": term.unit, "label": term.label, "sign": term.sign}
        for term in calibration.terms
    ]
    text = str(calibration)
    return {"gain_db": round(calibration.gain_db, 4), "terms": terms, "missing": [*calibration.missing], "text": text}


def _output(gain: OutputGain) -> dict[str, Any]:
    return {"mode": gain.mode, "gain_db": round(gain.gain_db, 4), "text": gain.text}


def _level(level: Level | None) -> dict[str, Any] | None:
    return None if level is None else {"dbu": round(level.dbu, 4), "basis": level.basis}


# ---------------------------------------------------------------- what plays
@lru_cache(maxsize=4)
def _network_of(model: Model) -> dict[str, Any]:
    """What it is; asked ten times a second while somebody watches."""
    return {"shape": model.family or model.shape, "sizes": bool(model.sizes), "macs": model.macs_per_sample}


def _model(parts: Parts) -> dict[str, Any]:
    models, model = parts.models, parts.rig.sound.model
    network = {"shape": "", "sizes": False, "macs": None} if model is None else _network_of(model)
    return {
        "name": "" if model is None else models.name_of(model),
        "asked": models.asked_name,
        "place": models.place,
        "index": None if model is None else models.index_of(model.path),
        **network,
        "second": _second(parts, model),
    }


def _second(parts: Parts, model: Model | None) -> dict[str, Any] | None:
    """What plays behind the first model; None: nothing."""
    if not isinstance(model, Pair):
        return None
    second, files = parts.second, parts.second.files
    return {
        "name": second.name,
        "index": files.index(model.second.path) if model.second.path in files else None,
        "asked": second.label(second.asked) if second.preloader.waiting else None,
        "off": model.off,
        "beside": isinstance(model, Blend),
        "together": _together(model),
    }


@lru_cache(maxsize=4)
def _together(pair: Pair) -> str:
    """What brings the two together; asked ten times a second while somebody watches."""
    return f"{pair.JOINED}: {pair.together}"


def _preset(parts: Parts) -> dict[str, Any]:
    presets = parts.presets
    playing, setlist = presets.playing, presets.setlist
    return {
        "label": presets.label,
        "number": None if presets.position is None else setlist.entries[presets.position].number,
        "name": None if playing is None else playing.name,
        "index": presets.position,
        "asked": setlist.position if setlist.waiting else None,
        "changed": presets.label.endswith(" *"),
    }


def _cabinet(parts: Parts) -> dict[str, Any]:
    cabinets, mixer = parts.rig.cabinets, parts.rig.mixer
    browsing, blind = cabinets.browsing, cabinets.browsing.blind
    here = cabinets.bank.position if cabinets.bank.paths else None
    name = cabinets.name_of(cabinets.hand_path, "" if blind or cabinets.hand is None else cabinets.hand.ir.name)
    return {
        "name": name if cabinets.playing is not None else "off" if cabinets.hand is not None else "",
        "place": cabinets.place,
        "index": None if blind else cabinets.position,
        "asked": cabinets.label(here) if here is not None and cabinets.bank.waiting else None,
        "parts": len(mixer.parts) if mixer.is_on else 0,
        "gain": cabinets.gain_text,
        "progress": cabinets.progress,
        "note": "" if blind else parts.audition.note_of_playing,
        "playing": cabinets.playing is not None,
        "kept": len(browsing.kept),
        "rejected": len(browsing.rejected),
        "in_view": len(browsing.positions),
    }


def wave_of(section: LoopSection) -> dict[str, Any] | None:
    """A loop as a picture shows it; None: there is none."""
    return {"seconds": section.seconds, "peaks": section.peaks} if section.peaks else None


def _backing(parts: Parts) -> dict[str, Any] | None:
    track = parts.backing.track
    return None if track is None else {"name": track.path.name, "seconds": round(track.seconds, 2)}


def _mix(parts: Parts) -> dict[str, Any]:
    mixer, cabinets = parts.rig.mixer, parts.rig.cabinets
    if cabinets.browsing.blind:
        return {"chosen": 0, "soloed": None, "parts": []}
    return {
        "chosen": mixer.chosen,
        "soloed": mixer.soloed,
        "parts": [
            {
                "name": cabinets.name_of(part.path, part.item.ir.name),
                "gain_db": part.gain_db,
                "delay_ms": part.delay_ms,
                "pan": part.pan,
                "inverted": part.inverted,
            }
            for part in mixer.parts
        ],
    }
