"""The library in a real Chromium: ten thousand models in a table and on a map, found, heard, gone back from."""

from __future__ import annotations

import json
from math import exp

import pytest
from browser import Browser, becomes, need_browser, violations
from made_library import make_library
from paged import Paged, until
from rigs import NANO
from written_index import write_index, written_sha256

from rig.catalogue.library import Library

pytestmark = pytest.mark.live

THOUSANDS = 10_000
PHONE = (360, 740)
HAVE_COME = ".found .found-row:not(.coming) .what"
NAMES = "all => all.filter(e => e.offsetParent).map(e => e.textContent)"


@pytest.fixture(scope="module")
def browser():
    need_browser()
    with Browser() as it:
        yield it


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """An index of ten thousand models that are nowhere, and of four that can be heard."""
    need_browser()
    home = tmp_path_factory.mktemp("library")
    make_library(home / "models", 4, 2, 7)
    write_index(home / "models.sqlite", home / "all", THOUSANDS)
    with Library(home / "models.sqlite") as library:
        library.scan(home / "models", workers=1)
    return home


@pytest.fixture(scope="module")
def paged(home):
    with Paged(models=[home / "models" / "made-000-000.nam", NANO], index=home / "models.sqlite") as it:
        yield it


@pytest.fixture
def closed(browser):
    yield
    browser.close_pages()


def opened(browser, paged, size=(1280, 800)):
    page = browser.open(paged.address, size, "stage")
    page.click(".bar .entry[data-name=library]")
    page.wait_for_selector(HAVE_COME)
    return page


def playing(paged):
    return paged.run(lambda: paged.player.sound.model.path.name)


def names(page):
    return page.eval_on_selector_all(HAVE_COME, NAMES)


def likes(home, name):
    """Names and distances of the nearest, as the library itself says."""
    with Library(home / "models.sqlite") as library:
        found = library.like(home / "models" / f"{name}.nam", 100)
    return [one.facts.name for one in found], [one.distance for one in found]


def test_ten_thousand_are_searched_sorted_and_scrolled_of_which_few_exist(browser, paged, closed):
    page = opened(browser, paged)
    page.wait_for_selector(".library .about:has-text('10,004 models')")
    assert page.locator(".found .space .found-row").count() < 40
    page.evaluate("document.querySelector('.found .rows').scrollTop = 1e9")
    page.wait_for_selector("[aria-rowindex='10005'] .what:has-text('Vox AC 30 take 09997')")
    assert page.locator(".found .space .found-row").count() < 40
    page.click(".found .sort:text-is('Takes')")
    page.wait_for_selector("[data-column=cost][aria-sort=ascending]")
    page.click(".found .sort:text-is('Takes')")
    page.wait_for_selector("[data-column=cost][aria-sort=descending]")
    page.wait_for_selector("[aria-rowindex='2'] [data-fact=architecture]:has-text('A1 standard')")
    page.locator(".library .search").press_sequentially("mesa 0001")
    page.wait_for_selector(".library .about:has-text('2 models of 10,004')")
    assert sorted(names(page)) == ["Mesa Rectifier take 00013", "Mesa Rectifier take 00018"]
    page.fill(".library .search", "fendre")
    page.click(".library .instead:has-text('fender')")
    page.wait_for_selector(".library .about:has-text('2,000 models of 10,004')")
    assert not page.faults


