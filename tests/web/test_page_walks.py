"""Each view of the page before a real run over a JACK server: what is pressed is heard, what is heard is shown."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager

import numpy as np
import pytest
from browser import SIZES, Browser, becomes, need_browser, strangers, violations
from device import Device
from jackserver import AS_FAST_AS_IT_CAN, JACKD_IS_MISSING, JackServer
from octave_ear import Ear, coloured_like, coloured_unlike, is_silent, like, louder, unlike
from page_runs import PageRun, kept_apart, settled
from responses import coloured
from rigs import A2, NANO, guitar

from rig.audio import wav
from rig.errors import RigError

pytestmark = [pytest.mark.skipif(JACKD_IS_MISSING, reason="jackd is not installed"), pytest.mark.soak]
RATE = 48000
TRIES = 8  # of what a busy machine tears
WATCH = """async () => {
    const { rig } = await import("/here.js");
    window.done = [];
    const plain = rig.client.do.bind(rig.client);
    rig.client.do = (name, ...more) => plain(name, ...more).then(
        (answer) => { done.push([name, "ok"]); return answer; },
        (error) => { done.push([name, error.message]); throw error; });
}"""


@pytest.fixture(scope="module")
def browser():
    need_browser()
    with Browser() as it:
        yield it


@pytest.fixture(autouse=True)
def closed(browser):
    yield
    browser.close_pages()


@pytest.fixture
def own(jack_server, tmp_path, monkeypatch):
    """A place of one's own, with cabinets that sound as different as can be, and a loop to play."""
    for name, folder in kept_apart(tmp_path / "kept").items():
        monkeypatch.setenv(name, folder)
    monkeypatch.chdir(tmp_path)
    for at, (low, high) in enumerate(((60, 400), (300, 2500), (1500, 9000), (80, 9000))):
        x = np.zeros(1024)
        x[0] = 1.0
        spectrum, hz = np.fft.rfft(x), np.fft.rfftfreq(1024, 1 / RATE)
        taps = np.fft.irfft(np.where((hz >= low) & (hz < high), spectrum, 0.03 * spectrum))
        (tmp_path / "cabs" / "one").mkdir(parents=True, exist_ok=True)
        wav.write(tmp_path / "cabs" / "one" / f"{at}.wav", np.roll(taps, 512) * np.hanning(1024), RATE, "FLOAT")
    wav.write(tmp_path / "cabs" / "dark.wav", coloured(3), RATE, "FLOAT")
    return jack_server


def walk_all_commands(page, but=("quit", "stop", "help")):
    """Press the control of every command of the table, answer what is asked, and see that rig has heard each."""
    page.evaluate(WATCH)
    page.keyboard.press("h")
    page.wait_for_selector(".sheet.commands .command")
    names = page.eval_on_selector_all(".command", "all => all.map(each => each.dataset.name)")
    for name in names:
        if name in but:
            assert page.locator(f".command[data-name={name}] button").count() >= 1
            continue
        control = page.locator(f".command[data-name={name}] :is(button, input)").first
        control.click()
        if page.locator("dialog[open]").count():
            if page.locator("dialog[open] input:visible").count():
                page.fill("dialog[open] input", "1")
            page.click("dialog[open] button[type=submit]")
        becomes(page, "name => done.some(each => each[0] === name)", name)
        if page.locator("rig-tuner:visible").count():
            page.keyboard.press("Escape")
            page.wait_for_selector("rig-tuner", state="hidden")
            page.keyboard.press("h")
    said = dict(page.evaluate("done"))
    for name, answer in said.items():  # done, or refused with a sentence
        assert answer == "ok" or re.match(r"[A-Z0-9].+\.$", answer), (name, answer)
    return said


def looked_over(page, where):
    """Nothing that axe-core finds, nothing too wide, nothing from elsewhere."""
    page.wait_for_timeout(300)
    for theme in ("light", "dark"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert violations(page) == [], (where, theme)
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), where
    assert not page.faults, where


