"""Everything that can be done while playing: one table, behind keys, MIDI, presets and any other front end.

The table owns all there is to know about a command: its name, what it takes, how it is read and carried out, and the
line of a preset that holds it. A key for it stands in `player/key_map.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dsp.network.quality import QUALITIES
from ..dsp.rumble import CUTOFFS_HZ
from ..levels import MAX_PREAMP_GAIN_DB
from ..library.preset import INPUT_TRIM_DB, OUTPUT_TRIM_DB, PART_DELAY_MS, PART_GAIN_DB
from ..noise_control import HIGHEST_GATE_DBFS, LOWEST_GATE_DBFS
from .browse_order import VIEWS, VIEWS_OF_MODELS
from .command import Command, PresetLine, action, choice, line, numbered, switch, table_of, value
from .finding.finding_commands import finding_commands
from .following.training_commands import training_commands
from .row.row_commands import row_commands
from .tone_commands import tone_commands
from .tools.backing_commands import backing_commands
from .tools.loop_section import section_commands
from .tools.volume import HIGHEST_DB, LOWEST_DB

if TYPE_CHECKING:
    from .parts import Parts

LEVEL_ORDER = ("normalized", "raw", "calibrated")  # in which a key goes through them
GATE_DBFS = (LOWEST_GATE_DBFS, HIGHEST_GATE_DBFS)


def _say_gate(parts: Parts) -> None:  # one for both, so that both are told in one sentence
    parts.rig.noise.say("gate")


GROUPS: dict[str, tuple[Command[Parts], ...]] = {
    "Presets": (
        numbered("preset", "preset by its number, 0 also the tenth", lambda p, number: p.presets.call(number)),
        numbered("preset_at", "preset by its index in the list, from 0", lambda p, index: p.presets.choose(index)),
        action("next_preset", "next preset", lambda p: p.presets.step(1)),
        action("previous_preset", "previous preset", lambda p: p.presets.step(-1)),
        line(
            "save_preset",
            "save what plays as a preset",
            "Name",
            lambda p, name: p.presets.save(name),
            check=lambda p: p.presets.check_save(),
        ),
        action("overwrite_preset", "write what plays over the preset called last", lambda p: p.presets.overwrite()),
        line(
            "rename_preset",
            "rename the preset that plays",
            "New name",
            lambda p, name: p.presets.rename(name),
            check=lambda p: p.presets.check_edit(),
        ),
        line(
            "renumber_preset",
            "another number for the preset that plays; its owner takes the old one",
            "New number of the preset",
            lambda p, text: p.presets.renumber(text),
            check=lambda p: p.presets.check_edit(),
        ),
        action("delete_preset", "delete the preset that plays; it sounds on", lambda p: p.presets.delete()),
        action("undo_preset", "take back what was done to a preset last", lambda p: p.presets.undo()),
    ),
    "Model": (
        action("next_model", "next model", lambda p: p.models.step(1)),
        action("previous_model", "previous model", lambda p: p.models.step(-1)),
        action("first_model", "first model", lambda p: p.models.go_to_end(1)),
        action("last_model", "last model", lambda p: p.models.go_to_end(-1)),
        numbered("model", "model by its index in the list, from 0", lambda p, index: p.models.choose(index)),
        line("jump_model", "go to a model by its number", "Number of the model", lambda p, text: p.models.jump(text)),
        *finding_commands(lambda p: p.finding),
        switch(
            "favourite_model",
            "favourite model or not; remembered",
            lambda p: p.models.is_favourite,
            lambda p, on: p.models.favour(on),
        ),
        choice(
            "view_models",
            "step through all models, the favourites, or what was found",
            VIEWS_OF_MODELS,
            lambda p: p.models.order.view,
            lambda p, view: p.models.view(view),
            press=lambda p: p.models.press_view(),
        ),
        value(
            *("size", "how much plays of a model that has several sizes", "", (0.0, 1.0), 0.25),
            lambda p: p.models.playing_size,
            lambda p, size: p.models.resize(size),
            default=1.0,
        ),
        choice(
            "quality",
            "times the model's rate: the more, the less folds back as notes that nobody played",
            tuple(float(each) for each in QUALITIES),
            lambda p: float(p.rig.sound.quality),
            lambda p, quality: p.models.set_quality(int(quality)),
            unit="x",
            preset=PresetLine("quality", of_sound=True),
        ),
        switch(
            "bypass",
            "model bypass: the dry guitar through the cabinet",
            lambda p: p.rig.bypassed,
            lambda p, on: p.models.bypass(on),
            preset=PresetLine("bypass", of_sound=True),
        ),
    ),
    "Two models": row_commands(lambda p: p.second),
    "Training": training_commands(lambda p: p.training),
    "Levels": (
        value(
            *("output_trim", "output trim", "dB", (-OUTPUT_TRIM_DB, OUTPUT_TRIM_DB), 1.0),
            lambda p: p.rig.sound.output_trim_db,
            apply=lambda p, db: p.rig.change_levels(output_trim_db=db),
            preset=PresetLine("output_trim_db", of_sound=True),
        ),
        value(
            *("input_trim", "input trim", "dB", (-INPUT_TRIM_DB, INPUT_TRIM_DB), 0.5),
            lambda p: p.rig.sound.input_trim_db,
            apply=lambda p, db: p.rig.change_levels(input_trim_db=db),
            preset=PresetLine("input_trim_db", of_sound=True),
        ),
        value(
            *("preamp_gain", "gain dialled in on the interface", "dB", (0.0, MAX_PREAMP_GAIN_DB), 1.0),
            lambda p: p.rig.sound.preamp_gain_db,
            apply=lambda p, db: p.rig.turn_knob(db),
            say=lambda p: p.rig.describe_levels(),
            preset=PresetLine("preamp_gain_db", of_sound=True),
        ),
        switch(
            *("follow_knob", "take the gain that the interface tells, or the one that is typed"),
            lambda p: p.rig.knob.is_following,
            lambda p, on: p.rig.knob.switch(on),
        ),
        choice(
            "level_mode",
            "next level mode: normalized, raw, calibrated",
            LEVEL_ORDER,
            lambda p: p.rig.level_mode,
            lambda p, mode: p.rig.set_level_mode(mode),
            preset=PresetLine("level", of_sound=True),
        ),
        switch(
            "equal_loudness",
            "all cabinets equally loud, or each at its own level",
            lambda p: p.rig.equal.is_on,
            lambda p, on: p.rig.cabinets.play_equally_loud(on),
            preset=PresetLine("equal_loudness", of_sound=True),
        ),
        switch(
            *("mute", "mute"),
            lambda p: p.rig.muted,
            apply=lambda p, on: p.rig.mute(on),
            say=lambda p: p.rig.say_muted(),
        ),
        line(
            "knob",
            "type the gain dialled in on the interface, or auto to read it",
            "Gain of the knob above its minimum (dB, or auto)",
            lambda p, text: p.headroom.turn_knob(text),
        ),
        line(
            "interface",
            "name your audio interface, for the sum of the levels",
            "Interface (name, dBu at 0 dBFS, or none)",
            lambda p, text: p.interface.name(text),
        ),
        line(
            "max_input",
            "level of your interface in dBu at 0 dBFS, gain at its minimum",
            "Level of the interface (dBu at 0 dBFS)",
            lambda p, text: p.interface.name_level(text),
        ),
        line(
            "model_level",
            "input level of the model that plays; remembered for its file",
            "Input level of the model (dBu, or none)",
            lambda p, text: p.models.enter_level(text),
        ),
    ),
    "Tone": tone_commands(lambda p: p.rig),
    "Noise and tuning": (
        switch(
            "gate",
            "noise gate; the first time it is set by the noise: damp the strings",
            lambda p: p.rig.noise.gate_is_on,
            apply=lambda p, on: p.rig.noise.put("gate", on),
            say=_say_gate,
            press=lambda p: p.rig.noise.press_gate(),
            preset=PresetLine("on", "gate"),
        ),
        value(
            *("gate_threshold", "where the gate opens, peak of the guitar", "dBFS", GATE_DBFS, 1.0),
            lambda p: p.rig.noise.threshold_dbfs,
            apply=lambda p, dbfs: p.rig.noise.put("gate_threshold", dbfs),
            say=_say_gate,
            default=-60.0,
            preset=PresetLine("threshold_dbfs", "gate"),
        ),
        choice(
            "rumble",
            "rumble filter in front of the model: 40, 60, 80 Hz, off",
            (0.0, *CUTOFFS_HZ),
            lambda p: p.rig.noise.rumble_hz,
            unit="Hz",
            apply=lambda p, hz: p.rig.noise.put("rumble", hz),
            say=lambda p: p.rig.noise.say("rumble"),
            preset=PresetLine("rumble_hz"),
        ),
        switch("tuner", "tuner", lambda p: p.rig.tuner.is_on, lambda p, on: p.rig.tuner.switch(on)),
    ),
    "Cabinets": (
        action("next_ir", "next cabinet", lambda p: p.audition.step(1)),
        action("previous_ir", "previous cabinet", lambda p: p.audition.step(-1)),
        action("first_ir", "first cabinet", lambda p: p.audition.go_to_end(1)),
        action("last_ir", "last cabinet", lambda p: p.audition.go_to_end(-1)),
        numbered("cabinet", "cabinet by its index in the list, from 0", lambda p, index: p.audition.choose(index)),
        line("jump_ir", "go to a cabinet by its number", "Number", lambda p, text: p.audition.jump(text)),
        line(
            "search_ir",
            "search by words of the name, with / in front for models; without a text: the next one found",
            "Search",
            lambda p, text: p.finding.search_either(text, p.audition),
            preview=lambda p, text: p.finding.preview_either(text, p.audition),
            check=lambda p: p.audition.check_search(),
        ),
        switch(
            "no_cabinet",
            "cabinet off or on",
            lambda p: p.rig.cabinets.playing is None,
            lambda p, off: p.rig.cabinets.switch_off(off),
            preset=PresetLine("no_cabinet", of_sound=True),
        ),
        line(
            "open_irs",
            "another folder of cabinets",
            "Folder",
            lambda p, text: p.rig.cabinets.open_folder(text),
            path="folder",
        ),
        action("ir_problems", "which files cannot be used, and why", lambda p: p.rig.cabinets.tell_problems()),
    ),
    "Choosing": (
        switch(
            "favourite",
            "favourite or not; remembered",
            lambda p: p.audition.is_favourite,
            lambda p, on: p.audition.favour(on),
            press=lambda p: p.audition.press_favourite(),
        ),
        line(
            *("note", "a note about the cabinet; remembered", "Note"),
            lambda p, text: p.audition.note(text),
            check=lambda p: p.audition.check_remark(),
        ),
        switch(
            "keep",
            "keep it on the shortlist, or not",
            lambda p: p.audition.is_kept,
            lambda p, on: p.audition.keep(on),
        ),
        action("reject", "reject it and go on to the next", lambda p: p.audition.reject()),
        action("undo_choice", "take back what was kept or rejected last", lambda p: p.audition.undo_choice()),
        choice(
            "view",
            "step through all, the kept, the favourites",
            VIEWS,
            lambda p: p.rig.cabinets.browsing.view,
            lambda p, view: p.audition.view(view),
        ),
        action(
            *("everything", "forget what was kept and rejected; once more: have it back"),
            lambda p: p.audition.include_all(),
            danger=True,
        ),
        action("mark_a", "what plays is A", lambda p: p.audition.mark("A")),
        action("mark_b", "what plays is B", lambda p: p.audition.mark("B")),
        choice(
            "compare",
            "A or B",
            ("A", "B"),
            lambda p: p.audition.heard,
            lambda p, which: p.audition.compare(which),
            press=lambda p: p.audition.press_compare(),
        ),
        switch(
            "blind",
            "blind: random order without names; again: the names",
            lambda p: p.rig.cabinets.browsing.blind,
            lambda p, on: p.audition.listen_blind(on),
        ),
    ),
    "Loop": (
        switch(
            "record_loop",
            "record the guitar into a loop: once to begin, once to end",
            lambda p: p.looper.recorded_s is not None,
            lambda p, on: p.looper.record(on),
        ),
        switch(
            "loop",
            "the loop or the live guitar",
            lambda p: p.looper.is_looping,
            lambda p, on: p.looper.play_loop(on),
            press=lambda p: p.looper.press_loop(),
        ),
        *section_commands(lambda p: p.looper.section),
    ),
    "Backing": backing_commands(lambda p: p.backing),
    "Mix": (
        action("mix_add", "hold this cabinet and hear another one with it, up to four", lambda p: p.rig.mixer.add()),
        numbered(
            *("mix_part", "choose the next part; next and previous change its cabinet"),
            lambda p, number: p.rig.mixer.choose(number),
        ),
        action("mix_remove", "take the chosen part away", lambda p: p.rig.mixer.remove()),
        numbered(
            *("mix_solo", "hear a part of the mix alone, by its number; 0: the mix again"),
            lambda p, number: p.rig.mixer.solo(number),
        ),
        value(
            *("part_gain", "gain of the part", "dB", (-PART_GAIN_DB, PART_GAIN_DB), 0.5),
            lambda p: p.rig.mixer.value("gain_db"),
            lambda p, db: p.rig.mixer.set("gain_db", db),
            preset=PresetLine("gain_db", "cabinet", of_sound=True),
        ),
        value(
            *("part_delay", "delay of the part", "ms", (-PART_DELAY_MS, PART_DELAY_MS), 0.02),
            lambda p: p.rig.mixer.value("delay_ms"),
            lambda p, ms: p.rig.mixer.set("delay_ms", ms),
            preset=PresetLine("delay_ms", "cabinet", of_sound=True),
        ),
        value(
            *("part_pan", "pan of the part, -1 left to 1 right", "", (-1.0, 1.0), 0.1),
            lambda p: p.rig.mixer.value("pan"),
            lambda p, pan: p.rig.mixer.set("pan", pan),
            preset=PresetLine("pan", "cabinet", of_sound=True),
        ),
        switch(
            "part_invert",
            "turn the part over",
            lambda p: p.rig.mixer.is_inverted,
            lambda p, on: p.rig.mixer.invert(on),
            preset=PresetLine("invert", "cabinet", of_sound=True),
        ),
        switch(
            "mix_align",
            "align all parts with the first in time and polarity, or not",
            lambda p: p.rig.mixer.aligned,
            lambda p, on: p.rig.mixer.align(on),
            preset=PresetLine("align", of_sound=True),
        ),
        switch(
            "mix", "the mix or the chosen part alone", lambda p: p.rig.mixer.is_on, lambda p, on: p.rig.mixer.play(on)
        ),
        line(
            "export",
            "write what plays as one file",
            "File (Enter: a new one in ./irs)",
            lambda p, text: p.rig.mixer.export(text),
            check=lambda p: p.rig.mixer.check_export(),
            path="file",
        ),
        action("draw", "draw what plays into a picture", lambda p: p.rig.mixer.draw()),
    ),
    "Recorder": (
        switch(
            "record",
            "record the guitar and what is heard into files, or end the take",
            lambda p: p.recorder.is_recording,
            lambda p, on: p.recorder.record(on),
        ),
    ),
    "Pedals": (
        value(
            *("volume", "volume behind the cabinet; its lowest is silence", "dB", (LOWEST_DB, HIGHEST_DB), 1.0),
            lambda p: p.rig.volume.db,
            apply=lambda p, db: p.rig.volume.set(db),
        ),
        line(
            "midi_learn",
            "let a MIDI knob or switch do something",
            "Command for MIDI",
            lambda p, text: p.midi.learn(text),
            check=lambda p: p.midi.check_learn(),
        ),
    ),
    "Session": (
        action("restore", "bring the sound back after an overload", lambda p: p.rig.play_in_full()),
        action("stage", "stage view: large letters over the whole screen, or back", lambda p: p.show_stage()),
        action("help", "show the keys", lambda p: p.help()),
        action("quit", "quit", lambda p: p.quit(), danger=True),
    ),
}
COMMANDS: dict[str, Command[Parts]] = table_of(GROUPS)
