"""Recording while playing on a real server: whatever the disk does, the sound goes on and the files are valid."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time

import numpy as np
import pytest
from allocations import rtsys
from commandline import Playing, refused, rig
from jackclients import Deck, cycles_lost, wait_until
from jackserver import JACKD_IS_MISSING
from page_faults import page_faults
from rigs import A2, NANO, RATE, db, guitar, model
from terminal import Terminal
from watched import Watch

from rig.audio import wav
from rig.backends.jack.client import Jack
from rig.cabinet.ir import IR
from rig.engine import LOOP, Cabinet, Engine
from rig.files import bundled
from rig.lane import Lane
from rig.recording.take import Take
from rig.recording.wavfile import open_new
from rig.recording.writer import TakeWriter

pytestmark = pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed")
TRIES = 3  # a virtual machine may be charged for time it did not have
ROUNDING = 2.0**-23  # of 24 bits, twice half a step


def takes_in(folder):
    """Guitar and out of each take of a folder, by the name of the take."""
    takes = {}
    for path in sorted(folder.glob("* di.wav")):
        name = path.name.removesuffix(" di.wav")
        takes[name] = wav.read(path).samples[:, 0], wav.read(folder / f"{name} out.wav").samples
    return takes


def only_take_in(folder):
    (take,) = takes_in(folder).values()
    return take


# ---------------------------------------------------------------- rig play
def test_a_take_recorded_with_a_key_is_what_rig_render_makes_of_its_guitar(jack_server, tmp_path):
    terminal = Terminal(
        A2, "--di", bundled.di(), "--into", tmp_path / "takes", JACK_DEFAULT_SERVER=jack_server.name, cwd=tmp_path
    )
    try:
        terminal.press("", "q quit")
        terminal.press("R", "recording into")
        terminal.press("", "REC 0:01 (")
        terminal.press("R", "complete in")
        terminal.press("q", "\n")
        assert terminal.process.wait(10) == 0
    finally:
        terminal.close()
    (di_file,) = (tmp_path / "takes").glob(f"20* {A2.stem} di.wav")
    done = rig("render", A2, di_file, tmp_path / "want.wav", "--ir", bundled.irs()[0])
    assert done.returncode == 0, done.stderr
    want = np.clip(wav.read(tmp_path / "want.wav").samples, -1, 1)
    di, out = only_take_in(tmp_path / "takes")
    assert len(di) == len(out) == len(want) > RATE
    # The render begins in silence, the take in the middle of the playing: compared once that has rung out.
    error = out[RATE // 2 :] - want[RATE // 2 :, :1]
    print(f"take against render: {db(error, want):.0f} dB")
    assert np.abs(error).max() < 4 * ROUNDING  # the model heard the guitar before it was rounded
    note = json.loads(next((tmp_path / "takes").glob("*.json")).read_text())
    assert (note["complete"], note["frames"], note["gaps"]) == (True, len(di), [])
    assert (note["model"], note["cabinet"]) == (A2.name, bundled.irs()[0].name)


@pytest.mark.parametrize(
    "how",
    [
        *(signal.SIGTERM, signal.SIGKILL),
        *(pytest.param(how, marks=pytest.mark.soak) for how in ("seconds", signal.SIGINT, signal.SIGHUP)),
    ],
)
def test_however_a_session_ends_its_take_is_valid(jack_server, tmp_path, how):
    if how in (signal.SIGINT, signal.SIGHUP) and signal.getsignal(how) == signal.SIG_IGN:
        pytest.skip(f"these tests run where {how.name} is ignored, and so does what they start")
    limit = ["--seconds", 1] if how == "seconds" else []
    with Playing(
        *(NANO, "--record", "--into", tmp_path, "--di", bundled.di(), *limit), JACK_DEFAULT_SERVER=jack_server.name
    ) as play:
        play.wait_for("^Playing")
        if how == "seconds":
            play.wait_for("complete in")
        else:
            time.sleep(0.7 + jack_server.settles_s)
            play.end(how)
    di, out = only_take_in(tmp_path)
    assert len(di) > RATE / 4
    assert db(di) > -40
    assert db(out) > -40
    if how == signal.SIGKILL:  # the other file may have got one block more
        assert abs(len(di) - len(out)) < RATE
    else:
        assert len(di) == len(out)
        assert np.abs(out[-64:]).max() < 1e-3  # the fade at the end is in it
        assert any("complete in" in line for line in play.lines)
    assert "Traceback" not in "\n".join(play.lines)


@pytest.mark.soak
def test_a_folder_that_cannot_be_written_is_one_sentence_and_the_end(jack_server, tmp_path):
    (tmp_path / "file").write_text("")
    arguments = ("play", NANO, "--record", "--into", tmp_path / "file" / "takes")
    refused(rig(*arguments, JACK_DEFAULT_SERVER=jack_server.name), "no take can be written there")


# ---------------------------------------------------------------- trouble with the disk
class Trouble:
    """What happens to the disk: `folder` is recorded into, `strike` is called in the middle of the take."""

    opened = staticmethod(open_new)
    ring_s = 10.0
    sentence = "Recording has stopped: the disk took no more ("

    def __init__(self, folder):
        self.folder = folder

    def strike(self):
        pass

    def relieve(self):
        """When the take has ended."""

    def end(self):
        """When its files have been read."""


class Fine(Trouble):
    sentence = "complete in"


class FolderRemoved(Trouble):
    sentence = "was put back there and goes on"

    def strike(self):
        shutil.rmtree(self.folder)


class FilesTooLarge(Trouble):
    """As a full quota: the system cuts a write short, then refuses the next."""

    def __init__(self, folder):
        super().__init__(folder)
        self._resource = pytest.importorskip("resource")
        self._before = self._resource.getrlimit(self._resource.RLIMIT_FSIZE)

    def strike(self):
        self._resource.setrlimit(self._resource.RLIMIT_FSIZE, (200_001, self._before[1]))

    def relieve(self):
        self._resource.setrlimit(self._resource.RLIMIT_FSIZE, self._before)


class DiskFull(Trouble):
    """A real file system of 300 kB."""

    def __init__(self, folder):
        super().__init__(folder)
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode != 0:
            pytest.skip("mounting is not permitted here")

    def end(self):
        subprocess.run(["umount", str(self.folder)], check=True)


class _StandsStill:
    """A file on a disk that answers every block after 0.15 s."""

    def __init__(self, path):
        self._file = open_new(path)

    def write(self, content):
        if len(content) > 100:
            time.sleep(0.15)
        return self._file.write(content)

    def __getattr__(self, name):
        return getattr(self._file, name)


class SlowDisk(Trouble):
    sentence = "The disk was too slow"
    opened = _StandsStill
    ring_s = 0.1


@pytest.fixture
def live(jack_server):
    """An engine that plays a loop on the server, and is watched."""
    engine = Engine(RATE)
    watch = Watch(engine)
    with Jack("rig-rec", jack_server.name) as backend:
        backend.start(watch.block_address, watch.address)
        engine.loop(guitar(5 * RATE))
        engine.play({0: Lane(RATE, model().network(), source=LOOP)}, Cabinet(IR.load(bundled.irs()[0])))
        assert engine.wait_until_steady()
        yield engine, backend, watch
        backend.stop()


def record_through(trouble, engine, backend, watch, empty, seconds):
    """Record, with trouble in the middle; what was said, and what it cost the audio thread."""
    take = Take(trouble.folder, "nano", RATE, {}, opened=trouble.opened)
    ring = engine.recorder(trouble.ring_s)
    watch.begin(backend)
    before = page_faults(int(backend._state["thread_id"])), rtsys.get_allocation_stats().alloc
    cycles = int(backend.host["cycles"]), empty.counted("cycles")
    writer = TakeWriter(ring, take)
    time.sleep(seconds / 2)
    trouble.strike()
    time.sleep(seconds / 2)
    writer.end()
    assert writer.wait(20)
    after = page_faults(int(backend._state["thread_id"])), rtsys.get_allocation_stats().alloc
    watch.end()
    ours, theirs = int(backend.host["cycles"]) - cycles[0], empty.counted("cycles") - cycles[1]
    said = "\n".join(writer.sentences())
    assert trouble.sentence in said, said
    lost = theirs - ours if cycles_lost(ours, theirs) else 0
    return [lost, len(watch.ours), *(y - x for x, y in zip(before, after, strict=True) if x is not None)]


TROUBLES = [
    *(pytest.param(kind, 0.8, id=kind.__name__) for kind in (FolderRemoved, FilesTooLarge, DiskFull)),
    *(
        pytest.param(kind, 10.0, marks=pytest.mark.soak, id=f"{kind.__name__}, long")
        for kind in (Fine, FolderRemoved, FilesTooLarge, DiskFull, SlowDisk)
    ),
]


@pytest.mark.parametrize(("kind", "seconds"), TROUBLES)
def test_trouble_with_the_disk_costs_no_cycle_and_leaves_a_valid_take(jack_server, live, tmp_path, kind, seconds):
    engine, backend, watch = live
    with Deck("empty", jack_server.name) as empty:
        wait_until(lambda: empty.counted("cycles") > 10, "the empty client")
        for attempt in range(TRIES):
            trouble = kind(tmp_path / str(attempt))
            try:
                try:
                    costs = record_through(trouble, engine, backend, watch, empty, seconds)
                finally:
                    trouble.relieve()
                di, out = only_take_in(trouble.folder)
            finally:
                trouble.end()
            assert len(di) == len(out) > RATE / 8
            assert len(di) >= 0.9 * seconds * RATE or kind in (FilesTooLarge, DiskFull)
            assert db(di) > -40
            assert db(out) > -40
            if not any(costs):
                return
    pytest.fail(f"cycles lost, misses of our own, page faults, allocations: {costs}; {watch.told()['ours']}")


@pytest.mark.soak
def test_a_killed_session_leaves_valid_takes_at_any_moment(jack_server, tmp_path):
    rng = np.random.default_rng(0)
    for i in range(20):
        folder = tmp_path / str(i)
        with Playing(NANO, "--record", "--into", folder, JACK_DEFAULT_SERVER=jack_server.name) as play:
            play.wait_for("^Playing")
            time.sleep(0.5 + float(rng.uniform(0, 0.5)))
            play.end(signal.SIGKILL)
        di, out = only_take_in(folder)
        assert abs(len(di) - len(out)) < RATE
