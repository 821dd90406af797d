"""The page of a listening test in a real Chromium: a whole sitting, with a reload and a killed server in its midst."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import numpy as np
import pytest
from browser import SIZES, Browser, becomes, need_browser, strangers, violations
from listening_room import RATE, ListeningRoom, kept, prepared
from places import ROOT

from rig.compare.listening import scale
from rig.compare.listening.sitting import Sitting
from rig.web.origins import own_addresses

STATE = "async () => { const { hearing } = await import('/hearing.js'); return hearing.store.state; }"
PHASE = "async (phase) => (await import('/hearing.js')).hearing.store.state.phase === phase"


@pytest.fixture(scope="module")
def browser():
    need_browser()
    with Browser() as it:
        yield it


@pytest.fixture
def test(tmp_path, monkeypatch):
    need_browser()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return prepared(tmp_path / "test", sections=1, candidates=1, seconds=1.2)


@pytest.fixture
def room(test, browser):
    with ListeningRoom(test, reveals=True) as made:
        yield made
        browser.close_pages()


def entered(browser, address, name, size="laptop", **options):
    """A page whose listener has said his name, with the sounds of the first screen."""
    page = browser.open_door(address, SIZES[size], **options)
    page.wait_for_selector(".name:not([hidden])")
    page.fill(".name input", name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".sounds:not([hidden])")
    return page


def heard(page, which, key=None):
    """Play one until it counts as heard."""
    if key:
        page.keyboard.press(key)
    else:
        page.click(f".pad[data-sound='{which}']")
    page.wait_for_selector(f".pad[data-sound='{which}'][aria-pressed=true]")
    of = "state.reference_heard" if which == 0 else f"state.heard[{which - 1}]"
    becomes(page, f"async () => {{ const {{ hearing }} = await import('/hearing.js'); return hearing.store.{of}; }}")


def known(page, which, score):
    """Wait until rig has a score."""
    becomes(
        page,
        "async ([which, score]) => (await import('/hearing.js')).hearing.store.state.scores[which - 1] === score",
        [which, score],
    )


class Served:
    """A server in a process of its own, on one port."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.start()

    def start(self):
        program = ROOT / "tests" / "support" / "rigs" / "listening_room.py"
        command = [sys.executable, str(program), str(self.folder), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.address = self.process.stdout.readline().strip()
        assert self.address.startswith("http://127.0.0.1")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


def test_a_whole_sitting_by_keys_with_a_reload_and_a_killed_server_in_its_midst(browser, test):
    served = Served(test.folder)
    try:
        page = entered(browser, served.address, "Anna")
        assert "token" not in page.url
        for which, key in enumerate(("r", "a", "2", "c", "4")):
            heard(page, which, key)
        page.click(".next")
        becomes(page, PHASE, "rating")
        page.wait_for_selector(".sounds:not([hidden])")
        for which, key in ((0, "0"), (1, "1"), (2, "b")):
            heard(page, which, key)
        page.keyboard.press("PageUp")
        page.keyboard.press("ArrowUp")
        known(page, 2, 11)
        assert page.locator(".next").is_disabled()

        page.reload()
        page.wait_for_selector(".sounds:not([hidden])")
        assert page.inner_text(".column >> nth=1 >> output") == "11"
        assert page.inner_text(".top .who") == "Anna"
        heard(page, 3)
        page.keyboard.press("End")
        known(page, 3, 100)

        served.kill()
        page.wait_for_selector(".band:not([hidden])")
        page.keyboard.press("Home")  # rated while nobody is there
        assert page.inner_text(".column >> nth=2 >> output") == "0"
        served.start()
        page.wait_for_selector(".band", state="hidden")
        known(page, 3, 0)

        heard(page, 1)
        page.keyboard.press("End")
        heard(page, 4)
        slider = page.locator(".column >> nth=3 >> .rating")
        box = slider.bounding_box()
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # a tap in the middle
        becomes(page, f"async () => Math.abs((await ({STATE})()).scores[3] - 50) < 4")
        page.fill("textarea", "boxy,\nlow mids")
        page.click(".next")  # what was typed goes first
        page.wait_for_selector(".ending:not([hidden])")
        assert page.locator(".results").is_hidden()  # this server shows none
        assert [fault for fault in page.faults if "WebSocket" not in fault and "ERR_" not in fault] == []
        assert not strangers(page, served.port)
        browser.close_pages()
    finally:
        served.kill()
    with Sitting.open(test, "Anna") as sitting:
        scores = [each.score for each in sitting.revealed()]
    assert scores[:3] == [100, 11, 0] and abs(scores[3] - 50) < 4
    comments = [each["text"] for each in kept(test, "Anna")["events"] if each["what"] == "comment"]
    assert comments[-1] == "boxy, low mids"


def test_a_network_that_goes_silent_is_noticed_and_nothing_is_lost(browser, test):
    served = Served(test.folder)
    try:
        page = entered(browser, served.address, "Anna")
        page.click(".skip")
        page.click(".skip")
        becomes(page, PHASE, "rating")
        page.wait_for_selector(".sounds:not([hidden])")
        heard(page, 1)
        served.process.send_signal(signal.SIGSTOP)  # nothing is answered, and nothing is closed
        page.keyboard.press("End")
        page.wait_for_selector(".band:not([hidden])")
        assert page.inner_text(".column >> nth=0 >> output") == "100"
        served.process.send_signal(signal.SIGCONT)
        page.wait_for_selector(".band", state="hidden")
        known(page, 1, 100)
        browser.close_pages()
    finally:
        served.process.send_signal(signal.SIGCONT)
        served.kill()


def test_only_what_is_heard_can_be_rated_and_several_listeners_do_not_disturb_each_other(browser, room, test):
    anna, bert = entered(browser, room.address, "Anna"), entered(browser, room.address, "Bert", "upright")
    assert anna.locator(".rating:enabled").count() == 0
    heard(anna, 2)
    assert anna.locator(".rating:enabled").count() == 1
    assert anna.locator(".column >> nth=1 >> .rating").is_enabled()
    heard(bert, 1)
    assert bert.evaluate(STATE)["heard"] == [True, False, False, False]
    anna.keyboard.press("Escape")
    assert anna.locator(".rating:enabled").count() == 0 and "Nothing plays" in anna.inner_text(".now")
    for page in (anna, bert):
        page.click(".skip")
        assert page.evaluate(STATE)["phase"] == "training"  # not yet
        page.click(".skip:has-text('Again')")
        becomes(page, PHASE, "rating")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not anna.faults and not bert.faults
    assert violations(bert) == []


def test_a_browser_without_the_token_asks_for_it_and_somebody_else_may_follow(browser, room):
    page = browser.open_door(f"http://127.0.0.1:{room.port}/")
    page.wait_for_selector(".door form:visible")
    page.fill(".door input", room.address)
    page.keyboard.press("Enter")
    page.wait_for_selector(".name:not([hidden])")
    page.fill(".name input", "../x")
    page.keyboard.press("Enter")
    page.wait_for_selector('.said:has-text("cannot be a listener\'s name")')
    page.fill(".name input", "Anna")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sounds:not([hidden])")
    again = browser.open_door(room.address)  # another browser on the same machine
    again.fill(".name input", "anna")
    again.keyboard.press("Enter")
    again.wait_for_selector(".top .who:text-is('Anna')")


def test_the_words_of_the_page_are_those_of_the_scale(browser, room):
    page = browser.open_door(room.address)
    script = "async () => { const { W, letterOf, wordOf } = await import('/words.js'); return [%s]; }"
    scores = list(range(scale.LOWEST, scale.HIGHEST + 1))
    words = page.evaluate(script % "...Array.from({ length: 101 }, (_, at) => wordOf(at).toLowerCase())")
    assert words == [scale.word(score) for score in scores]
    letters = page.evaluate(script % "...Array.from({ length: 11 }, (_, at) => letterOf(at + 1))")
    assert letters == [scale.letter(position) for position in range(11)]
    assert page.evaluate(script % "...W.marks.map((each) => each.toLowerCase())") == list(scale.WORDS)[::-1]


# ---------------------------------------------------------------- the sound itself
RENDER = """async ([rate, count, length, presses]) => {
    const { Player } = await import("/player.js");
    const context = new OfflineAudioContext(1, rate * 2, rate);
    const sounds = new AudioBuffer({ length, numberOfChannels: count, sampleRate: rate });
    for (let c = 0; c < count; c += 1)
        sounds.copyToChannel(Float32Array.from({ length }, (_, i) => (c + 1) * (0.02 + (0.03 * i) / length)), c);
    const player = new Player(context, { switch_s: 0.01, fade_s: 0.005, shortest_s: 0.1 });
    player.load(sounds);
    for (const [at, what, ...more] of presses)
        context.suspend(at).then(() => { player[what](...more); context.resume(); });
    return Array.from((await context.startRendering()).getChannelData(0));
}"""
COUNT, LENGTH, FADE, SEAM, AHEAD = 12, 30_000, 480, 240, 240  # samples
AT = [9600 * step for step in range(9)]  # whole blocks of 128


def rendered(page, *presses):
    said = [[AT[step] / RATE, *press] for step, press in enumerate(presses)]
    return np.array(page.evaluate(RENDER, [RATE, COUNT, LENGTH, said]))


def sound(channel, began, at):
    """What a channel holds at these samples, when the loop began there."""
    return (channel + 1) * (0.02 + 0.03 * ((at - began) % LENGTH) / LENGTH)


def test_every_switch_is_the_same_and_all_sounds_run_in_step(browser, room):
    page = browser.open_door(room.address)
    x = rendered(page, ["hear", 0], ["hear", 5], ["hear", 5], ["hear", 11], ["hear", 0], ["stop"])
    began = AHEAD + FADE  # of the first press
    assert np.abs(x[:began]).max() == 0.0
    dips, plays = [], [0, 5, 5, 11, 0]
    for step, channel in enumerate(plays):
        still = np.arange(AT[step] + AHEAD + 2 * FADE, AT[step + 1] + AHEAD)
        assert np.abs(x[still] / sound(channel, began, still) - 1.0).max() < 1e-4, step
        if step:
            down = np.arange(AT[step] + AHEAD, AT[step] + AHEAD + FADE)
            down = x[down] / sound(plays[step - 1], began, down)
            up = np.arange(AT[step] + AHEAD + FADE, AT[step] + AHEAD + 2 * FADE)
            dips.append(np.concatenate([down, x[up] / sound(channel, began, up)]))
    for dip in dips[1:]:
        assert np.abs(dip - dips[0]).max() < 1e-3  # -60 dB: float32 gains over float32 sounds
    cosine = 0.5 + 0.5 * np.cos(np.pi * np.arange(FADE) / FADE)
    assert np.abs(dips[0] - np.concatenate([cosine, cosine[::-1]])).max() < 0.02
    assert np.abs(x[AT[5] + AHEAD + FADE + 2 :]).max() == 0.0  # stopped


@pytest.mark.soak
def test_a_section_loops_alone_and_fades_at_its_seam_in_all_sounds_alike(browser, room):
    page = browser.open_door(room.address)
    heard = []
    for channel in (0, 7):
        x = rendered(page, ["section", 0.2, 0.4], ["hear", channel])
        began, length = AT[1] + AHEAD + FADE, 9600
        middle = np.arange(began + FADE, began + length - FADE)
        expected = (channel + 1) * (0.02 + 0.03 * (9600 + middle - began) / LENGTH)
        assert np.abs(x[middle] / expected - 1.0).max() < 1e-4
        assert np.abs(x[began + length : began + 2 * length] - x[began + 2 * length : began + 3 * length]).max() < 1e-6
        assert abs(x[began + length]) < 1e-6  # the seam
        heard.append(x[began:] / (channel + 1))
    assert np.abs(heard[0] - heard[1]).max() < 1e-5


# ---------------------------------------------------------------- every size, and a network without TLS
@pytest.mark.soak
def test_a_sitting_at_every_size_of_screen(browser, room, tmp_path):
    for size in SIZES:
        page = entered(browser, room.address, f"Anna {size}", size, has_touch="u" in size)
        for number in range(2):
            for which in range(5):
                heard(page, which)
                if number and which:
                    page.keyboard.press("End" if which == 2 else "PageUp")
                    known(page, which, 100 if which == 2 else 10)
            looked_over(page, f"{size} {number}", tmp_path)
            page.click(".next")
            if not number:
                becomes(page, PHASE, "rating")
                page.wait_for_selector(".sounds:not([hidden])")
        page.wait_for_selector(".results:visible")
        page.wait_for_selector(".results :text('so far')")
        looked_over(page, f"{size} end", tmp_path)
        assert not strangers(page, room.port)
        browser.close_pages()


def looked_over(page, where, folder):
    """Nothing that axe-core finds, nothing too wide, in both looks; with a picture of each."""
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        page.wait_for_timeout(200)
        assert violations(page) == [], (where, theme)
        page.screenshot(path=folder / f"{where} {theme}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
    assert not page.faults, where


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zeroconf leaves a socket to the end
def test_a_phone_of_the_network_listens_without_tls(browser, test):
    addresses = [address for address in own_addresses() if ":" not in address]
    if not addresses:
        pytest.skip("this machine has no address in a network")
    with ListeningRoom(test, lan=True) as shared:
        page = entered(browser, shared.address.replace("127.0.0.1", addresses[0]), "Anna", "upright")
        assert page.evaluate("isSecureContext") is False
        heard(page, 1)
        assert [fault for fault in page.faults if "Cross-Origin-Opener-Policy" not in fault] == []
        other = browser.open_door(shared.address.replace("127.0.0.1", addresses[0]))
        other.fill(".name input", "Anna")
        other.keyboard.press("Enter")
        other.wait_for_selector(".said:has-text('Anna has begun already')")
        browser.close_pages()
