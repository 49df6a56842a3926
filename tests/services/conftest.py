"""The demo county in memory, made once for all tests of a worker."""

from __future__ import annotations

import pytest

from gridmap.services.demo.generate import Demo, generate


@pytest.fixture(scope="session")
def demo() -> Demo:
    return generate()
