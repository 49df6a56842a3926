"""The same areas as PostGIS finds pair by pair: another program, another way."""

from __future__ import annotations

import pytest
import shapely
from sqlalchemy import text

from gridmap.geometry import synthetic
from gridmap.geometry.topology import audit

UNITS = "unnest(CAST(:units AS bytea[])) WITH ORDINALITY AS u(wkb, k)"

OVERLAPS = text(
    f"""
    WITH units AS (SELECT k, ST_GeomFromWKB(wkb) AS g FROM {UNITS})
    SELECT a.k, b.k, ST_Area(ST_Intersection(a.g, b.g))
    FROM units a JOIN units b ON a.k < b.k AND a.g && b.g
    WHERE ST_Area(ST_Intersection(a.g, b.g)) > 1e-6
    """
)

LEFT_OVER = text(
    f"""
    WITH units AS (SELECT ST_GeomFromWKB(wkb) AS g FROM {UNITS}),
         ground AS (SELECT ST_GeomFromWKB(:ground) AS g),
         whole AS (SELECT ST_Union(g) AS g FROM units)
    SELECT ST_Area(ST_Difference(ground.g, whole.g)), ST_Area(ST_Difference(whole.g, ground.g)) FROM ground, whole
    """
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gaps_overlaps_and_spills_equal_postgis(session, seed):
    damaged = synthetic.damage(synthetic.county(300, 24, seed=seed), share=0.08, seed=seed)
    names = [str(k) for k in range(1, len(damaged.polygons) + 1)]
    found = audit(damaged.polygons, names, damaged.jurisdiction)
    given = {"units": shapely.to_wkb(damaged.polygons).tolist(), "ground": shapely.to_wkb(damaged.jurisdiction)}

    pairs = {(str(a), str(b)): area for a, b, area in session.execute(OVERLAPS, given)}
    ours: dict[tuple[str, ...], float] = {}
    for item in found.overlaps:
        ours[item.owners] = ours.get(item.owners, 0) + item.area_m2
    assert set(ours) == set(pairs)
    assert [ours[pair] for pair in pairs] == pytest.approx(list(pairs.values()), abs=1e-4)

    uncovered, outside = session.execute(LEFT_OVER, given).one()
    assert sum(item.area_m2 for item in found.gaps) == pytest.approx(uncovered, abs=1e-3)
    assert sum(item.area_m2 for item in found.spills) == pytest.approx(outside, abs=1e-3)
