"""Names from elsewhere are shown and never acted on: in errors, events, the live line, what is printed, and pages."""

import io
import json
import os
import resource

import numpy as np
import pytest
from commandline import forked
from model_files import linear, write

from rig.audio import wav
from rig.audio.plots import draw, heading, legend, make_figure, svg_text
from rig.cli.display.screen import Screen
from rig.cli.live.sentences import Teller
from rig.cli.terminal import Harmless
from rig.compare.page import script_data
from rig.errors import AudioError, RigError
from rig.files.folders import files_in
from rig.nam import Model
from rig.player.commands import COMMANDS
from rig.player.events import Event
from rig.player.key_map import KEYS
from rig.scripting.printable import in_html

EVIL = "a\x1b[2J\x9b1m\u202eb\udce9\x07.wav"
SHOWN = "a\\x1b[2J\\x9b1m\\u202eb\\xe9\\x07.wav"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_an_error_and_an_event_hold_nothing_that_steers_a_terminal():
    assert str(RigError(f"{EVIL}: not\nfound")) == f"{SHOWN}: not\\nfound"
    assert Event("model", f"{EVIL}: one\ntwo").text == f"{SHOWN}: one\ntwo"  # an event may have several lines
    assert str(RigError("Brücke 桥 e\u0301 a\u00a0b")) == "Brücke 桥 e\u0301 a\u00a0b"


def test_a_screen_and_what_is_printed_show_escapes():
    screen = Screen(terminal := Terminal())
    screen.say(EVIL)
    screen.line(f"in -20 | cab 1 {EVIL}")
    assert terminal.getvalue() == f"\r\x1b[J{SHOWN}\n\r\x1b[Jin -20 | cab 1 {SHOWN}\x1b[K\x1b[J"
    stream = Harmless.of(io.StringIO())
    print("columns\tstay", EVIL, file=stream)
    assert stream.raw.getvalue() == f"columns\tstay {SHOWN}\n"
    assert Harmless.of(stream) is stream and Harmless.of(None) is None


def test_a_name_that_looks_like_a_command_is_no_key(tmp_path):
    said = []
    tell = Teller(said.append, KEYS, COMMANDS, "")
    names = ["{mute}.wav", "a {quit} b.wav", "{mute}"]
    for name in names[:2]:
        wav.write(tmp_path / name, np.ones(8), 48000)
    assert len(files_in(tmp_path, (".wav",)).files) == 2
    with pytest.raises(AudioError):
        wav.read(tmp_path / "{record}.wav")
    for name in names[:2]:
        tell(Event("cabinet", f"{name} (1/2); {{mute}} mutes"))
        assert said[-1] == f"Cabinet  {name} (1/2); {tell.way('mute')} mutes"
    tell(Event("state", "press {record_loop} again"))
    assert said[-1] == f"press {tell.way('record_loop')} again"


def test_a_page_holds_no_tag_that_a_name_brings():
    content = {"file": "<!--<script>", "other": "</script><b>"}
    text = script_data(content)
    assert "<" not in text and json.loads(text) == content


def test_a_page_a_figure_and_a_notebook_take_names_that_are_no_text(tmp_path):
    assert in_html(f"<b>{EVIL}") == f"&lt;b&gt;{SHOWN}"
    figure, panels = make_figure([["one"]], title=f"$\\frac{EVIL}")
    heading(panels["one"], f"$^$ {EVIL}")
    draw(panels["one"], np.arange(3.0), np.arange(3.0), f"$\\bad{EVIL}", 0)
    legend(panels["one"])
    svg_text(figure).encode("utf-8")
    model = Model.load(write(tmp_path / os.fsdecode(b"<b>\xe9.nam"), linear(3) | {"metadata": {"name": "<i>"}}))
    model._repr_html_().encode("utf-8"), repr(model).encode("utf-8")
    assert "<i>" not in model._repr_html_() and "<b>" not in model._repr_html_()


def test_a_command_shows_a_name_that_is_no_text(tmp_path):
    name = tmp_path / os.fsdecode(b"caf\xe9\x1b[2J.wav")
    x = np.random.default_rng(0).uniform(-0.5, 0.5, 4000) * np.exp(-np.arange(4000) / 500)
    wav.write(name, x, 48000)
    done = forked("ir", name)
    assert done.returncode == 0 and "caf\\xe9\\x1b[2J.wav" in done.stdout and "\x1b" not in done.stdout
    assert json.loads(forked("ir", name, "--json").stdout)["files"][0]["samples"] == 4000
    name.write_bytes(b"nothing")
    done = forked("ir", name)
    assert done.returncode == 2 and done.stderr.startswith("rig: caf\\xe9\\x1b[2J.wav: not an audio file")


def test_a_full_standard_output_is_a_sentence(tmp_path):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full on this system")
    x = np.exp(-np.arange(400) / 50)
    wav.write(tmp_path / "cab.wav", x, 48000)
    from rig.cli import main

    child = os.fork()
    if child == 0:  # its own standard output, and nothing of ours is cleaned up
        code = 99
        with open(tmp_path / "err", "w") as errors, open("/dev/full", "w") as full:
            import sys

            sys.stdout, sys.stderr = full, errors
            code = main(["ir", str(tmp_path / "cab.wav")])
            errors.flush()
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    said = (tmp_path / "err").read_text()
    assert said.startswith("rig: Standard output cannot be written (No space left on device)") and said.count("\n") == 1


def test_where_no_more_files_can_be_opened_it_is_a_sentence(tmp_path):
    path = write(tmp_path / "amp.nam", linear(3))
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, before[1]))
    try:
        with pytest.raises(RigError, match=r"^cab\.wav: |Too many open files"):
            wav.read(tmp_path / "cab.wav")
        with pytest.raises(RigError, match=r"^amp\.nam: cannot be read \(Too many open files\)"):
            Model.load(path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ("ir", "LONG"),
            ("info", "LONG"),
            ("render", "LONG", "x.wav", "y.wav"),
            ("compare", "LONG", "x.wav", "m.nam"),
        ),
        *(("abx", "LONG"), ("midi", "--midi", "LONG"), ("capture", "check", "LONG"), ("play", "LONG")),
    ],
)
def test_a_name_that_no_file_can_have_is_a_sentence(arguments, tmp_path):
    done = forked(*(argument.replace("LONG", "n" * 300) for argument in arguments), cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr + done.stdout
    assert sum(line.startswith("rig: ") for line in done.stderr.splitlines()) == 1