def test_a_tap_is_heard_its_likes_are_listed_and_the_one_before_comes_back(browser, paged, closed, home):
    page = opened(browser, paged, PHONE)
    before = playing(paged)
    page.fill(".library .search", "made-001")
    page.click(".found .what:text-is('made-001-001')")
    page.wait_for_selector(".found .what[aria-current=true]:text-is('made-001-001')")
    until(lambda: playing(paged) == "made-001-001.nam")
    page.click(".library .like-playing")
    page.wait_for_selector(".library .about:has-text('Like made-001-001')")
    near, distances = likes(home, "made-001-001")
    page.wait_for_selector(f"[aria-rowindex='2'] .what:text-is('{near[0]}')")
    listed = names(page)
    assert len(listed) > 4 and listed == near[: len(listed)]
    far = [float(text) for text in page.eval_on_selector_all(".found .space [data-fact=distance]:not(:empty)", NAMES)]
    assert far == pytest.approx(distances[: len(listed)], abs=0.001) and far[0] > 0
    page.click(f".found .like[aria-label='More like {near[0]}']")
    page.wait_for_selector(f".library .about:has-text('Like {near[0]}')")
    nearest = likes(home, near[0])[0][0]
    assert nearest != near[0]
    page.wait_for_selector(f"[aria-rowindex='2'] .what:text-is('{nearest}')")
    page.click(".library .back")
    until(lambda: playing(paged) == before)
    page.click(".library .leave")
    page.fill(".library .search", "take 00007")
    page.click(".found .what:text-is('Vox AC 30 take 00007')")
    page.wait_for_selector(".found-row.unusable [data-fact=said]:has-text('is no longer where it was found')")
    assert playing(paged) == before
    assert page.locator(".toast.error").count() >= 1
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert violations(page) == []
    assert not page.faults


def test_rows_are_reached_by_keyboard(browser, paged, closed):
    page = opened(browser, paged)
    page.select_option(".library .order select", "name", force=True)
    page.fill(".library .search", "made")
    page.wait_for_selector(".library .about:has-text('4 models of')")
    page.locator(".found .space .what >> nth=0").focus()
    focused = "document.activeElement.textContent"
    for key, name in (("ArrowDown", "made-000-001"), ("End", "made-001-001"), ("Home", "made-000-000")):
        page.keyboard.press(key)
        assert page.evaluate(focused) == name
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "More like made-000-000"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    until(lambda: playing(paged) == "made-000-001.nam")
    page.fill(".library .search", "")
    page.wait_for_selector(".library .about:has-text('10,004 models')")
    page.locator(".found .space .what >> nth=0").focus()
    page.keyboard.press("End")
    page.wait_for_selector("[aria-rowindex='10005']:not(.coming) .what:focus")  # it had not come when End was pressed
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past all other rows, round to the beginning
    assert page.evaluate("document.activeElement.closest('.found')") is None
    assert page.evaluate("document.activeElement.closest('.sheet.library') !== null")
    assert not page.faults


def test_every_model_is_a_dot_that_is_named_zoomed_and_heard(browser, paged, closed, home):
    with Library(home / "models.sqlite") as library:
        placed, share = library.map()
    page = opened(browser, paged)
    page.click(".library .chip:text-is('Map')")
    page.wait_for_selector(f".map .soft:has-text('{100 * share:.0f} % of what tells the models apart')")
    ours = next(one for one in placed if one.model.path.name == "made-001-000.nam")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is drawn
    box = page.locator(".map canvas").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    low, high = ([edge(axis) for axis in ([one.x for one in placed], [one.y for one in placed])] for edge in (min, max))
    scale = min((box[side] / 2 - 18) / ((high[at] - low[at]) / 2) for at, side in enumerate(("width", "height")))
    stands = (
        middle[0] + (ours.x - (low[0] + high[0]) / 2) * scale,
        middle[1] - (ours.y - (low[1] + high[1]) / 2) * scale,
    )
    wheel = [round(value) for value in stands]  # a wheel turns at a whole pixel, and what is beside it moves away
    page.mouse.move(*wheel)
    for _ in range(6):
        page.mouse.wheel(0, -400)
    x, y = (at + (value - at) * exp(6 * 0.002 * 400) for at, value in zip(wheel, stands, strict=True))
    page.mouse.move(x, y)
    page.mouse.move(x + 1, y)
    page.wait_for_selector(".map-name:has-text('made-001-000')")
    assert playing(paged) != "made-001-000.nam"
    page.mouse.down()
    page.mouse.move(x + 80, y + 30, steps=4)
    page.mouse.up()  # what is dragged is not tapped
    assert playing(paged) != "made-001-000.nam"
    page.mouse.click(x + 79, y + 30)
    until(lambda: playing(paged) == "made-001-000.nam")
    page.wait_for_selector(".map-name:has-text('plays now')")
    page.fill(".library .search", "mesa")
    page.wait_for_selector(".library .about:has-text('2,000 models of')")
    page.locator(".map .plane").focus()
    page.keyboard.press("0")
    page.keyboard.press("ArrowUp")
    becomes(page, "!document.querySelector('.map-name').textContent.includes('made-001-000')")
    before = playing(paged)
    page.keyboard.press("Enter")  # of a file that is nowhere
    page.wait_for_selector(".map-name:has-text('no longer where it was found')")
    assert playing(paged) == before
    assert violations(page) == []
    page.click(".map .row button:text-is('More like it')")
    page.wait_for_selector(".library .leave:visible")
    assert not page.faults