def test_playing(browser, own, loop, tmp_path):
    cabs = tmp_path / "cabs" / "one"
    with (
        PageRun(own, tmp_path, "play", NANO, cabs, "--di", loop, "--no-connect") as run,
        run.remote() as remote,
        Ear(own.name) as ear,
    ):
        for number, name in enumerate(("Low", "Middle", "High")):
            remote.do("cabinet", number)
            settled(remote, lambda state, n=number: state["cabinet"]["index"] == n)
            remote.do("save_preset", name)
        for name, size in SIZES.items():
            page = browser.open(run.address, size, "stage")
            page.wait_for_selector(".tile >> nth=2")
            page.click(".tile >> nth=0")
            page.wait_for_selector(".playing-line:has-text('Low')")
            before = ear.until(lambda levels: levels[0] > -60)
            page.click(".tile >> nth=2")
            page.wait_for_selector(".playing-line:has-text('High')")
            plain = ear.until(unlike(before))
            for command, sounds in (("mute", is_silent), ("bypass", unlike(plain, 1.5)), ("tuner", is_silent)):
                page.click(f"#stage rig-key[command={command}] button")
                page.wait_for_selector(f".segment.{'muted' if command == 'mute' else command}")
                ear.until(sounds)
                if command == "tuner":
                    page.click("rig-tuner .surface")
                else:
                    page.click(f"#stage rig-key[command={command}] button")
                ear.until(like(plain))
            page.locator("#stage rig-fader[command=volume] input").fill("-20")
            ear.until(louder(plain, -20))
            remote.do("volume", 0)  # somebody else
            becomes(page, "document.querySelector('#stage rig-fader[command=volume] input').value === '0'")
            ear.until(like(plain))
            page.locator(".playing").click()
            page.keyboard.press("1")
            ear.until(like(before))
            looked_over(page, name)
            assert not strangers(page, run.port)
            browser.close_pages()
        page = browser.open(run.address, view="stage")
        said = walk_all_commands(page)
        assert len(said) > 60
        assert sum(answer == "ok" for answer in said.values()) > 45
        assert not page.faults


def test_auditioning(browser, own, loop, tmp_path):
    with (
        PageRun(own, tmp_path, "audition", NANO, "cabs", "--di", loop, "--no-connect") as run,
        run.remote(),  # once it answers, it plays
        Ear(own.name) as ear,
    ):
        for name, size in SIZES.items():
            page = browser.open(run.address, size)
            rows = page.locator("#cabinets .entry-name")
            page.wait_for_selector("#cabinets .entry-name >> nth=4")
            names = rows.all_inner_texts()
            low, high = (next(at for at, text in enumerate(names) if text.startswith(digit)) for digit in "02")

            def played(which, page=page, rows=rows):
                rows.nth(which).click()
                page.wait_for_selector(f"#cabinets .entry:has([aria-current]) >> text={names[which][0]}")  # noqa: B023

            played(low)
            first = ear.until(lambda levels: levels[0] > -60)
            page.click("#cabinets rig-do[command=mark_a] button")
            played(high)
            second = ear.until(coloured_unlike(first))
            page.click("#cabinets rig-do[command=mark_b] button")
            page.click("#cabinets rig-choice[command=compare] button:text-is('A')")
            ear.until(coloured_like(first))  # equal loudness goes on matching
            page.click("#cabinets rig-choice[command=compare] button:text-is('B')")
            ear.until(coloured_like(second))
            page.click("#cabinets rig-key[command=keep] button")
            page.wait_for_selector("#cabinets .entry.kept")
            page.click("#cabinets rig-do[command=undo_choice] button")
            page.wait_for_selector("#cabinets .entry.kept", state="detached")
            looked_over(page, name)
            page.click("#cabinets button:text-is('Listen blind')")
            page.wait_for_selector(".segment.blind")
            page.wait_for_selector("#cabinets .entry-name:has-text('Number 1')")
            assert not re.search(r"dark|\.wav", page.inner_text("#cabinets"))
            assert page.locator(".curves:visible").count() == 0
            page.click("#cabinets button:text-is('Reveal the names')")
            page.wait_for_selector("#cabinets table")
            looked_over(page, name)
            browser.close_pages()
        page = browser.open(run.address, view="cabinets")
        becomes(  # a spectrum of what is heard has come, and the canvas shows it
            page, "async () => (await import('/here.js')).rig.frames.spectrum(3)?.length > 50"
        )
        said = walk_all_commands(page)
        assert sum(answer == "ok" for answer in said.values()) > 45


