"""Precincts as their publishers drew them: the counts that their READMEs state. Skipped where the files are absent.

The READMEs measured by union and pairwise intersection of unrounded coordinates and count overlaps per pair of units;
our items are connected pieces, so pieces are added up by pair here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gridmap.geometry.crs import to_metres
from gridmap.geometry.precision import FILE_STEPS_PER_METRE
from gridmap.geometry.topology import audit
from gridmap.importers import read_frame

REAL = Path(__file__).parents[4] / "shared" / "realdata"


def audited(name):
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the checkout (../shared/realdata)")
    frame = to_metres(read_frame(path))
    names = [str(row) for row in range(len(frame))]
    return audit(np.asarray(frame.geometry.array), names, steps_per_metre=FILE_STEPS_PER_METRE)


def by_pair(found):
    pairs: dict[tuple[str, ...], float] = {}
    for item in found.overlaps:
        pairs[item.owners] = pairs.get(item.owners, 0) + item.area_m2
    return np.array(list(pairs.values()))


def areas(items):
    return np.array([item.area_m2 for item in items])


def test_rhode_island_precincts():
    found = audited("ri_precincts/RI_precincts.zip")
    assert found.units == 419
    gaps, pairs = areas(found.gaps), by_pair(found)
    assert [(gaps > least).sum() for least in (1, 100, 10_000)] == [28, 18, 4]
    assert gaps.max() == pytest.approx(85_246, abs=1)
    assert (pairs > 1).sum() == 9
    assert pairs.max() == pytest.approx(29.7, abs=0.05)
    assert found.ledger_error_m2 < 1e-3


def test_providence_blocks_are_clean():
    found = audited("ri_precincts/Providence_blocks.zip")
    assert found.units == 3014
    assert found.clean


def test_denver_precincts():
    found = audited("denver_precincts/DenverCo_precincts2020_orig.zip")
    assert len(found.gaps) == 32
    assert (areas(found.gaps) > 1).sum() == 10
    pairs = by_pair(found)
    assert (pairs > 1).sum() == 1
    assert pairs.max() == pytest.approx(13, abs=0.1)


def test_repaired_denver_precincts_keep_their_holes():
    found = audited("denver_precincts/DenverCo_precincts2020_repaired.zip")
    assert len(found.gaps) == 10
    assert not found.overlaps
