"""Measures of polygons that GEOS does not give directly."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Numbers = NDArray[np.float64]


def inscribed_widths(polygons: Geometries) -> Numbers:
    """Diameter of the largest inscribed circle of each polygon, in the unit of its coordinates."""
    perimeter = shapely.length(polygons)
    mean = 2 * shapely.area(polygons) / perimeter
    circles = shapely.maximum_inscribed_circle(polygons, tolerance=np.maximum(mean * 0.01, perimeter * 1e-4))
    return np.asarray(2 * shapely.length(circles))


def compactness(polygons: Geometries) -> Numbers:
    """Polsby-Popper compactness: 4π area / perimeter², 1 for a circle; 0 for an empty polygon."""
    perimeter = shapely.length(polygons)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = 4 * np.pi * shapely.area(polygons) / perimeter**2
    return np.nan_to_num(np.asarray(score), posinf=0.0)