def reported(page, words):
    """The finished report, in its frame, as it was written."""
    page.wait_for_selector("iframe.report:visible", timeout=120_000)
    frame = page.frame_locator("iframe.report")
    frame.locator("h1").wait_for()
    assert re.search(words, frame.locator("body").inner_text())


@contextmanager
def measured(server, folder, *arguments):
    """A comparison with what it measures at first; again where the machine lost cycles meanwhile, as it says."""
    for attempt in range(TRIES):
        with PageRun(server, folder, "ab", A2, "--no-ir", *arguments) as run, run.remote() as remote:
            try:
                settled(remote, lambda state: state["measured"] is not None)
            except RigError:
                run.wait()
                said = "\n".join(run.lines)
                assert attempt < TRIES - 1 and re.search(r"The server lost (samples|time)", said), said
                continue
            yield run, remote
            return


def plugged_otherwise(page, remote):
    """By the menus of the wiring; the server has the last word."""
    page.get_by_label("Guitar comes from").select_option("system:capture_2")
    page.get_by_label("From the gear").select_option("system:capture_1")
    page.wait_for_selector(".wiring .node:has-text('Gear') .dot[data-on=false]")  # nothing comes back from there
    page.get_by_label("From the gear").select_option("preamp:out")
    page.wait_for_selector(".wiring .node:has-text('Gear') .dot[data-on=true]")
    ports = remote.list("ports")["items"]
    chosen = {port["way"]: port["name"] for port in ports if port["connected"]}
    assert (chosen["input"], chosen["return"]) == ("system:capture_2", "preamp:out")


def section_of(page, remote):
    """The ends of the loop by keyboard, and by a finger."""
    page.get_by_label("The section begins at").press("PageUp")
    settled(remote, lambda state: state["values"]["loop_from"] > 0)
    box = page.get_by_label("The section ends at").bounding_box()
    end = (box["x"] + box["width"] - 14, box["y"] + box["height"] / 2)
    page.mouse.move(*end)
    page.mouse.down()
    page.mouse.move(end[0] - box["width"] / 3, end[1], steps=8)
    page.mouse.up()
    seconds = remote.state["loop_wave"]["seconds"]
    settled(remote, lambda state: 0.5 < state["values"]["loop_to"] / seconds < 0.8)


@pytest.fixture
def slow(own, monkeypatch):
    """The same on a server with a long period: what is measured must be whole, and a busy machine tears that less."""
    with JackServer(period=1024) as server:
        monkeypatch.setenv("JACK_DEFAULT_SERVER", server.name)
        yield server


def test_two_sides_and_a_blind_test(browser, slow, loop, tmp_path):
    wires = ("--send", "preamp:in", "--return", "preamp:out")
    with Device(slow, 137, preamp="wire"):
        with measured(slow, tmp_path, *wires, "--di", loop) as (run, remote):
            with Ear(slow.name) as ear:
                for name, size in SIZES.items():
                    page = browser.open(run.address, size)
                    page.click(".pad[data-side=a]")
                    page.wait_for_selector(".pad[data-side=a][aria-pressed=true]")
                    a = ear.until(lambda levels: levels[0] > -80)
                    page.keyboard.press("Space")
                    page.wait_for_selector(".pad[data-side=b][aria-pressed=true]")
                    b = ear.until(unlike(a, 2.0))
                    page.keyboard.press("d")
                    page.wait_for_selector(".pad[data-side=difference][aria-pressed=true]:has-text('below A')")
                    ear.until(unlike(b, 2.0))
                    page.click(".pad[data-side=b]")
                    ear.until(like(b))
                    page.locator("rig-fader[command=match_trim] input").fill("-6")
                    ear.until(louder(b, -6))
                    remote.do("match_trim", 0)
                    remote.do("hear", "A")
                    page.wait_for_selector(".pad[data-side=a][aria-pressed=true]")
                    ear.until(like(a))
                    assert page.locator(".wiring .dot[data-on=true]").count() >= 2
                    looked_over(page, name)
                    browser.close_pages()
            page = browser.open(run.address)
            plugged_otherwise(page, remote)
            section_of(page, remote)
            walk_all_commands(page)
        trials = ("--trials", 5, "--di", loop)
        with measured(slow, tmp_path, *wires, *trials) as (run, remote):
            page = browser.open(run.address, SIZES["upright"])
            assert "5 of 5 right are needed" in page.inner_text("#bench")
            page.click("button:text-is('Begin the blind test')")
            page.wait_for_selector(".answer:visible")
            page.keyboard.press("o")
            page.wait_for_selector(".answer:has-text('Again')")
            page.keyboard.press("x")  # listening on takes it back
            page.wait_for_selector(".answer:has-text('Again')", state="hidden")
            page.keyboard.press("Enter")
            for number in range(5):
                page.wait_for_selector(".answer:visible")
                page.click(".pad[data-side=x]")
                page.click(".answer >> nth=0")
                settled(remote, lambda state, n=number: state["test"]["answered"] == n, 5)  # nothing yet
                page.wait_for_selector(".answer:has-text('Again')")
                time.sleep(0.3)  # a second tap that comes at once was none
                page.click(".answer:has-text('Again')")
                settled(remote, lambda state, n=number: state["test"]["answered"] == n + 1)
            page.wait_for_selector(".result:has-text('right')")
            looked_over(page, "the result")