def test_dots_under_a_finger_and_two(browser, paged, closed):
    """The plane by itself, as fingers of a browser that drives itself are hard to hold."""
    page = opened(browser, paged)
    found = page.evaluate(
        """async () => {
            const { Dots } = await import("/library/dots.js");
            const dots = new Dots();
            dots.put([-1, 0, 1, 0.5], [0, 0, 0, 1]);
            dots.resize(400, 300);
            const told = {at: dots.at(2), near: dots.nearest(...dots.at(3), 5), none: dots.nearest(0, 0, 5)};
            told.right = dots.next(1, [1, 0]);
            told.up = dots.next(1, [0, 1]);
            const before = dots.at(2);
            dots.zoomAt(...before, 4);
            told.kept = dots.at(2).map((value, axis) => Math.abs(value - before[axis]));
            told.apart = dots.at(2)[0] - dots.at(3)[0];
            dots.zoomAt(10, 10, 1e-9);
            told.again = dots.at(2);
            return told;
        }"""
    )
    assert found["near"] == 3 and found["none"] == -1 and (found["right"], found["up"]) == (2, 3)
    assert max(found["kept"]) < 1e-3 and found["again"] == found["at"] == [pytest.approx(382), pytest.approx(241)]
    assert found["apart"] == pytest.approx(4 * 0.5 * 182, abs=1e-2)


def test_an_empty_library_says_what_to_type(browser, closed, tmp_path):
    make_library(tmp_path / "models", 2, 2, 3)
    with Paged(models=sorted((tmp_path / "models").glob("*.nam")), index=tmp_path / "none.sqlite") as empty:
        page = browser.open(empty.address, PHONE, "stage")
        page.click(".bar .entry[data-name=library]")
        page.wait_for_selector(".scanning code:text-is('rig library scan FOLDER')")
        assert page.locator(".found:visible, .library .search:visible").count() == 0
        assert violations(page) == []
        page.click(".scanning button:text-is('Scan the open folder, models')")
        page.set_default_timeout(300_000)  # a scan goes last
        page.wait_for_selector(".scanning :text('Scanned 2 files')")
        page.wait_for_selector(".found .what:text-is('made-001-000')")
        assert not page.faults


def test_the_page_asks_again_only_for_what_is_in_sight(browser, paged, closed):
    page = opened(browser, paged)
    sent = []
    page.evaluate(
        """async () => {
            const { rig } = await import("/here.js");
            window.asked = [];
            const plain = rig.client.ask.bind(rig.client);
            rig.client.ask = (content) => { asked.push(content); return plain(content); };
        }"""
    )
    page.evaluate("document.querySelector('.found .rows').scrollTop = 48 * 5000")
    page.wait_for_selector("[aria-rowindex='5005']:not(.coming) .what")
    page.locator(".library .search").press_sequentially("plexi", delay=0)
    page.wait_for_selector(".library .about:has-text('Nothing is called like that.')")
    sent = page.evaluate("asked")
    assert [one["from"] for one in sent if not one["query"]] in ([5000], [4900, 5000], [5000, 4900], [0, 5000])
    assert sent[-1]["query"] == "plexi"
    assert json.dumps(sent).count("/") == 0  # no path is ever sent
    assert written_sha256(0) not in json.dumps(sent)
