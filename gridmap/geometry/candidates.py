"""Which systems would put numbers inside the county? The answers to offer where a file states no system."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from gridmap.domain.messages import Message
from gridmap.errors import CrsMissing
from gridmap.geometry.crs import CHINA, Bounds, Declared, declared, likely, same_datum, transformer
from gridmap.geometry.offsets import to_wgs84

Numbers = NDArray[np.float64]

#: Coordinates looked at: enough to tell inside from outside, few enough for two hundred systems.
SAMPLE = 200
#: The county is widened by this many degrees (about a kilometre): a vendor's shift must not hide a candidate.
WIDENED = 0.01
#: Share of the sample that must fall inside the county.
LEAST_INSIDE = 0.5
#: Offered at most.
MOST = 12

_REFUSED = Message("It needs the surveying authority's parameters or control points: see docs/importing.md.")


@dataclass(frozen=True)
class Candidate:
    """A system that the numbers may be in.

    ``crs``: what to state (``EPSG:4549``, ``gcj02``, ``EPSG:4549:yx``). ``share_inside``: of the sample, in the county;
    None where no county is known. ``bounds_lonlat``: west, south, east, north of the data when read so. ``refused``:
    why it cannot be chosen as it is, though it fits.
    """

    crs: str
    name: Message
    share_inside: float | None
    bounds_lonlat: Bounds
    refused: Message | None = None


def sample(frame: gpd.GeoDataFrame) -> Numbers:
    """At most :data:`SAMPLE` finite coordinates of a frame, evenly spread over its rows; (n, 2)."""
    xy: Numbers = shapely.get_coordinates(np.asarray(frame.geometry, dtype=object))
    xy = xy[np.isfinite(xy).all(axis=1) & (np.abs(xy) < 1e9).all(axis=1) & (xy != 0).any(axis=1)]
    return xy[np.unique(np.linspace(0, len(xy) - 1, SAMPLE).astype(int))] if len(xy) else xy


def candidates(points: Numbers | Bounds, county: shapely.Geometry | None = None) -> tuple[Candidate, ...]:
    """Return the systems that the numbers are probably in, best first.

    Parameters
    ----------
    points
        Coordinates (n, 2) as the file holds them, or the file's bounds.
    county
        Outline in longitude and latitude; then only systems are named that put half of the points inside (or within a
        kilometre). Without it, those that put all of them into China, or degrees that may be anywhere.
    """
    xy = _corners(points) if isinstance(points, tuple) else np.asarray(points, dtype=np.float64)
    if not len(xy):
        return ()
    ground = shapely.box(*CHINA) if county is None else shapely.buffer(county, WIDENED)
    shapely.prepare(ground)
    found: list[Candidate] = []
    for text, name, refused in _plausible(xy):
        lonlat = lonlat_of(xy, declared(text), roughly=refused is not None)
        if lonlat is None:
            continue
        inside = float(shapely.contains_xy(ground, lonlat[:, 0], lonlat[:, 1]).mean())
        if inside < (LEAST_INSIDE if county is not None else 1.0):
            continue
        box = (*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist())
        found.append(Candidate(text, name, inside if county is not None else None, box, refused))
    # shares within a twentieth are the same: then the order of likelihood stays
    found.sort(key=lambda one: (one.refused is not None, -round(20 * (one.share_inside or 0.0))))
    return tuple(found[:MOST])


def listed(choices: tuple[Candidate, ...]) -> str:
    """The candidates as words for a sentence: what to state, and where the data would lie."""
    return ", ".join(f"{one.crs} ({one.name})" for one in choices if one.refused is None)


def crs_missing(path: object, frame: gpd.GeoDataFrame, county: shapely.Geometry | None = None) -> CrsMissing:
    """The error of a frame without a system; ``params["options"]`` holds the candidates, for a page to offer."""
    xy = sample(frame)
    if not len(xy):
        return CrsMissing(path=path, candidates="EPSG:4490, EPSG:4326", options=())
    found = candidates(xy, county)
    words = listed(found) if county is not None else ""
    box = (*xy.min(axis=0).tolist(), *xy.max(axis=0).tolist())
    return CrsMissing(path=path, candidates=words or likely(box), options=found)


def lonlat_of(xy: Numbers, system: Declared, *, roughly: bool = False) -> Numbers | None:
    """Coordinates of a declared system as WGS 84 degrees, or None where it does not reach them.

    ``roughly``: without any datum shift where none is known (100 m wrong), good enough to tell a county.
    """
    xy = system.plain(xy)
    if system.offset is not None:
        return to_wgs84(xy, system.offset)
    degrees, own = CRS.from_epsg(4326), system.crs.geodetic_crs
    if own is not None and (roughly or same_datum(system.crs, degrees)):
        change = Transformer.from_crs(system.crs, own, always_xy=True)  # no search for shifts: a hundred times faster
    else:
        change = transformer(system.crs, degrees)
    moved = np.stack(change.transform(xy[:, 0], xy[:, 1]), axis=1)
    return moved if np.isfinite(moved).all() else None


def _plausible(xy: Numbers) -> list[tuple[str, Message, Message | None]]:
    """Systems whose ranges hold the numbers, the likeliest first; plain order, exchanged axes, feet."""
    found: list[tuple[str, Message, Message | None]] = []
    for suffix, turned in (("", xy), (":yx", xy[:, ::-1])):
        found += [(text + suffix, _named(name, suffix), refused) for text, name, refused in _of_range(turned)]
    if np.abs(xy).max() > 400:
        for suffix, metres in ((":ft", 0.3048), (":us-ft", 1200 / 3937)):
            found += [(text + suffix, _named(name, suffix), None) for text, name, refused in _zones(xy * metres)
                      if refused is None]  # fmt: skip
    return found


def _named(name: Message, suffix: str) -> Message:
    if suffix == ":yx":
        return Message("{system}, axes exchanged", {"system": name})
    if suffix == ":ft":
        return Message("{system}, in international feet", {"system": name})
    return Message("{system}, in US survey feet", {"system": name}) if suffix else name


def _of_range(xy: Numbers) -> list[tuple[str, Message, Message | None]]:
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    if west >= -180.5 and east <= 180.5 and south >= -90 and north <= 90:
        return [
            ("EPSG:4490", Message("CGCS2000 degrees"), None),
            ("EPSG:4326", Message("WGS 84 degrees"), None),
            ("gcj02", Message("GCJ-02 degrees (Amap, Tencent)"), None),
            ("bd09", Message("BD-09 degrees (Baidu)"), None),
            ("EPSG:4610", Message("Xi'an 1980 degrees"), _REFUSED),
            ("EPSG:4214", Message("Beijing 1954 degrees"), _REFUSED),
        ]
    found = _zones(xy)
    if max(abs(west), abs(east)) <= 20_037_509 and max(abs(south), abs(north)) <= 20_048_967:
        found.append(("EPSG:3857", Message("Web Mercator"), None))
    if west >= 100_000 and east <= 900_000 and south > 0 and north < 6_500_000:
        for zone in range(43, 54):
            found.append((f"EPSG:{32600 + zone}", Message("WGS 84, UTM zone {zone}N", {"zone": zone}), None))
    return found


def _cgcs(zone: int, meridian: int, width: int) -> Message:
    blanks = {"zone": zone, "meridian": meridian, "width": width}
    return Message("CGCS2000, {width}-degree zone {zone} ({meridian}°E)", blanks)


def _xian(zone: int, meridian: int, width: int) -> Message:
    blanks = {"zone": zone, "meridian": meridian, "width": width}
    return Message("Xi'an 1980, {width}-degree zone {zone} ({meridian}°E)", blanks)


def _beijing(zone: int, meridian: int, width: int) -> Message:
    blanks = {"zone": zone, "meridian": meridian, "width": width}
    return Message("Beijing 1954, {width}-degree zone {zone} ({meridian}°E)", blanks)


#: Families of Gauss–Krüger zones: name, first EPSG number and first zone with the zone number before the easting, first
#: EPSG number without it, number of zones, degrees between them, and whether the datum is one that is refused.
_FAMILIES = (
    (_cgcs, 4513, 25, 4534, 21, 3, False),
    (_cgcs, 4491, 13, 4502, 11, 6, False),
    (_xian, 2349, 25, 2370, 21, 3, True),
    (_xian, 2327, 13, 2338, 11, 6, True),
    (_beijing, 2401, 25, 2422, 21, 3, True),
    (_beijing, 21413, 13, 21453, 11, 6, True),
)


def _zones(xy: Numbers) -> list[tuple[str, Message, Message | None]]:
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    if south <= 0 or north >= 6_500_000:
        return []
    found: list[tuple[str, Message, Message | None]] = []
    for named, prefixed, first, plain, count, width, refused in _FAMILIES:
        for at in range(count):
            zone = first + at
            meridian = 3 * zone if width == 3 else 6 * zone - 3
            if zone * 1_000_000 <= west and east < (zone + 1) * 1_000_000:
                number = prefixed + at
            elif west >= 100_000 and east <= 900_000:
                number = plain + at
            else:
                continue
            found.append((f"EPSG:{number}", named(zone, meridian, width), _REFUSED if refused else None))
    return found


def _corners(box: Bounds) -> Numbers:
    west, south, east, north = box
    return np.array(
        [[west, south], [east, south], [east, north], [west, north], [(west + east) / 2, (south + north) / 2]]
    )