def test_making_a_capture(browser, own, tmp_path):
    levels = ("--send-dbu", 12, "--return-dbu", 12.3, "--length-s", 35, *AS_FAST_AS_IT_CAN)
    command = ("capture", "take", "gear", "--send", "preamp:in", "--return", "preamp:out", *levels, "--into", tmp_path)
    with Device(own, 137, gain_db=-3.0), PageRun(own, tmp_path, *command) as run:
        pages = [browser.open(run.address, size) for size in SIZES.values()]
        for page, name in zip(pages, SIZES, strict=True):
            page.wait_for_selector(".question button:text-is('Yes')")
            assert page.locator(".wired li").count() >= 3
            looked_over(page, name)
        pages[0].click(".question button:text-is('Other ports')")
        pages[1].wait_for_selector(".question:has-text('Which port goes to the gear?') select")
        looked_over(pages[1], "the ports")
        pages[1].select_option(".question select", "preamp:in")
        pages[1].click(".question button[type=submit]")
        pages[2].wait_for_selector(".question:has-text('Which port comes back?') select")
        pages[2].select_option(".question select", "preamp:out")
        pages[2].click(".question button[type=submit]")
        pages[0].click(".question button:text-is('Yes')")
        pages[1].wait_for_selector(".question:has-text('Turn its gain up by')")  # what it is asked about
        pages[1].click(".question button:has-text('Go on as it is')")
        for page, name in zip(pages, SIZES, strict=True):
            page.wait_for_selector(".question", state="hidden")
            page.wait_for_selector(".steps li:last-child.now", timeout=400_000)
            assert page.locator("[aria-label=Checks] li").count() > 5
            looked_over(page, name)
        assert re.search("Accepted|Not accepted", pages[0].inner_text("[aria-label=Checks]"))
        reported(pages[2], "preamp:out")


def test_models_against_a_capture(browser, own, tmp_path):
    from rig.nam import Model

    x = 0.3 * guitar(6 * RATE)
    wav.write(tmp_path / "dry.wav", x, RATE, "FLOAT")
    wav.write(tmp_path / "wet.wav", Model.load(NANO).render(x), RATE, "FLOAT")
    command = ("compare", "dry.wav", "wet.wav", NANO, A2, "--workers", 1, "--page")
    with PageRun(own, tmp_path, *command) as run, run.remote() as remote:
        settled(remote, lambda state: state["excerpts"], 120)
        for name, size in SIZES.items():
            page = browser.open(run.address, size)
            page.wait_for_selector("#bench tbody tr >> nth=1")
            assert "nano" in page.inner_text("#bench tbody tr >> nth=0")  # the closest first
            page.click("#bench button:text-is('Play')")
            page.wait_for_selector("#bench button:text-is('Stop')")
            for what in ("Gear", "Difference", "Model"):
                page.click(f"#bench .pad:text-is('{what}')")
                page.wait_for_selector(f"#bench .pad[aria-pressed=true]:text-is('{what}')")
            page.click("#bench button:text-is('Stop')")
            reported(page, "nano")
            looked_over(page, name)
            assert not strangers(page, run.port)
            browser.close_pages()
