"""Presets in `rig play`: on a terminal, after a kill, and switched for a long time on a live server."""

from __future__ import annotations

import gc
import re
import signal
import time
from itertools import pairwise
from pathlib import Path

import pytest
from allocations import rtsys
from browsing import FADE, changes_in, endless_tone
from commandline import Playing, rig
from jackclients import skip_if_torn, wait_until
from jackserver import JACKD_IS_MISSING
from page_faults import page_faults
from rigs import A2, NANO, RATE
from terminal import Terminal
from watched import Watch

from rig.backends.jack.client import Jack
from rig.cli import main
from rig.dsp.native.memory import Arena
from rig.engine import LOOP, Engine
from rig.files import bundled
from rig.library.preset import CabinetPart, Preset
from rig.player.player import Player

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
IRS = bundled.irs()


def write(folder: Path, *presets: Preset) -> list[Path]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{preset.name}.toml" for preset in presets]
    for path, preset in zip(paths, presets, strict=True):
        path.write_text(preset.text(folder), encoding="utf-8")
    return paths


@pytest.fixture
def folder(tmp_path):
    """A setlist of four, one of them broken."""
    write(
        tmp_path / "set",
        Preset("clean", A2, cabinet=(CabinetPart(IRS[0]),), output_trim_db=-3.0),
        Preset("crunch", NANO, cabinet=(CabinetPart(IRS[1], -3.0), CabinetPart(IRS[2], pan=0.5)), input_trim_db=2.0),
        Preset("dry", NANO, bypass=True, notes="only the guitar"),
    )
    (tmp_path / "set" / "gone.toml").write_text('model = "gone.nam"\n')
    return tmp_path / "set"


def test_a_setlist_is_played_with_keys_saved_killed_and_resumed(jack_server, folder, tmp_path):
    environment = {"JACK_DEFAULT_SERVER": jack_server.name, "XDG_STATE_HOME": str(tmp_path / "state")}
    terminal = Terminal(folder, "--di", bundled.di(), cwd=tmp_path, **environment)
    try:
        terminal.press("", "Setlist  1 clean, 2 crunch, 3 dry")
        for said in ("4 presets", 'gone.toml, line 1: there is no model "gone.nam"', f"Preset   1 clean: {A2.name}"):
            wait_until(lambda said=said: said in terminal.read(), said)
        terminal.press("2", "preset 2 crunch | ")
        terminal.press("\x1b[6~", "only the guitar")
        terminal.press("", "BYPASS")
        terminal.press("\x1b[5~", "Preset   2 crunch")
        terminal.press("4", "there is no model")
        terminal.press("7", "No preset has the number 7.")
        terminal.press("#", "part 2: ")
        terminal.press(".", ">2 ")
        terminal.press("+", "Output trim +1.0 dB")
        terminal.press("Pmine\n", "mine.toml, number 5")
        kept_file = tmp_path / "state" / "rig" / "last.toml"
        wait_until(lambda: kept_file.exists() and 'name = "mine"' in kept_file.read_text(), "the state", 30)
        terminal.process.send_signal(signal.SIGKILL)
        terminal.process.wait(10)
    finally:
        terminal.close()
    saved, kept = (folder / "mine.toml").read_text(), (tmp_path / "state" / "rig" / "last.toml").read_text()
    for text in (saved, kept):
        assert "output_trim_db = 1.0" in text
        assert "gain_db = 0.5" in text
    done = rig("play", "--seconds", 0.3, cwd=tmp_path, **environment)
    assert f"Last     mine: {NANO.name} with {IRS[1].name} + {IRS[2].name} (" in done.stdout
    assert "rig play --resume brings it back" in done.stdout
    assert (tmp_path / "state" / "rig" / "last.toml").read_text() == kept  # an offer that was not taken up stays
    with Playing("--resume", cwd=tmp_path, **environment) as play:
        play.wait_for("^Playing")
        assert play.wait_for("^Preset   5 mine: ")
        play.wait_for("Setlist  1 clean, 2 crunch, 3 dry")
        assert play.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    "how", [signal.SIGHUP, *(pytest.param(how, marks=pytest.mark.soak) for how in (signal.SIGINT, signal.SIGTERM))]
)
def test_however_a_session_ends_what_was_played_is_kept(jack_server, tmp_path, how):
    if signal.getsignal(how) == signal.SIG_IGN:
        pytest.skip(f"these tests run where {how.name} is ignored, as under nohup, and so does what they start")
    environment = {"JACK_DEFAULT_SERVER": jack_server.name, "XDG_STATE_HOME": str(tmp_path)}
    with Playing(NANO, IRS[2], "--max-input-dbu", 12.2, **environment) as play:
        play.wait_for("^Playing")
        assert play.end(how) == 0
    text = (tmp_path / "rig" / "last.toml").read_text()
    assert NANO.name in text
    assert IRS[2].name in text
    assert "interface_dbu = 12.2" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no such.toml"], r"no such\.toml: no such preset in "),
        (["bad.toml"], r"bad\.toml, line 2: output_trim_db is 99\.0, expected -40 to 40 dB"),
        (["bad.toml", IRS[0]], r"A preset names its own cabinet"),
        ([".", "--no-ir"], r"A preset names its own cabinet; leave --no-ir away"),
        (["--resume"], r"There is nothing to resume"),
        ([NANO, "--resume"], r"--resume brings back what was played last"),
    ],
)
def test_what_cannot_be_played_is_one_sentence_and_code_2(tmp_path, monkeypatch, capsys, arguments, sentence):
    (tmp_path / "bad.toml").write_text(f'model = "{A2}"\noutput_trim_db = 99.0\n')
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    assert main(["play", *map(str, arguments)]) == 2  # before a server is looked for
    assert re.search(f"^rig: .*{sentence}", capsys.readouterr().err)


