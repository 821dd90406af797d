"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jackserver import JACKD_IS_MISSING, JackServer


@pytest.fixture(scope="session")
def jack_server() -> Iterator[JackServer]:
    """The one JACK server of the test process: 48 kHz, 64 frames, two ports each way; see jackserver.py."""
    if JACKD_IS_MISSING:
        pytest.skip("jackd is not installed")
    with JackServer() as server:
        yield server
