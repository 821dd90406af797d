"""The page in a real Chromium, before a player: what is pressed is heard, what is heard is shown, nothing leaves it."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf
from browser import SIZES, Browser, becomes, need_browser, strangers, violations
from paged import Paged, until
from responses import folder_of
from rigs import A2, NANO

from rig.web.origins import own_addresses

pytestmark = pytest.mark.live

LISTEN = """async () => {
    const { rig } = await import("/here.js");
    window.connections = []; // it may be lost for less than a picture of the screen
    rig.client.addEventListener("connection", ({ detail }) => connections.push(detail.connection));
}"""
SHEETS = ("sounds", "library", "setup", "commands", "page")


@pytest.fixture(scope="module")
def browser():
    need_browser()
    with Browser() as it:
        yield it


@pytest.fixture(scope="module")
def paged(tmp_path_factory):
    need_browser()
    home = tmp_path_factory.mktemp("page")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        (home / "irs").mkdir()
        with Paged(models=(NANO, A2), irs=folder_of(home / "irs", 5)) as it:
            with it.remote() as remote:
                for number, name in enumerate(("Clean verse", "Crunch", "A lead with quite a long name")):
                    remote.do("cabinet", number)
                    until(lambda number=number: it.run(lambda: it.player.rig.cabinets.position) == number)
                    remote.do("save_preset", name)
            yield it


@pytest.fixture
def put_back(browser, paged):
    """As it was: no page open, nothing muted."""
    yield
    browser.close_pages()
    with paged.remote() as remote:
        for name in ("mute", "bypass", "tuner", "blind", "record", "gate"):
            remote.do(name, False)
        remote.do("volume", 0)


def loud(paged):
    """Of what comes out now."""
    return float(np.abs(np.concatenate(paged.heard[-16:])).max())


def value(paged, name):
    return paged.run(lambda: paged.player.commands.values()[name])


def sheet(page, name):
    page.click(f".bar .tools .entry >> nth={SHEETS.index(name)}")
    page.wait_for_selector(f".sheet.{name}:not([hidden])")
    page.wait_for_timeout(250)  # it comes in


def test_what_is_pressed_is_heard_and_what_is_heard_is_shown(browser, paged, put_back):
    page = browser.open(paged.address, view="stage")
    assert page.evaluate("location.href").endswith("/#stage")  # the token has left the address
    mute = page.locator("#stage rig-key[command=mute] button")
    until(lambda: loud(paged) > 1e-3)
    mute.click()
    page.wait_for_selector(".segment.muted")
    until(lambda: loud(paged) == 0.0)
    assert mute.get_attribute("aria-pressed") == "true"
    page.keyboard.press("m")
    until(lambda: loud(paged) > 1e-3)
    page.wait_for_selector(".segment.muted", state="detached")
    with paged.remote() as remote:  # somebody else
        remote.do("bypass", True)
    page.wait_for_selector(".segment.bypass")
    page.locator("#stage rig-fader[command=volume] input").fill("-20")
    until(lambda: value(paged, "volume") == -20.0)
    page.click(".tile >> nth=1")
    page.wait_for_selector(".playing-line:has-text('Crunch')")
    assert page.inner_text(".playing-line .number") == "2"
    assert not page.faults
    assert not strangers(page, paged.port)


def test_the_section_of_a_loop_is_moved_by_its_thumbs_and_a_part_of_a_mix_heard_alone(browser, paged, put_back):
    page = browser.open(paged.address, view="cabinets")
    assert page.locator("#cabinets .loop-range:visible").count() == 0
    paged.run(lambda: paged.player.looper.put(np.tile(paged.source, 4), "four bars"))
    page.wait_for_selector("#cabinets .loop-range:visible")
    begins, ends = (page.get_by_label(f"The section {what} at") for what in ("begins", "ends"))
    ends.press("PageDown")
    until(lambda: value(paged, "loop_to") == pytest.approx(3.6, abs=0.06))
    begins.press("End")  # as near to the other one as it can
    until(lambda: value(paged, "loop_from") == pytest.approx(value(paged, "loop_to") - 0.2, abs=0.01))
    begins.press("Home")
    until(lambda: value(paged, "loop_from") == 0.0)
    with paged.remote() as remote:
        for number in (1, 2):
            remote.do("mix_add")
            remote.do("cabinet", number)
            until(lambda number=number: paged.run(lambda: len(paged.player.mixer.parts)) == number + 1)
        page.click("button[aria-label='Hear part 2 alone']")
        page.wait_for_selector("button[aria-label='Hear part 2 alone'][aria-pressed=true]")
        assert paged.run(lambda: paged.player.mixer.soloed) == 1
        page.click("button[aria-label='Hear part 2 alone']")
        page.wait_for_selector("button[aria-label='Hear part 2 alone'][aria-pressed=false]")
        assert value(paged, "mix") is True
        remote.do("mix_remove")
        remote.do("mix_remove")
        remote.do("loop", False)
    assert not page.faults


def test_a_track_is_named_started_and_set_in_the_set_up(browser, paged, put_back):
    page = browser.open(paged.address, view="stage")
    sheet(page, "setup")
    assert page.locator(".sheet.setup", has_text="No file yet").count() == 1
    sf.write("song.wav", np.random.default_rng(0).uniform(-0.1, 0.1, 75 * 48000), 48000)
    page.click(".sheet.setup rig-do[command=backing] button")
    page.keyboard.type("song.wav")
    page.keyboard.press("Enter")
    page.wait_for_selector(".sheet.setup :text('song.wav: 0:00 of 1:15')")
    page.click(".sheet.setup rig-key[command=backing_play] button")
    until(lambda: value(paged, "backing_play") is True)
    page.wait_for_selector(".sheet.setup rig-key[command=backing_play] button[aria-pressed=true]")
    page.locator(".sheet.setup rig-fader[command=backing_volume] input").fill("-30")
    until(lambda: value(paged, "backing_volume") == -30.0)
    with paged.remote() as remote:
        remote.do("backing", "none")
    page.wait_for_selector(".sheet.setup :text('No file yet')")
    assert not page.faults


def test_every_command_is_found_and_reached(browser, paged, put_back):
    page = browser.open(paged.address, view="stage")
    page.keyboard.press("h")
    page.wait_for_selector(".sheet.commands .command")
    told = {each["name"] for each in paged.shown.commands()}
    assert set(page.eval_on_selector_all(".command", "all => all.map(each => each.dataset.name)")) == told
    empty = page.eval_on_selector_all(
        ".command", "all => all.filter(each => !each.querySelector('button, input')).map(each => each.dataset.name)"
    )
    assert empty == []
    page.keyboard.type("rumble 40")
    assert page.locator(".command:visible").count() == 1
    page.click(".command:visible button:text-is('60 Hz')")
    until(lambda: value(paged, "rumble") == 60.0)
    page.keyboard.press("Escape")
    assert page.locator(".sheet:visible").count() == 0


def test_the_page_shows_the_truth_after_the_server_was_killed(browser, paged, put_back):
    page = browser.open(paged.address, view="stage")
    page.evaluate(LISTEN)
    paged.page._server.stop()
    becomes(page, "connections.some(each => each === 'lost' || each === 'ended')")
    paged.run(lambda: paged.player.commands.put("mute", True))
    page.wait_for_selector(".segment.muted")
    page.wait_for_selector(".segment.lost, .segment.ended", state="detached")
    page.keyboard.press("m")
    until(lambda: value(paged, "mute") is False)


def test_no_view_is_closed_to_anybody(browser, paged, put_back):
    page = browser.open(paged.address, SIZES["upright"], "stage")
    page.wait_for_selector(".tile")
    sheet(page, "setup")
    assert violations(page) == []  # all the others in the soak


def test_a_page_without_the_token_asks_for_it(browser, paged, put_back):
    page = browser.open_door(f"http://127.0.0.1:{paged.port}/")
    assert page.locator(".view:visible").count() == 0
    page.fill(".door input", paged.address)
    page.click(".door button[type=submit]")
    page.wait_for_selector(".view:visible")
    page.reload()
    page.wait_for_selector(".view:visible")  # it is kept for this tab


@pytest.mark.soak
def test_a_page_of_another_version_offers_to_load_itself_again(browser, paged, put_back):
    page = browser.open(paged.address)
    assert page.locator(".notice:visible").count() == 0
    old = "export const RIG = '0.0.1'; export const PAGE = 'another';"
    page.route("**/version.js", lambda route: route.fulfill(body=old, content_type="text/javascript"))
    page.reload()
    page.wait_for_selector(".notice:visible:has-text('This page was loaded from rig 0.0.1')")
    page.unroute("**/version.js")
    page.click(".notice button")
    page.wait_for_selector(".view:visible")
    assert page.locator(".notice:visible").count() == 0


@pytest.mark.soak
def test_the_first_page_is_ready_within_a_second(browser, paged, put_back):
    ready = []
    for _ in range(6):
        page = browser.open(paged.address)
        page.wait_for_selector(".playing-line:has-text('A lead')")
        ready.append(page.evaluate("performance.getEntriesByName('rig-shown')[0].startTime / 1000"))
        browser.close_pages()
    print(f"ready after {min(ready):.2f} to {max(ready):.2f} s")
    assert min(ready) < 1.0  # the best of six: other programs run, too


@pytest.mark.soak
def test_nothing_moves_for_who_wants_no_motion(browser, paged, put_back):
    for wish, moves in (("no-preference", True), ("reduce", False)):
        page = browser.open(paged.address, view="stage", reduced_motion=wish)
        sheet(page, "setup")
        name = page.evaluate("getComputedStyle(document.querySelector('.sheet.setup')).animationName")
        assert (name != "none") is moves


@pytest.mark.soak
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # zeroconf leaves a socket to the end
def test_the_screen_stays_on_in_a_network_without_tls(browser):
    addresses = [address for address in own_addresses() if ":" not in address]
    if not addresses:
        pytest.skip("this machine has no address in a network")
    awake = "async () => (await import('/here.js')).rig.store.page.awake"
    with Paged(lan=True) as shared:
        page = browser.open(shared.address, view="stage")
        until(lambda: page.evaluate(awake) == "lock")
        page = browser.open(shared.address.replace("127.0.0.1", addresses[0]), view="stage")
        assert page.evaluate("[isSecureContext, 'wakeLock' in navigator]") == [False, False]
        until(lambda: page.evaluate(awake) == "video")
        at = page.evaluate("document.querySelector('video.awake').currentTime")
        page.wait_for_timeout(1500)
        assert page.evaluate("document.querySelector('video.awake').currentTime") > at  # it plays
        sheet(page, "page")
        assert "a tiny silent video plays" in page.inner_text(".sheet.page")
        page.click(".sheet.page button:text-is('Keep the screen on')")
        page.wait_for_selector("video.awake", state="detached")
        assert not [fault for fault in page.faults if "Cross-Origin-Opener-Policy" not in fault]  # needs TLS, it says
        browser.close_pages()


@pytest.mark.soak
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
def test_all_views_and_sheets_at_all_sizes(browser, paged, put_back, size, theme, tmp_path):
    page = browser.open(paged.address, SIZES[size], "stage")
    page.evaluate(f"localStorage.setItem('rig.theme', '{theme}')")
    page.reload()
    page.wait_for_selector(".view:visible")
    for view in ("stage", "cabinets", "bench"):
        page.evaluate(f"location.hash = '{view}'")
        page.wait_for_selector(f"#{view}:not([hidden]) *")
        page.wait_for_timeout(300)
        assert violations(page) == [], view
        assert too_small(page) == [], view
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), view
        for name in SHEETS:
            sheet(page, name)
            assert violations(page) == [], (view, name)
            assert too_small(page) == [], (view, name)
            page.keyboard.press("Escape")
    for name in ("mute", "bypass", "record"):
        page.evaluate("location.hash = 'stage'")
        with paged.remote() as remote:
            remote.do(name, True)
    page.wait_for_selector(".segment.recording")
    height = SIZES[size][1]
    words = ".segment, #stage .keys button, .playing-line"
    for each in page.eval_on_selector_all(words, "all => all.map(e => parseFloat(getComputedStyle(e).fontSize))"):
        assert each >= 0.05 * height - 0.5
    assert page.eval_on_selector_all(".letters", "all => all.every(e => e.getBoundingClientRect().right <= innerWidth)")
    with paged.remote() as remote:
        remote.do("tuner", True)
    page.wait_for_selector("rig-tuner:visible")
    assert violations(page) == []
    note = page.evaluate("parseFloat(getComputedStyle(document.querySelector('rig-tuner .note')).fontSize)")
    assert note > height / 3
    assert not page.faults
    assert not strangers(page, paged.port)


def too_small(page):
    """Targets below 44 pixels."""
    return page.eval_on_selector_all(
        "button, input, select, a[href]",
        """all => all.filter(e => e.offsetParent && !e.closest('[inert]')).map(e => [e, e.getBoundingClientRect()])
        .filter(([e, box]) => box.width && (box.height < 43.5 || box.width < 43.5))
        .map(([e, box]) => `${e.outerHTML.slice(0, 90)} ${Math.round(box.width)}x${Math.round(box.height)}`)""",
    )


@pytest.mark.soak
def test_everything_by_keyboard_alone(browser, paged, put_back):
    page = browser.open(paged.address, view="stage")
    focused = "document.activeElement"
    focused = f"{focused}.closest('[command]')?.getAttribute('command') ?? {focused}.textContent"
    reached = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(focused))
    assert {"mute", "tuner", "bypass", "gate", "volume"} <= reached
    words = {each.strip() for each in reached}
    assert {"Stage", "Cabinets", "Bench", "Sounds", "Library", "Set-up", "Find", "More", "Lock"} <= words
    with paged.remote() as remote:
        table = {each["name"]: each for each in remote.hello["commands"]}
        for key, name in (("b", "bypass"), ("G", "gate"), ("T", "tuner")):
            before = remote.do(name, False) and False
            page.keyboard.press(key)
            until(lambda name=name, before=before: value(paged, name) is not before)
            page.keyboard.press(key)
            until(lambda name=name, before=before: value(paged, name) is before)
        for more, less, name in (("]", "[", "input_trim"), ("+", "-", "output_trim"), ("K", "k", "preamp_gain")):
            before, step = value(paged, name), table[name]["step"]
            page.keyboard.press(more)
            until(lambda n=name, b=before, s=step: value(paged, n) == pytest.approx(b + s))
            page.keyboard.press(less)
            until(lambda n=name, b=before: value(paged, n) == pytest.approx(b))
    page.keyboard.press("P")
    page.keyboard.type("By hand")
    page.keyboard.press("Enter")
    until(lambda: "By hand" in page.inner_text("rig-tiles"))
    page.keyboard.press("D")
    page.keyboard.press("Enter")
    until(lambda: "By hand" not in page.inner_text("rig-tiles"))
