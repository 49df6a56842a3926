"""Coordinate systems: what was declared, what the numbers make likely, and one metric system to measure in.

Always x (east) before y (north). Nothing is guessed: a missing system is an error that names likely ones, and a datum
shift that PROJ only knows as "ballpark" (no shift at all, up to 100 m wrong) is refused. One null shift is allowed
because it is true: WGS 84 and CGCS2000 are both realisations of the ITRF and agree within centimetres to decimetres.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import LambertAzimuthalEqualAreaConversion, UTMConversion
from pyproj.exceptions import CRSError, ProjError

from gridmap.errors import CrsMissing, CrsUnknown, CrsUnusable, NothingToRead
from gridmap.geometry.offsets import Offset, to_wgs84

Numbers = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: Longitudes and latitudes of the CGCS2000 3-degree zones 25–45 (central meridians 75°E to 135°E).
CHINA: Bounds = (73.5, 3.0, 136.5, 54.0)

#: Ground wider than this many degrees leaves a UTM zone so far that lengths are off by more than a third of a per cent.
ONE_ZONE_DEGREES = 6.0

_SUFFIXES: dict[str, dict[str, Any]] = {
    ":yx": {"swapped": True},
    ":us-ft": {"unit_m": 1200 / 3937},
    ":ft": {"unit_m": 0.3048},
}

#: Data may reach this many degrees beyond the area that a system was made for, before the system is doubted.
BEYOND_DEGREES = 3.5

#: Datums that agree within decimetres, so that no shift between them is the right one.
_SAME_DATUM = re.compile(
    r"World Geodetic System 1984|WGS.?84|China 2000|China Geodetic Coordinate System 2000|CGCS.?2000"
)


@dataclass(frozen=True)
class Declared:
    """A declared system: ``crs`` that the coordinates are in once ``offset`` (a map vendor's shift) is undone.

    ``swapped``: the file has y before x. ``unit_m``: metres of the file's unit where it is not that of ``crs`` (feet).
    """

    crs: CRS
    offset: Offset | None = None
    swapped: bool = False
    unit_m: float = 1.0

    def plain(self, xy: Numbers) -> Numbers:
        """The file's (n, 2) coordinates with x first and in the unit of ``crs``."""
        ordered = xy[:, ::-1] if self.swapped else xy
        return ordered if self.unit_m == 1.0 else ordered * self.unit_m


def declared(text: str) -> Declared:
    """Understand what a person wrote: ``4549``, ``EPSG:4549``, ``gcj02``, ``bd09``, WKT or an OGC URN.

    ``:yx`` after it says that the file's axes are exchanged, ``:ft`` and ``:us-ft`` that its numbers are feet.

    Raises
    ------
    CrsUnknown, CrsUnusable
    """
    for suffix, change in _SUFFIXES.items():
        if text.strip().lower().endswith(suffix):
            base = declared(text.strip()[: -len(suffix)])
            if "unit_m" in change and (base.offset is not None or not _is_metric(base.crs)):
                raise CrsUnusable(crs=text, detail="only a system in metres can be stated in feet.")
            return replace(base, **change)
    word = text.strip().lower().replace("-", "").replace("_", "")
    if word in {"gcj02", "gcj2"}:
        return Declared(CRS.from_epsg(4326), Offset.GCJ02)
    if word in {"bd09", "bd09ll"}:
        return Declared(CRS.from_epsg(4326), Offset.BD09)
    try:
        crs = CRS.from_epsg(int(word)) if re.fullmatch(r"\d{4,6}", word, re.ASCII) else CRS.from_user_input(text)
    except CRSError as error:
        raise CrsUnknown(crs=text) from error
    if not (crs.is_geographic or crs.is_projected):
        raise CrsUnusable(crs=text, detail="it is not a horizontal system of the earth.")
    return Declared(crs)


def declare(frame: gpd.GeoDataFrame, system: Declared) -> gpd.GeoDataFrame:
    """Return the frame with its system set, and a vendor's shift undone (the result is then WGS 84)."""
    frame = frame.set_crs(system.crs, allow_override=True)
    if system.swapped or system.unit_m != 1.0:
        ordered = shapely.transform(np.asarray(frame.geometry), system.plain)
        frame = frame.set_geometry(gpd.GeoSeries(ordered, index=frame.index, crs=system.crs))
    if system.offset is not None:
        offset = system.offset
        moved = shapely.transform(np.asarray(frame.geometry), lambda xy: to_wgs84(xy, offset))
        frame = frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=system.crs))
    return frame


