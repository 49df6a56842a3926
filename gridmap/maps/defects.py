"""The defects of plain files, from ``gridmap check``, laid out as a map: gaps, overlaps and spills over the units."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from gridmap.errors import BadInput
from gridmap.maps.sheet import BlindArea, Sheet, Style
from gridmap.maps.themes import HATCHES, Hatch
from gridmap.translations import translate

#: kind of defect → its drawing, and what it is called (translated when drawn)
KINDS: dict[str, tuple[Hatch, str]] = {
    "gap": (HATCHES["ground"], "Gap: nobody's ground"),
    "overlap": (HATCHES["job"], "Overlap: more than one unit"),
    "spill": (HATCHES["near"], "Spill: beyond the boundary"),
}


def in_metres(frame: gpd.GeoDataFrame, like: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``frame`` in a metric system around the middle of ``like``: true to shape, for drawing only.

    Raises
    ------
    BadInput
        ``frame`` or ``like`` states no coordinate system.
    """
    if like.crs is None or frame.crs is None:
        raise BadInput(detail="a frame without a coordinate system cannot be drawn")
    west, south, east, north = like.to_crs(4326).total_bounds
    if not np.isfinite([west, south, east, north]).all():
        raise BadInput(detail="there is no unit to draw")
    place = f"+proj=tmerc +lat_0={(south + north) / 2:.6f} +lon_0={(west + east) / 2:.6f} +k=1 +ellps=GRS80 +units=m"
    moved: gpd.GeoDataFrame = frame.to_crs(pyproj.CRS.from_proj4(place))
    return moved


def defect_sheet(units: gpd.GeoDataFrame, defects: gpd.GeoDataFrame, language: str) -> Sheet:
    """Return the map of an audit.

    Columns of ``defects``: ``kind`` (gap, overlap or spill), ``area_m2``, ``sliver``, geometry. Both frames state their
    coordinate system; any will do.

    Raises
    ------
    BadInput
        A frame states no coordinate system, or there is no unit.
    """
    drawn = np.asarray(in_metres(units, units).geometry.array, dtype=object)
    shapes = drawn[~(shapely.is_missing(drawn) | shapely.is_empty(drawn))]
    found = in_metres(defects, units) if len(defects) else defects
    styles = {}
    subtitle = [translate("{count} units", language, count=f"{len(units):,}")]
    blind: list[BlindArea] = []
    for kind, (hatch, name) in KINDS.items():
        rows = found[found["kind"] == kind] if len(found) else found
        area = float(rows["area_m2"].sum()) if len(rows) else 0.0
        slivers = int(rows["sliver"].sum()) if len(rows) else 0
        words = translate(name, language)
        styles[kind] = Style(hatch, f"{words} ({len(rows):,})")
        subtitle.append(
            translate(
                "{what}: {count}, {area}, {slivers} of them slivers",
                language,
                what=translate(kind, language),
                count=f"{len(rows):,}",
                area=readable_area(area),
                slivers=f"{slivers:,}",
            )
        )
        if len(rows):
            blind.extend(BlindArea(shape, kind) for shape in rows.geometry if shape is not None and not shape.is_empty)
    return Sheet(
        title=translate("Gaps, overlaps and spills", language),
        subtitle=" · ".join(subtitle),
        language=language,
        units=np.asarray(shapely.force_2d(shapes), dtype=object),
        blind=blind,
        styles=styles,
        legend_title=translate("Defects", language),
        notes=(translate("A ring marks a defect too small to see at this scale.", language),),
    )


def readable_area(area_m2: float) -> str:
    """Return an area in the unit that suits its size."""
    if area_m2 >= 1e6:
        return f"{area_m2 / 1e6:,.2f} km²"
    if area_m2 >= 1e4:
        return f"{area_m2 / 1e4:,.2f} ha"
    return f"{area_m2:,.1f} m²" if area_m2 >= 1 else f"{area_m2:.3f} m²"
