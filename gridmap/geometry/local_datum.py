"""Local datums (Beijing 1954, Xi'an 1980) made usable: by official parameters, or by control points of the county.

PROJ knows no shift from them to CGCS2000 that is good enough; the surveying authority does, and control points that
are known in both systems carry one. Without either, such data is refused.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.crs import BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.exceptions import CRSError

from gridmap.errors import ControlPointsUnusable, CrsUnusable

Numbers = NDArray[np.float64]

#: Residual of the worst control point that is still accepted, m: boundaries of grids are drawn to half a metre.
WORST_RESIDUAL_M = 0.5
#: Points that a similarity needs to have a residual worth stating; an affine change is fitted from :data:`FOR_AFFINE`.
FEWEST, FOR_AFFINE = 3, 6
#: A fit says nothing about ground further from its points than this many times their own extent.
REACH = 1.0

_COLUMNS = ("source_x", "source_y", "target_x", "target_y")


def geodetic_number(crs: CRS) -> int | None:
    """EPSG number of the degrees below a system (4214 Beijing 1954, 4610 Xi'an 1980 …), or None."""
    geodetic = crs.geodetic_crs
    return None if geodetic is None else geodetic.to_epsg()


def by_parameters(frame: gpd.GeoDataFrame, parameters: Sequence[float]) -> gpd.GeoDataFrame:
    """Return a frame of a local datum in WGS 84 degrees (which count as CGCS2000), by the official shift.

    The whole way is one pipeline up to WGS 84: asked for another target, PROJ drops the stated shift without a word.

    Parameters
    ----------
    parameters
        Seven numbers towards CGCS2000: X, Y, Z in metres, rotations in arc seconds, scale in parts per million
        (position vector; the rotations of the coordinate-frame convention have the other sign).

    Raises
    ------
    CrsUnusable
        Not seven finite numbers, or coordinates outside the projection.
    """
    crs = CRS.from_user_input(frame.crs)
    numbers = [float(number) for number in parameters]
    if len(numbers) != 7 or not np.isfinite(numbers).all():
        raise CrsUnusable(crs=crs.name, detail="its datum parameters are not seven numbers (GRIDMAP_DATUM_PARAMETERS).")
    plain = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    degrees = CRS.from_epsg(4326)
    bound = BoundCRS(plain, degrees, ToWGS84Transformation(plain.geodetic_crs, *numbers))
    change = Transformer.from_crs(bound, degrees, always_xy=True)

    def move(xy: Numbers) -> Numbers:
        moved: Numbers = np.stack(change.transform(xy[:, 0], xy[:, 1]), axis=1)
        if not np.isfinite(moved).all():
            raise CrsUnusable(crs=crs.name, detail="some coordinates lie outside its projection.")
        return moved

    moved = shapely.transform(np.asarray(frame.geometry, dtype=object), move)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=degrees))


@dataclass(frozen=True)
class Fit:
    """A plane change fitted to control points: ``target = matrix @ source + shift``, metres to metres in ``crs``.

    ``residuals_m``: what is left at each point. ``kind``: "similarity" or "affine". ``source_box``: their extent.
    """

    crs: CRS
    kind: str
    matrix: Numbers
    shift: Numbers
    residuals_m: Numbers
    source_box: tuple[float, float, float, float]

    @property
    def worst_m(self) -> float:
        """The largest residual."""
        return float(self.residuals_m.max())

    def apply(self, xy: Numbers) -> Numbers:
        """Change (n, 2) source coordinates into the target system."""
        moved: Numbers = xy @ self.matrix.T + self.shift
        return moved

    def declare(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Return the frame in the target system.

        Raises
        ------
        ControlPointsUnusable
            Part of the data lies so far from the points that they say nothing about it.
        """
        shapes = np.asarray(frame.geometry, dtype=object)
        boxes = shapely.bounds(shapes)
        boxes = boxes[np.isfinite(boxes).all(axis=1)]
        west, south, east, north = self.source_box
        reach = REACH * max(east - west, north - south)
        if len(boxes) and (
            boxes[:, 0].min() < west - reach
            or boxes[:, 1].min() < south - reach
            or boxes[:, 2].max() > east + reach
            or boxes[:, 3].max() > north + reach
        ):
            raise ControlPointsUnusable(path="", detail="the data lies far outside the ground between the points.")
        moved = shapely.transform(shapes, self.apply)
        return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=self.crs))


def fit(source: Numbers, target: Numbers, crs: CRS, *, path: Path | str = "given") -> Fit:
    """Fit a similarity (four parameters), or from six points on an affine change, by least squares.

    Parameters
    ----------
    source, target
        The same points in both systems, (n, 2) metres, x before y.
    crs
        The target system, projected in metres.

    Raises
    ------
    ControlPointsUnusable
        Too few points, all on one line, or a residual above :data:`WORST_RESIDUAL_M`: then every point's is listed.
    """
    if len(source) < FEWEST:
        raise ControlPointsUnusable(path=path, detail=f"at least {FEWEST} points are needed.")
    if not (np.isfinite(source).all() and np.isfinite(target).all()):
        raise ControlPointsUnusable(path=path, detail="a coordinate is no number.")
    middle, goal = source.mean(axis=0), target.mean(axis=0)
    here, there = source - middle, target - goal
    spread = np.linalg.svd(here, compute_uv=False)
    if spread[1] < 0.05 * spread[0]:
        raise ControlPointsUnusable(path=path, detail="the points lie on one line; they must surround the ground.")
    if len(source) >= FOR_AFFINE:
        kind, matrix = "affine", np.linalg.lstsq(here, there, rcond=None)[0].T
    else:
        kind = "similarity"
        square = float((here**2).sum())
        a = float((here * there).sum()) / square
        b = float((here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]).sum()) / square
        matrix = np.array([[a, -b], [b, a]])
    shift = goal - matrix @ middle
    residuals = np.hypot(*(source @ matrix.T + shift - target).T)
    low, high = source.min(axis=0), source.max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    found = Fit(crs, kind, matrix, shift, residuals, box)
    if found.worst_m > WORST_RESIDUAL_M:
        each = ", ".join(f"{number}: {metres:.2f} m" for number, metres in enumerate(residuals, start=1))
        raise ControlPointsUnusable(
            path=path,
            detail=f"after the {kind} fit the points are off by up to {found.worst_m:.2f} m, "
            f"and {WORST_RESIDUAL_M} m are allowed. Check them ({each}).",
        )
    return found


def fit_file(path: Path) -> Fit:
    """Fit the points of a CSV: columns ``source_x, source_y, target_x, target_y, target_crs`` (an EPSG number).

    Raises
    ------
    ControlPointsUnusable
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        source = np.array([[float(row[name]) for name in _COLUMNS[:2]] for row in rows])
        target = np.array([[float(row[name]) for name in _COLUMNS[2:]] for row in rows])
        numbers = {row["target_crs"].strip().upper().removeprefix("EPSG:") for row in rows}
        crs = CRS.from_epsg(int(numbers.pop())) if len(numbers) == 1 else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, CRSError, csv.Error) as error:
        wanted = ", ".join((*_COLUMNS, "target_crs"))
        raise ControlPointsUnusable(path=path, detail=f"it needs the columns {wanted} ({error}).") from error
    if crs is None or not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in crs.axis_info[:2]):
        raise ControlPointsUnusable(path=path, detail="target_crs must be one projected system in metres.")
    return fit(source.reshape(-1, 2), target.reshape(-1, 2), crs, path=path)
