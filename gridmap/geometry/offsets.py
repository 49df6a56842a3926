"""The shifted coordinates of Chinese map vendors, there and back: GCJ-02 (Amap, Tencent) and BD-09 (Baidu).

The forward formulas are the ones published in many places (first: "wgtochina", 2010, public domain); the way back
solves them by fixed-point iteration, so that a round trip returns within a hundredth of a millimetre.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

#: Krasovsky 1940, the ellipsoid the offset is computed on: semi-major axis in metres, squared eccentricity.
AXIS, ECCENTRICITY = 6378245.0, 0.00669342162296594323

#: The offset applies inside this box only (longitude, latitude); outside, vendors use WGS 84.
OFFSET_BOX = (72.004, 0.8293, 137.8347, 55.8271)

#: Iterations stop at this many degrees: 1e-10° is a hundredth of a millimetre.
CLOSE_DEGREES = 1e-11
MOST_ROUNDS = 30

_BAIDU_PI = np.pi * 3000.0 / 180.0


class Offset(StrEnum):
    """A vendor's shift of WGS 84 degrees."""

    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(xy: Numbers, offset: Offset) -> Numbers:
    """Undo a vendor's shift. ``xy``: (n, 2) degrees, longitude before latitude; NaN and infinite rows stay."""
    if offset is Offset.BD09:
        xy = _undo(xy, _gcj02_to_bd09)
    return _undo(xy, _wgs84_to_gcj02)


def from_wgs84(xy: Numbers, offset: Offset) -> Numbers:
    """Apply a vendor's shift to (n, 2) WGS 84 degrees."""
    shifted = _wgs84_to_gcj02(np.asarray(xy, dtype=np.float64))
    return _gcj02_to_bd09(shifted) if offset is Offset.BD09 else shifted


def _undo(xy: Numbers, forward: object) -> Numbers:
    assert callable(forward)
    goal = np.asarray(xy, dtype=np.float64)
    found = goal.copy()
    for _ in range(MOST_ROUNDS):
        with np.errstate(invalid="ignore", over="ignore"):
            miss = forward(found) - goal
        miss[~np.isfinite(miss)] = 0.0
        found -= miss
        if not len(miss) or np.abs(miss).max() < CLOSE_DEGREES:
            break
    return found


def _wgs84_to_gcj02(xy: Numbers) -> Numbers:
    x, y = xy[:, 0], xy[:, 1]
    west, south, east, north = OFFSET_BOX
    inside = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    shifted = xy.copy()
    x, y = x[inside], y[inside]
    u, v = x - 105.0, y - 35.0
    root = np.sqrt(np.abs(u))
    common = (20 * np.sin(6 * u * np.pi) + 20 * np.sin(2 * u * np.pi)) * 2 / 3
    north_by = -100 + 2 * u + 3 * v + 0.2 * v * v + 0.1 * u * v + 0.2 * root + common
    north_by += (20 * np.sin(v * np.pi) + 40 * np.sin(v / 3 * np.pi)) * 2 / 3
    north_by += (160 * np.sin(v / 12 * np.pi) + 320 * np.sin(v * np.pi / 30)) * 2 / 3
    east_by = 300 + u + 2 * v + 0.1 * u * u + 0.1 * u * v + 0.1 * root + common
    east_by += (20 * np.sin(u * np.pi) + 40 * np.sin(u / 3 * np.pi)) * 2 / 3
    east_by += (150 * np.sin(u / 12 * np.pi) + 300 * np.sin(u / 30 * np.pi)) * 2 / 3
    latitude = np.radians(y)
    curve = 1 - ECCENTRICITY * np.sin(latitude) ** 2
    along = AXIS * (1 - ECCENTRICITY) / (curve * np.sqrt(curve))
    across = AXIS / np.sqrt(curve) * np.cos(latitude)
    shifted[inside, 0] += np.degrees(east_by / across)
    shifted[inside, 1] += np.degrees(north_by / along)
    return shifted


def _gcj02_to_bd09(xy: Numbers) -> Numbers:
    x, y = xy[:, 0], xy[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU_PI)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU_PI)
    return np.stack([radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006], axis=1)
