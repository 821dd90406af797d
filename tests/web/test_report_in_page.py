"""The finished report of a capture or a comparison: had by those who know the state, and it runs nothing."""

from __future__ import annotations

import http.client
from types import SimpleNamespace

import pytest

from rig.web.page import Page, PageOptions
from rig.web.shown.shown_capture import CaptureShown, Desk
from rig.web.shown.shown_compare import CompareShown, Table

REPORT = b"<!doctype html><title>e570</title><script>alert(1)</script>"


def capturing():
    desk = Desk("e570")
    saved = {"checks": [], "accepted": True, "verdict": "ok", "reason": None}
    return CaptureShown(desk), lambda report: desk.judged(saved, "good", report)


def comparing():
    table = Table()
    return CompareShown(table), table.reported


@pytest.fixture(params=[capturing, comparing])
def shown(request):
    found, put = request.param()
    page = Page(found, PageOptions(port=0), [].append)
    page.start()
    yield SimpleNamespace(page=page, shown=found, put=put)
    page.close()


def get(page, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=5)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def test_the_report_is_at_an_address_that_only_the_state_tells_and_runs_nothing(shown):
    assert shown.shown.state()["report"] is None
    assert get(shown.page, "/report/None")[0].status == 404
    shown.put(REPORT)
    address = shown.shown.state()["report"]
    assert len(address) > 30
    response, body = get(shown.page, address)
    assert (response.status, body) == (200, REPORT)
    policy = response.headers["Content-Security-Policy"].split("; ")
    assert {"sandbox", "default-src 'none'", "frame-ancestors 'self'"} <= set(policy)
    assert not any("script" in each or "connect" in each for each in policy)
    for wrong in ("/report/", f"{address}x", address[:-1], "/report/../index.html"):
        assert get(shown.page, wrong)[0].status == 404, wrong
    assert get(shown.page, address, Host="evil.example")[0].status == 403


def test_a_further_report_has_another_address(shown):
    shown.put(REPORT)
    first = shown.shown.state()["report"]
    shown.put(REPORT)
    assert shown.shown.state()["report"] != first
    assert get(shown.page, first)[0].status == 404
