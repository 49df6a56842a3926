"""What gridmap writes, gridmap reads: the demo's units out to every format and in again, the same to the millimetre."""

from __future__ import annotations

import io
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import shapely
from sqlalchemy import text

from gridmap.domain.permissions import Actor, Role
from gridmap.services import coverage, exporting, importing, units
from gridmap.services.importing import Rehearsal
from gridmap.store.database import Session

COUNTY = "990001000000"
OPERATOR = Actor(account_id=None, name="test", role=Role.ADMINISTRATOR, scope=COUNTY)
TABLES = ("units", "boundaries", "editions", "imports", "import_changes", "audit", "plans")


def counts(session: Session) -> dict[str, int]:
    return {table: int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()) for table in TABLES}


def exported(session: Session, kind: str, folder: Path) -> Path:
    latest = coverage.latest_run(session, OPERATOR)
    assert latest is not None
    made = exporting.export(session, OPERATOR, kind, latest.run_id, COUNTY)
    path = folder / made.filename
    path.write_bytes(made.content)
    return path


def again(session: Session, path: Path, layer: str = "boundaries") -> Rehearsal:
    """Rehearsed and committed: both must say the same, and nothing may have been written."""
    before = counts(session)
    source = importing.open_source(path, layer, assume_wgs84=True)
    rehearsed = importing.rehearse(session, OPERATOR, layer, source)
    committed = importing.commit(session, OPERATOR, layer, source)
    assert (rehearsed.new, rehearsed.changed, rehearsed.same) == (committed.new, committed.changed, committed.same)
    assert counts(session) == before
    return committed


def standing(session: Session, level: str = "grid") -> gpd.GeoDataFrame:
    return units.boundaries(session, OPERATOR, level, scope=COUNTY, as_of=units.today(session))


# --- what exporting writes --------------------------------------------------------------------------------


def test_the_geopackage_comes_back_to_the_millimetre(demo_session: Session, tmp_path: Path) -> None:
    path = exported(demo_session, "geopackage", tmp_path)
    layer = gpd.read_file(path, layer="units")
    grids = standing(demo_session).set_index("code")
    assert sorted(layer["code"]) == sorted(grids.index)
    kept = shapely.equals_exact(
        shapely.normalize(layer.geometry.to_numpy()), shapely.normalize(grids.loc[layer["code"]].geometry.to_numpy()), 0
    )
    assert kept.all()
    # as a file of one layer, which is what people hand on
    single = tmp_path / "units.gpkg"
    layer.to_file(single)
    outcome = again(demo_session, single)
    assert (outcome.new, outcome.changed, outcome.same, outcome.problems) == (0, 0, len(grids), ())


def test_the_workbook_names_the_same_units(demo_session: Session, tmp_path: Path) -> None:
    path = exported(demo_session, "excel", tmp_path)
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True)
    rows = list(book.worksheets[2].iter_rows(values_only=True))
    heads = [str(each) for each in rows[0]]
    table = pd.DataFrame(rows[1:], columns=heads)
    code, name = heads[:2]
    listed = table[table[code].notna()][[code, name]]
    grids = standing(demo_session).set_index("code")["name"]
    names = dict(zip(listed[code].astype(str), listed[name], strict=True))
    assert {each: names[each] for each in grids.index} == grids.to_dict()
    # its column of codes is a code list: nothing changes
    sheet = tmp_path / "units.csv"
    listed[listed[code].astype(str).str.len() == 15].to_csv(sheet, index=False)
    outcome = again(demo_session, sheet)
    assert (outcome.new, outcome.changed, outcome.same, outcome.decisions) == (0, 0, len(grids), ())


# --- every format that is read ----------------------------------------------------------------------------

#: ending → how geopandas writes it. Degrees have the digits that a millimetre needs (1e-9° is a tenth of one).
WRITERS = {
    "gpkg": lambda frame, path: frame.to_file(path),
    "fgb": lambda frame, path: frame.to_file(path, driver="FlatGeobuf"),
    "parquet": lambda frame, path: frame.to_parquet(path),
    "geojson": lambda frame, path: frame.to_crs(4490).to_file(
        path, driver="GeoJSON", COORDINATE_PRECISION="10", RFC7946="NO"
    ),
    "shp": lambda frame, path: frame.to_file(path, encoding="utf-8"),
    "zip": lambda frame, path: frame.to_file(path.with_suffix(".shp.zip"), driver="ESRI Shapefile", encoding="gb18030"),
    "csv": lambda frame, path: pd.DataFrame(
        {**frame.drop(columns="geometry"), "wkt": shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=3)}
    ).to_csv(path, index=False, encoding="gb18030"),
}


@pytest.mark.parametrize("ending", WRITERS)
def test_every_format_comes_back_to_the_millimetre(demo_session: Session, tmp_path: Path, ending: str) -> None:
    frame = pd.concat([standing(demo_session, level) for level in ("county", "town", "community", "grid")])
    frame = gpd.GeoDataFrame(frame[["code", "name", "urban"]], geometry=frame.geometry, crs=standing(demo_session).crs)
    path = tmp_path / f"units.{ending}"
    WRITERS[ending](frame.assign(urban=frame["urban"].map({True: "是", False: "否"})), path)
    if ending == "zip":
        path = path.with_suffix(".shp.zip")
    crs = frame.crs.to_string() if ending == "csv" else None
    source = importing.open_source(path, "boundaries", crs=crs)
    before = counts(demo_session)
    outcome = importing.commit(demo_session, OPERATOR, "boundaries", source)
    assert (outcome.new, outcome.changed, outcome.same) == (0, 0, len(frame)), ending
    assert outcome.problems == ()
    assert outcome.gone == 0
    assert counts(demo_session) == before


def test_households_come_back(demo_session: Session, tmp_path: Path) -> None:
    rows = demo_session.execute(
        text(
            "SELECT h.code, h.households, u.code AS compound, ST_X(p) AS lon, ST_Y(p) AS lat FROM"
            " (SELECT *, ST_Transform(geom, 4490) AS p FROM household_counts) h"
            " LEFT JOIN units u ON u.id = h.compound_id"
        )
    ).mappings()
    table = pd.DataFrame([dict(row) for row in rows])
    path = tmp_path / "households.csv"
    table.to_csv(path, index=False, float_format="%.10f")
    outcome = again(demo_session, path, "households")
    assert (outcome.new, outcome.changed, outcome.same) == (0, 0, len(table))


def test_a_code_list_of_every_unit_changes_nothing(demo_session: Session, tmp_path: Path) -> None:
    rows = demo_session.execute(
        text("SELECT code, name FROM units WHERE retired_on IS NULL AND level NOT IN ('compound', 'courtyard')")
    ).all()
    path = tmp_path / "codes.csv"
    pd.DataFrame(rows, columns=["code", "name"]).to_csv(path, index=False)
    outcome = again(demo_session, path)
    assert (outcome.new, outcome.changed, outcome.same, outcome.decisions) == (0, 0, len(rows), ())
