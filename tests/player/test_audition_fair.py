"""Hearing cabinets side by side: equally loud, with a loop, mixed, drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from auditioning import Auditioning, five_cabinets
from jackclients import wait_until
from responses import coloured, varied
from rigs import A2, RATE, db, guitar

from rig.audio import wav
from rig.audio.loudness import integrated_lufs
from rig.engine import LOOP
from rig.levels import Level


@pytest.fixture
def folder(tmp_path, monkeypatch):
    return five_cabinets(tmp_path, monkeypatch)


@pytest.fixture
def audition(folder):
    found = Auditioning(folder)
    yield found
    found.close()


# ---------------------------------------------------------------- equal loudness
def loop(seconds=3):
    return guitar(seconds * RATE)


def one_pass(bench):
    """What the loop sounds like from its beginning to its end, after it has gone round."""
    tape = bench.engine._playing["loop"].record
    period = int(tape["play_samples"])
    bench.stereo(np.zeros(2 * period - int(tape["position_samples"])))
    assert tape["position_samples"] == 0
    return bench.stereo(np.zeros(period))


def test_equally_loud_cabinets_are_within_a_fifth_of_a_loudness_unit_as_they_are_rendered(tmp_path):
    irs = []
    for i, ir in enumerate(varied(8, seed=4)):
        wav.write(tmp_path / f"{i}.wav", ir.taps.T, RATE, "FLOAT")
        irs.append(tmp_path / f"{i}.wav")
    wav.write(tmp_path / "di.wav", loop(), RATE, "FLOAT")
    audition = Auditioning(irs, model=A2, source=LOOP, interface=Level(12.2, "test"))
    player = audition.player
    player.looper.put(loop(), "di.wav")
    plain, matched = [], []
    for equal in (False, True):
        if equal:
            assert "matched on di.wav" in audition.do("equal_loudness")
            audition.match_all(len(irs))
        for _ in irs:
            audition.do("next_ir")
            y = one_pass(audition.bench)
            # 30 dB up, or the standard's gate at -70 LUFS would leave out the soft bars of the soft cabinets.
            (matched if equal else plain).append((integrated_lufs(10**1.5 * y, RATE), np.abs(y).max()))
    loudness = [lufs for lufs, _ in matched]
    print(f"equal loudness of 8: {np.ptp(loudness):.3f} LU apart, plain {np.ptp([lufs for lufs, _ in plain]):.1f} LU")
    assert np.ptp([lufs for lufs, _ in plain]) > 10
    assert np.ptp(loudness) < 0.2
    assert max(peak for _, peak in matched) <= 10 ** (-0.9 / 20)
    assert "own level" in audition.do("equal_loudness")
    assert player.cabinets.gain_text == ""
    audition.close()


def test_the_gain_is_shown_and_what_is_not_matched_yet_says_so(folder):
    audition = Auditioning(folder)
    audition.player.equal._read_material = lambda: (wait_until(lambda: go_on, "the go"), loop())[1]
    go_on = []
    audition.do("equal_loudness")
    audition.do("next_ir")
    assert "dB, not matched yet" in audition.told.text
    guessed = audition.player.cabinets.applied_db
    go_on.append(True)
    audition.match_all(len(folder))
    wait_until(lambda: (audition.poll(), audition.player.cabinets.applied_db != guessed)[1], "its own gain")
    assert audition.player.cabinets.gain_text == f"{audition.player.cabinets.applied_db:+.1f} dB"
    assert abs(audition.player.cabinets.applied_db - guessed) < 10
    audition.close()


def settled(audition):
    """Until no gain has anywhere to go; every gain that was applied on the way, in dB."""
    cabinets, equal, gains = audition.player.cabinets, audition.player.equal, []

    def there():
        audition.poll()
        gains.append(cabinets.applied_db)
        return abs(equal.gain_db(cabinets.playing) - cabinets.applied_db) < 0.1

    wait_until(there, "the gain", 60)
    audition.bench.settle()
    return gains


def test_a_trim_below_0_makes_all_softer_and_one_above_clips_nothing(folder):
    audition = Auditioning(folder, source=LOOP)
    audition.player.looper.put(loop(), "di.wav")
    audition.do("equal_loudness")
    audition.match_all(len(folder))
    settled(audition)
    loudest = integrated_lufs(10**1.5 * one_pass(audition.bench), RATE)
    audition.player.set("output_trim", -6.0)
    settled(audition)
    assert integrated_lufs(10**1.5 * one_pass(audition.bench), RATE) == pytest.approx(loudest - 6.0, abs=0.2)
    audition.player.set("output_trim", 40.0)
    wait_until(lambda: (audition.poll(), audition.player.cabinets.applied_db < -10)[1], "lower")
    settled(audition)
    assert 20 * np.log10(np.abs(one_pass(audition.bench)).max()) < -0.9
    audition.close()


def test_soft_files_are_played_at_the_loudest_common_level_and_it_rises_in_small_steps(tmp_path):
    for i, level in enumerate((0.01, 0.9, 0.05)):
        wav.write(tmp_path / f"{i}.wav", coloured(i, peak=level), RATE, "FLOAT")
    audition = Auditioning([tmp_path / f"{i}.wav" for i in range(3)], source=LOOP)
    audition.player.looper.put(loop(), "di.wav")
    audition.do("equal_loudness")
    audition.match_all(3)
    gains = settled(audition)
    assert gains[-1] > 20
    assert max(np.diff(gains)) <= 3.0 + 1e-6
    peaks, loudness = [], []
    for _ in range(3):
        audition.do("next_ir")
        settled(audition)
        y = one_pass(audition.bench)
        peaks.append(20 * np.log10(np.abs(y).max()))
        loudness.append(integrated_lufs(10**1.5 * y, RATE))
    print(f"peaks {np.round(peaks, 1)} dBFS, {np.round(loudness, 1)} LUFS + 30")
    assert max(peaks) == pytest.approx(
        -1.0, abs=0.2
    )  # as loud as the peakiest allows: the first one by itself was 39 dB softer
    assert np.ptp(loudness) < 0.2
    audition.do("equal_loudness")
    assert audition.player.cabinets.applied_db == 0.0
    assert settled(audition)[-1] == 0.0
    audition.close()


def test_a_silent_loop_cannot_be_matched_and_why_is_told(folder):
    audition = Auditioning(folder)
    audition.player.equal.use(np.zeros(RATE, np.float32), "silence")
    audition.do("equal_loudness")
    wait_until(lambda: (audition.poll(), "the loop is silent" in audition.told.text)[1], "the sentence")
    audition.close()


# ---------------------------------------------------------------- hands free
def test_a_few_bars_are_recorded_and_go_round_without_a_click(audition):
    bench, player = audition.bench, audition.player
    player.do("bypass")
    bench.settle()
    player.do("record_loop")
    x = 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE + 77) / RATE).astype(np.float32)
    bench.process(x)
    assert player.looper.recorded_s == pytest.approx(x.size / RATE, abs=0.01)
    player.do("record_loop")
    assert "Loop     1.0 s, peak -10.5 dBFS" in audition.told[-1]
    assert player.looper.is_looping
    bench.settle()
    y = bench.process(np.zeros(3 * RATE))
    assert np.abs(np.diff(y, 2)).max() < 3 * np.abs(np.diff(y[: RATE // 4], 2)).max()
    assert np.abs(y).max() > 0.01
    assert "off: the live guitar" in audition.do("loop")
    assert not bench.process(np.zeros(RATE))[RATE // 2 :].any()
    assert "Loop     plays" in audition.do("loop")
    assert np.abs(bench.process(np.zeros(RATE))).max() > 0.01
    player.do("record_loop")  # from the live guitar again
    assert not player.looper.is_looping
    assert "not recorded" in audition.do("loop")


def test_a_loop_that_is_too_short_or_silent_is_refused(audition):
    audition.do("record_loop")
    assert "too short" in audition.do("record_loop")
    audition.player.do("record_loop")
    audition.bench.process(np.zeros(RATE))
    assert "holds no guitar" in audition.do("record_loop")
    assert "no loop yet" in audition.do("loop")


# ---------------------------------------------------------------- mix
def test_a_mix_that_is_exported_and_loaded_back_nulls_against_the_live_one(audition, folder, tmp_path):
    player, bench = audition.player, audition.bench
    audition.do("mix_add", "next_ir")
    player.set("part_gain", -3.0)
    player.set("part_delay", 0.33)
    player.set("part_pan", 0.4)
    assert "opposite polarity" in audition.do("mix_align") or "same polarity" in audition.told.text
    audition.do("mix_add")
    audition.do("jump_ir", text="5")
    audition.do("part_invert")
    assert "3 of 4 parts" in audition.do("mix_align")
    x = guitar(RATE)
    live = bench.stereo(x)
    audition.player.do("export", text="mine")
    wait_until(lambda: (audition.poll(), "Written" in audition.told.text)[1], "the file")
    written = tmp_path / "irs" / "mine.wav"
    assert "irs/mine.wav" in audition.told.text
    alone = Auditioning([written])
    loaded = alone.bench.stereo(x)
    alone.close()
    settled = slice(RATE // 2, None)
    print(f"live mix against its file: {db(live[settled] - loaded[settled], live[settled]):.0f} dB")
    assert wav.read(written).channels == 2
    assert db(live[settled] - loaded[settled], live[settled]) < -100
    audition.player.do("export", text="mine")
    wait_until(lambda: (audition.poll(), "exists already" in audition.told.text)[1], "the refusal")
    audition.player.do("export", text="")
    wait_until(lambda: (audition.poll(), "irs/mix-1.wav" in audition.told.text)[1], "the file")


@pytest.mark.parametrize("name", ["..", "/", "n" * 1000, "no/such/folder/mix", "mix.mp3"])
def test_a_file_that_cannot_be_written_is_a_sentence(audition, tmp_path, name):
    audition.read_all()
    audition.told.clear()
    audition.player.do("export", text=name)
    wait_until(lambda: (audition.poll(), audition.told)[1], "the sentence")
    assert len(audition.told) == 1
    assert "please report" not in audition.told.text
    assert "Written" not in audition.told.text
    assert not list(tmp_path.glob("**/*.part"))


def test_the_chosen_part_is_auditioned_while_the_others_play(audition):
    audition.do("mix_add")
    assert "2 of 4 parts" in audition.do("next_ir")
    assert [strip.item.ir.name for strip in audition.player.mixer.parts] == ["mic1.wav", "mic2.wav"]
    audition.do("next_ir")
    assert [strip.item.ir.name for strip in audition.player.mixer.parts] == ["mic1.wav", "mic3.wav"]
    audition.do("mix_part", direction=1)
    audition.do("previous_ir")
    assert [strip.item.ir.name for strip in audition.player.mixer.parts] == ["mic5.wav", "mic3.wav"]
    assert audition.name == "mic5.wav + mic3.wav"
    audition.do("mark_a", "mix", "mark_b")
    assert audition.name == "mic5.wav"
    audition.do("compare")
    assert audition.name == "mic5.wav + mic3.wav"
    audition.do("mix_remove")
    assert audition.name == "mic3.wav"
    for command in ("mix_remove", "mix", "part_invert"):
        assert "There is no mix" in audition.do(command)
    assert "There is no mix" in audition.do("part_gain", direction=1)


def test_a_mix_is_full_at_four(audition):
    for _ in range(3):
        audition.do("mix_add", "next_ir")
    assert len(audition.player.mixer.parts) == 4
    assert "A mix takes 4 cabinets" in audition.do("mix_add")
    audition.do("next_ir")
    assert len(audition.player.mixer.parts) == 4


def test_parts_that_cancel_each_other_out_leave_what_plays(audition):
    audition.do("mix_add")
    audition.do("jump_ir", text="1")
    assert audition.name == "mic1.wav + mic1.wav"
    assert "cancel each other out" in audition.do("part_invert")
    assert audition.name == "mic1.wav + mic1.wav"


def test_a_mix_is_as_loud_as_the_others_and_so_are_its_parts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i, level in enumerate((0.9, 0.02)):
        wav.write(tmp_path / f"{i}.wav", coloured(i, peak=level), RATE, "FLOAT")
    audition = Auditioning([tmp_path / "0.wav", tmp_path / "1.wav"], source=LOOP)
    audition.player.looper.put(loop(), "di.wav")
    audition.do("equal_loudness")
    audition.match_all(2)
    settled(audition)
    single = one_pass(audition.bench)
    told = audition.do("mix_add", "next_ir")
    assert "; equal loudness " in told
    assert "1.wav: +2" in told or "1.wav: +3" in told  # some 33 dB softer than the first, but for its colour
    settled(audition)
    mixed = one_pass(audition.bench)
    assert integrated_lufs(mixed, RATE) == pytest.approx(integrated_lufs(single, RATE), abs=0.2)
    audition.close()


def test_what_plays_is_drawn_into_a_file_of_its_own(audition):
    pytest.importorskip("matplotlib")
    audition.do("mix_add", "next_ir")
    for number in (1, 2):
        audition.player.do("draw")
        wait_until(lambda n=number: (audition.poll(), f"Drawn    rig-ir-{n}.png" in audition.told.text)[1], "it", 60)
        assert Path(f"rig-ir-{number}.png").read_bytes()[:4] == b"\x89PNG"
