"""A data folder that the unprivileged database account can enter, removed afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def cluster_home() -> Iterator[Path]:
    """An empty folder outside pytest's own tree (which only its owner may enter)."""
    path = Path(tempfile.mkdtemp(prefix="gm-wheel-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)
