"""A redraw done in another program, read back: which grids of a draft a file draws otherwise."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import shapely
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import level_of
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import BadInput, CodeInvalid
from gridmap.geometry.crs import transform
from gridmap.geometry.redraw.operation import as_geojson
from gridmap.importers import mapping, read_frame
from gridmap.importers.layers import layer
from gridmap.services import plans
from gridmap.store.database import Session
from gridmap.store.queries.frames import working_srid

#: Layer that the download of a plan is redrawn in.
LAYER = "grids_after"
_PIECE = 1 << 20


@dataclass(frozen=True)
class Redrawn:
    """``document``: one operation that makes the draft what the file draws; ``same``: grids that the file leaves."""

    document: Mapping[str, Any]
    reason: str
    same: int
    changed: tuple[str, ...]
    new: tuple[str, ...]


def outlines_of(session: Session, actor: Actor, plan_id: int, file_name: str, stream: IO[bytes]) -> Redrawn:
    """Compare a file with a draft, grid by grid. Grids that the file does not name stay as they are.

    Raises
    ------
    BadInput
        Nothing differs, a code is no grid's, or a grid is drawn twice. And what reading a file raises.
    """
    suffix = "".join(Path(file_name).suffixes[-2:]).lower() if file_name.endswith(".gz") else Path(file_name).suffix
    with tempfile.TemporaryDirectory(prefix="gridmap-plan-") as folder:
        path = Path(folder) / f"redrawn{suffix.lower()}"
        with path.open("wb") as target:
            while piece := stream.read(_PIECE):
                target.write(piece)
        try:
            frame = read_frame(path, layer=LAYER)
        except BadInput:
            frame = read_frame(path)
    columns = mapping.match(file_name, [str(name) for name in frame.columns], layer("boundaries"))
    working = transform(frame, CRS.from_epsg(working_srid(session)))
    shapes = working.geometry.to_numpy()
    names = frame[columns["name"]].astype(str).tolist()
    drawn: dict[str, tuple[BaseGeometry, str]] = {}
    for number, (code, name, shape) in enumerate(
        zip(frame[columns["code"]].astype(str).tolist(), names, shapes, strict=True), start=1
    ):
        _check(number, code, shape, drawn)
        drawn[code] = (shapely.transform(shape, lambda xy: xy.round(3)), name)
    here = plans.layout(session, actor, plan_id).units
    changed = {
        code: shape for code, (shape, _) in drawn.items() if code in here and not _alike(shape, here[code].geometry)
    }
    new = {code: shape for code, (shape, _) in drawn.items() if code not in here}
    renamed = {code: name for code, (_, name) in drawn.items() if code in here and here[code].name != name}
    if not changed and not new and not renamed:
        raise BadInput(detail=Message("The file draws every grid as the draft has it; there is nothing to take over."))
    outlines = {**changed, **new} or {code: here[code].geometry for code in renamed}
    return Redrawn(
        document={
            "kind": "set_outlines",
            "outlines": {code: as_geojson(shape) for code, shape in sorted(outlines.items())},
            "names": {code: name for code, (_, name) in sorted(drawn.items()) if code in outlines},
        },
        reason=file_name,
        same=len(drawn) - len(changed) - len(new),
        changed=tuple(sorted(changed)),
        new=tuple(sorted(new)),
    )


def _check(number: int, code: str, shape: BaseGeometry | None, drawn: Mapping[str, object]) -> None:
    given: dict[str, object] = {"row": number, "code": code}
    try:
        grid = level_of(code) is Level.GRID
    except CodeInvalid:
        grid = False
    if not grid:
        raise BadInput(detail=Message("Row {row}: {code} is not the code of a grid.", given))
    if code in drawn:
        raise BadInput(detail=Message("Row {row}: {code} is drawn twice.", given))
    if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon") or not shape.is_valid:
        raise BadInput(detail=Message("Row {row}: the outline of {code} cannot be used.", given))


def _alike(a: BaseGeometry, b: BaseGeometry) -> bool:
    """The same ground to the millimetre, whatever the order of the vertices."""
    return bool(
        shapely.equals_exact(
            shapely.normalize(shapely.multipolygons([*_parts(a)])),
            shapely.normalize(shapely.multipolygons([*_parts(b)])),
            5e-4,
        )
    )


def _parts(shape: BaseGeometry) -> list[Any]:
    found: list[Any] = shapely.get_parts(shape).tolist()
    return found