def transformer(source: CRS, target: CRS) -> Transformer:
    """Return the transformation between two systems, x before y.

    Raises
    ------
    CrsUnusable
        PROJ knows no shift between the two datums ("ballpark"): Beijing 54, Xi'an 80 and other local systems.
    """
    null_shift = same_datum(source, target)
    with warnings.catch_warnings():
        # "best transformation not available": the next best has a stated accuracy, unlike a ballpark one
        warnings.simplefilter("ignore", UserWarning)
        try:
            return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=null_shift)
        except ProjError as error:
            raise CrsUnusable(
                crs=source.name,
                detail=f"no exact shift to {target.name} is known. Have the data converted with the surveying "
                "authority's parameters, then import the result; or state these parameters, or control points, in the "
                "settings (GRIDMAP_DATUM_PARAMETERS, GRIDMAP_CONTROL_POINTS; see docs/importing.md).",
            ) from error


def same_datum(a: CRS, b: CRS) -> bool:
    """Tell whether no datum shift lies between two systems (WGS 84 and CGCS2000 count as one)."""
    first, second = _datum_name(a), _datum_name(b)
    return first == second or bool(_SAME_DATUM.search(first) and _SAME_DATUM.search(second))


#: Shapes moved at a time: the coordinates of a large file do not stand in memory four times.
_PIECE = 2_000


def transform(frame: gpd.GeoDataFrame, target: CRS) -> gpd.GeoDataFrame:
    """Return the frame in another system. Vertices are transformed, edges stay straight between them.

    Raises
    ------
    CrsMissing, CrsUnusable
        No system, a ballpark shift, or coordinates for which the projection is not defined.
    """
    if frame.crs is None:
        raise CrsMissing(path="the frame", candidates=likely(bounds_of(frame)))
    source: CRS = frame.crs
    if source == target:
        return frame
    change = transformer(source, target)

    def move(xy: Numbers) -> Numbers:
        moved: Numbers = np.stack(change.transform(xy[:, 0], xy[:, 1]), axis=1)
        if not np.isfinite(moved).all():
            bad = xy[~np.isfinite(moved).all(axis=1)][0]
            raise CrsUnusable(
                crs=target.name,
                detail=f"the coordinate {bad[0]:g}, {bad[1]:g} ({source.name}) cannot be expressed in it.",
            )
        return moved

    shapes = np.asarray(frame.geometry)
    moved = np.full(len(shapes), None, dtype=object)
    for start in range(0, len(shapes), _PIECE):
        some = slice(start, start + _PIECE)
        moved[some] = shapely.transform(shapes[some], move)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=target))


def working_crs_for(frame: gpd.GeoDataFrame) -> CRS:
    """Choose the metric system in which a plain file is measured. No datum shift is ever involved.

    A projected system in metres is kept; one in feet keeps its projection with metres for its axes; degrees in China
    (WGS 84 or CGCS2000) go to their CGCS2000 3-degree Gauss–Krüger zone, elsewhere to the UTM zone of their own
    datum; ground wider than six degrees to an equal-area system around its middle. Web Mercator counts as degrees,
    because its metres are stretched by the latitude.

    Raises
    ------
    CrsMissing, CrsUnusable, NothingToRead
    """
    crs = frame.crs
    if crs is None:
        raise CrsMissing(path="the frame", candidates=likely(bounds_of(frame)))
    crs = CRS.from_user_input(crs)
    if crs.is_compound:
        crs = crs.sub_crs_list[0]
    if crs.is_projected and "Mercator" not in _method(crs):
        return _in_metres(crs)
    geodetic = _geodetic(crs)
    box = bounds_of(frame)
    if crs.is_projected:
        west, south, east, north = transformer(crs, geodetic).transform_bounds(*box)
    else:
        west, south, east, north = box
    if not (-181 <= west <= east <= 361 and -90 <= south <= north <= 90):
        raise CrsUnusable(
            crs=crs.name, detail=f"the numbers are no degrees. Likely: {likely(box)}. State the right one."
        )
    return _zone(geodetic, (west + east) / 2, (south + north) / 2, east - west)


