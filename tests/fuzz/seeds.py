"""One small sound file of every format, written by the same libraries that write our exports."""

from __future__ import annotations

import gzip
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from gridmap.importers.registry import FORMATS

_READ = {extension for one in FORMATS for extension in one.extensions}


def _frame() -> gpd.GeoDataFrame:
    hole = shapely.box(106, 29, 106.2, 29.2).difference(shapely.box(106.05, 29.05, 106.1, 29.1))
    shapes = [hole, shapely.MultiPolygon([shapely.box(106.3, 29, 106.4, 29.1), shapely.box(106.5, 29, 106.6, 29.1)])]
    return gpd.GeoDataFrame(
        {"code": ["01", "02"], "名称": ["东门", "西门"], "households": [3, 5]}, geometry=shapes, crs=4490
    )


@cache
def seeds() -> dict[str, bytes]:
    """File name → content, for every format that the registry reads."""
    made: dict[str, bytes] = {}
    frame = _frame()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for extension in ("geojson", "gpkg", "fgb", "kml", "shp"):
            options = {"shp": {"encoding": "GBK"}, "kml": {"driver": "KML"}}.get(extension, {})
            frame.to_file(folder / f"a.{extension}", **options)
            if extension != "shp":  # alone it has no table; it goes into a zip
                made[f"a.{extension}"] = (folder / f"a.{extension}").read_bytes()
        for packed, parts in (("shp.zip", ["shp", "shx", "dbf", "prj"]), ("geojson.zip", ["geojson"])):
            with zipfile.ZipFile(folder / packed, "w", zipfile.ZIP_DEFLATED) as archive:
                for part in parts:
                    archive.write(folder / f"a.{part}", f"网格/a.{part}")
            made[packed] = (folder / packed).read_bytes()
        if ".kmz" in _READ:
            with zipfile.ZipFile(folder / "a.kmz", "w", zipfile.ZIP_DEFLATED) as archive:
                archive.write(folder / "a.kml", "doc.kml")
            made["a.kmz"] = (folder / "a.kmz").read_bytes()
        if ".parquet" in _READ:
            frame.to_parquet(folder / "a.parquet")
            made["a.parquet"] = (folder / "a.parquet").read_bytes()
        table = pd.DataFrame(frame.drop(columns="geometry"))
        if ".xlsx" in _READ:
            table.to_excel(folder / "a.xlsx", index=False, engine="openpyxl")
            made["a.xlsx"] = (folder / "a.xlsx").read_bytes()
        wkt = table.assign(wkt=frame.geometry.to_wkt())
        made["a.csv"] = wkt.to_csv(index=False).encode("gb18030")
        made["a.csv.gz"] = gzip.compress(b"code,lon,lat\n01,106,29\n02,106.1,29.1\n", mtime=0)
    return made
