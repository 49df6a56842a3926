"""Local datums of a file, made usable by what the settings state: control points first, then official parameters."""

from __future__ import annotations

import geopandas as gpd
from pyproj import CRS

from gridmap.geometry.local_datum import by_parameters, fit_file, geodetic_number
from gridmap.importers.limits import current
from gridmap.importers.problems import problems_of, with_problems


def known_datum(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a frame whose local datum the settings know in a system that can be transformed; others as they are.

    With control points the result is in their target system, with parameters in WGS 84 degrees.

    Raises
    ------
    ControlPointsUnusable, CrsUnusable
    """
    crs, limits = CRS.from_user_input(frame.crs), current()
    number, datum = crs.to_epsg(), geodetic_number(crs)
    if number is not None and number in limits.control_points:
        moved = fit_file(limits.control_points[number]).declare(frame)
    elif datum is not None and datum in limits.datum_parameters:
        moved = by_parameters(frame, limits.datum_parameters[datum])
    else:
        return frame
    if not problems_of(moved):
        with_problems(moved, problems_of(frame))
    return moved