# ---------------------------------------------------------------- the audio thread while presets change
def switch_live(jack_server, folder, switches, per_take):
    """Switch again and again while a loop of a tone sounds; what each take holds, and what it cost the audio thread."""
    engine, changes, memory, lost = Engine(RATE), [], [], 0
    with Jack("rig-presets", jack_server.name) as backend:
        watch = Watch(engine)
        backend.start(watch.block_address, watch.address)
        engine.loop(endless_tone(1.0))
        paths = sorted(folder.glob("*.toml"))
        player = Player(engine, lambda _: None, [], presets=paths, preset=folder, source=LOOP)
        player.start()
        usable = [at for at in range(len(paths)) if at not in player.presets.setlist.problems]
        thread = int(backend._state["thread_id"])
        assert engine.wait_until_steady(10)

        def poll(seconds):
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                player.poll()
                time.sleep(0.005)

        poll(1.0)
        watch.begin(backend)
        gc.collect()
        arenas = engine.address, engine.line.address, engine._arena.nbytes
        faults, allocated, at, done = page_faults(thread), rtsys.get_allocation_stats().alloc, 0, 0
        while (done < switches or not changes) and lost < 10 + switches // per_take:
            xruns = int(backend.host["xruns"]), int(backend.host["resizes"])
            take = engine.take(round((per_take * 0.2 + 0.7) * RATE), "output")
            poll(0.3)
            for _ in range(per_take):
                at += 1
                player.do("preset", player.presets.setlist.entries[usable[at % len(usable)]].number)
                assert player.arrive(20)
                poll(0.12)
            in_time = take.state == "running"  # a busy machine may be late with the last of them
            wait_until(lambda take=take: take.state in ("done", "broken"), "the take", 30)
            time.sleep(0.2)
            done += per_take
            if in_time and take.intact(*xruns):
                changes.append(changes_in(take.take))
            else:
                lost += 1
            gc.collect()
            memory.append(sum(type(thing) is Arena for thing in gc.get_objects()))
        assert arenas == (engine.address, engine.line.address, engine._arena.nbytes)
        faults, allocated = page_faults(thread) - faults, rtsys.get_allocation_stats().alloc - allocated
        watch.end()
        player.close()
        backend.stop()
    assert (faults, allocated) == (0, 0)
    every = [change for take in changes for change in take]
    if not every:
        skip_if_torn(f"{lost} takes torn")
        if watch.machines and not watch.ours:  # it tore them while we played, and has come to rest since
            pytest.skip(f"{lost} takes torn, and each of {len(watch.machines)} late cycles was the machine's own")
    assert every
    print(
        f"{done} switches, {len(every)} in {len(changes)} whole takes ({lost} torn by the server or too late): click "
        f"{max(c.click for c in every):.2f}, hole {max(c.hole for c in every)} samples; worst CPU time of a cycle "
        f"{watch.longest:.0%} of the period, {len(watch.ours)} missed by our own doing, {len(watch.machines)} by the "
        f"machine's, {faults} page faults, {allocated} allocations, "
        f"arenas {memory[0]} to {memory[-1]}"
    )
    print(watch.told())  # what was noted, one by one
    assert all(len(take) == per_take for take in changes)
    assert max(change.click for change in every) < 2
    assert max(change.hole for change in every) < FADE
    assert max(memory) <= memory[0] + 10
    assert all(abs(b - a) <= 10 for a, b in pairwise(memory))
    return watch.told()["ours"]


def test_presets_switched_live_cost_the_audio_thread_no_fault_and_no_allocation(jack_server, folder):
    switch_live(jack_server, folder, 4, per_take=4)


@pytest.mark.soak
def test_five_hundred_presets_switched_live_miss_no_cycle_by_our_own_doing(jack_server, folder):
    assert switch_live(jack_server, folder, 500, per_take=10) == []