def to_metres(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame in :func:`working_crs_for` of itself: true metres, x east, y north.

    Raises
    ------
    CrsMissing, CrsUnusable, NothingToRead
    """
    return transform(frame, working_crs_for(frame))


def bounds_of(frame: gpd.GeoDataFrame) -> Bounds:
    """Bounds of all finite coordinates.

    Raises
    ------
    NothingToRead
    """
    boxes = shapely.bounds(np.asarray(frame.geometry, dtype=object))
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        raise NothingToRead(path="The file", what="geometry")
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def likely(box: Bounds) -> str:
    """Name the systems that coordinates in this range are probably in, for a person to choose from."""
    west, south, east, north = box
    x, y = (west + east) / 2, (south + north) / 2
    if west >= -180.5 and east <= 180.5 and south >= -90 and north <= 90:
        if _inside(x, y, CHINA):
            return "EPSG:4490 (CGCS2000 degrees), EPSG:4326 (WGS 84 degrees), gcj02 (Amap, Tencent), bd09 (Baidu)"
        return "EPSG:4326 (WGS 84 degrees)"
    if _inside(y, x, CHINA):
        return "degrees with latitude before longitude: swap the axes, then EPSG:4490 or EPSG:4326"
    named: list[str] = []
    zone = int(x // 1_000_000)
    if 25 <= zone <= 45 and 0 < y < 6_500_000:
        named.append(f"EPSG:{4513 + zone - 25} (CGCS2000 3-degree zone {zone}, zone number before the easting)")
    if 13 <= zone <= 23 and 0 < y < 6_500_000:
        named.append(f"EPSG:{4491 + zone - 13} (CGCS2000 6-degree zone {zone}, zone number before the easting)")
    if abs(x) <= 20_037_509 and abs(y) <= 20_048_967 and _inside(*_from_web_mercator(x, y), CHINA):
        named.append("EPSG:3857 (Web Mercator)")
    if 100_000 <= x <= 900_000 and 0 < y < 10_000_000:
        if y < 6_500_000:
            named.append("EPSG:4534–4554 (CGCS2000 3-degree zones: the county's central meridian decides)")
        named.append("EPSG:32601–32660 (UTM: the zone decides)")
    return ", ".join(named) or "a local system in metres or feet: ask whoever made the file"


def contradiction(box: Bounds, crs: CRS) -> str | None:
    """Say how the numbers contradict the declared system, or None.

    Degrees out of range, metres that are degrees, or coordinates far outside the area that the system was made for.
    """
    west, south, east, north = box
    if crs.is_geographic:
        if west < -181 or east > 361 or south < -90.0001 or north > 90.0001:
            return f"it is in degrees, the numbers reach {max(abs(west), abs(east), abs(south), abs(north)):,.0f}"
        return None
    if max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90:
        return "it is in metres or feet, the numbers look like degrees"
    away = _degrees_outside(box, crs)
    if away is None:
        return "the numbers lie outside everything that its projection can show"
    # Numbers of the right size at the wrong place may be a drawing around the origin; a zone number in front is not.
    if away > BEYOND_DEGREES and max(abs(west), abs(east)) > 10_000_000:
        return f"the numbers lie {away:.0f} degrees outside the area it is made for"
    return None


def swapped(box: Bounds, crs: CRS) -> bool:
    """Whether the two coordinates stand in the wrong order for a system: exchanged they fit, as they are they do not.

    Latitude before longitude, told by China: its degrees exchanged lie in the Arctic Ocean. Northing before easting,
    told by the area that the system was made for.
    """
    turned = (box[1], box[0], box[3], box[2])
    if crs.is_geographic:
        corners = ((turned[0], turned[1]), (turned[2], turned[3]))
        return all(_inside(x, y, CHINA) for x, y in corners) and not _inside(box[0], box[1], CHINA)
    if max(map(abs, box)) <= 180:
        return False
    as_is, other = _degrees_outside(box, crs), _degrees_outside(turned, crs)
    return (as_is is None or as_is > BEYOND_DEGREES) and other is not None and other < 1.0


def _degrees_outside(box: Bounds, crs: CRS) -> float | None:
    """How far the middle of ``box`` lies outside the area a projected system was made for; None: not on its map."""
    area = crs.area_of_use
    geodetic = crs.geodetic_crs
    if area is None or geodetic is None:
        return 0.0
    change = Transformer.from_crs(crs, geodetic, always_xy=True)
    x, y = change.transform((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    if not (np.isfinite(x) and np.isfinite(y)):
        return None
    half = min(180.0, (area.east - area.west) % 360.0 / 2 or 180.0)
    across = abs((x - area.west - half + 180) % 360 - 180) - half
    return float(max(0.0, across, area.south - y, y - area.north))


def _is_metric(crs: CRS) -> bool:
    return crs.is_projected and all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2])


def _zone(geodetic: CRS, longitude: float, latitude: float, width: float) -> CRS:
    if width > ONE_ZONE_DEGREES:
        middle = LambertAzimuthalEqualAreaConversion(
            latitude_natural_origin=latitude, longitude_natural_origin=longitude
        )
        return ProjectedCRS(conversion=middle, geodetic_crs=geodetic, name="equal-area around the middle")
    if _inside(longitude, latitude, CHINA) and _SAME_DATUM.search(_datum_name(geodetic)):
        return CRS.from_epsg(4534 + round((longitude - 75) / 3))
    longitude = (longitude + 180) % 360 - 180
    zone = min(60, int((longitude + 180) // 6) + 1)
    south = latitude < 0
    if geodetic == CRS.from_epsg(4326):
        return CRS.from_epsg((32700 if south else 32600) + zone)
    conversion = UTMConversion(str(zone), hemisphere="S" if south else "N")
    return ProjectedCRS(conversion=conversion, geodetic_crs=geodetic, name=f"{geodetic.name} / UTM zone {zone}")


def _in_metres(crs: CRS) -> CRS:
    """The same projection with metres for its axes; its parameters keep the units they are stated in."""
    if all(axis.unit_conversion_factor == 1.0 for axis in crs.axis_info[:2]):
        return crs
    plain = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
    stated = plain.to_json_dict()
    for axis in stated["coordinate_system"]["axis"]:
        axis["unit"] = "metre"
    for registered in ("id", "ids"):
        stated.pop(registered, None)
    stated["name"] = f"{crs.name}, in metres"
    return CRS.from_json_dict(stated)


def _geodetic(crs: CRS) -> CRS:
    geodetic = crs.geodetic_crs
    if geodetic is None:
        raise CrsUnusable(crs=crs.name, detail="it does not say which shape of the earth it lies on.")
    return geodetic


def _datum_name(crs: CRS) -> str:
    datum = _geodetic(crs).datum
    return datum.name if datum is not None else crs.name


def _method(crs: CRS) -> str:
    """Name of the projection method where it is a cylindrical Mercator of the whole world, else nothing."""
    operation = crs.coordinate_operation
    name = operation.method_name if operation is not None else ""
    return name if name.startswith(("Mercator", "Popular Visualisation")) else ""


def _inside(x: float, y: float, box: Bounds) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _from_web_mercator(x: float, y: float) -> tuple[float, float]:
    radius = 6_378_137.0
    return float(np.degrees(x / radius)), float(np.degrees(2 * np.arctan(np.exp(y / radius)) - np.pi / 2))
