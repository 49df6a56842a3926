"""A frame as an Arrow file and back, cell for cell: geometry as WKB, mixed columns as JSON, problems beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from pyproj import CRS

from gridmap.importers.wire import packed, unpacked

_META = b"gridmap"


def write_frame(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame (with its system, its attributes and its problems) to an Arrow file."""
    shape = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    arrays: list[pa.Array] = []
    kinds: list[str] = []
    for at, name in enumerate(frame.columns):
        column = frame.iloc[:, at]
        kind, array = _column(column, is_shape=shape is not None and name == shape)
        kinds.append(kind)
        arrays.append(array)
    index = None
    if not (isinstance(frame.index, pd.RangeIndex) and frame.index.start == 0 and frame.index.step == 1):
        index, array = _column(pd.Series(frame.index), is_shape=False)
        arrays.append(array)
    crs = frame.crs if isinstance(frame, gpd.GeoDataFrame) else None
    about = {
        "names": [packed(name) for name in frame.columns],
        "kinds": kinds,
        "geometry": shape,
        "index": index,
        "crs": None if crs is None else CRS.from_user_input(crs).srs,
        "attrs": packed(dict(frame.attrs)),
        "rows": len(frame),
    }
    table = pa.Table.from_arrays(arrays, names=[f"c{at}" for at in range(len(arrays))])
    table = table.replace_schema_metadata({_META: json.dumps(about).encode()})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def read_back(path: Path) -> pd.DataFrame:
    """Read what :func:`write_frame` wrote: the same columns, index, system, attributes and problems."""
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
        table = reader.read_all()
        about = json.loads(table.schema.metadata[_META])
        columns = [_series(kind, table.column(at)) for at, kind in enumerate(about["kinds"])]
        index = pd.RangeIndex(about["rows"])
        if about["index"] is not None:
            index = pd.Index(_series(about["index"], table.column(len(columns))))
    names = [unpacked(name) for name in about["names"]]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(about["rows"]))
    frame.columns = pd.Index(names)
    frame.index = index
    if about["geometry"] is not None:
        crs = None if about["crs"] is None else CRS.from_user_input(about["crs"])
        frame = gpd.GeoDataFrame(frame, geometry=about["geometry"], crs=crs)
    frame.attrs.update(unpacked(about["attrs"]))
    return frame


def _column(column: pd.Series, *, is_shape: bool) -> tuple[str, pa.Array]:
    if is_shape:
        return "wkb", pa.array(shapely.to_wkb(np.asarray(column), include_srid=False), type=pa.large_binary())
    if column.dtype == object:
        if pd.api.types.infer_dtype(column, skipna=False) == "string":
            return "object", pa.array(column.to_numpy(), type=pa.large_string())
    else:
        try:
            return str(column.dtype), pa.array(column, from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError):
            pass
    cells = [json.dumps(packed(cell), ensure_ascii=False) for cell in column]
    return "json", pa.array(cells, type=pa.large_string())


def _series(kind: str, column: pa.ChunkedArray) -> Any:
    if kind == "wkb":
        return gpd.GeoSeries(shapely.from_wkb(np.asarray(column.to_pandas(), dtype=object)))
    if kind == "json":
        cells = np.empty(len(column), dtype=object)
        for at, text in enumerate(column.to_pylist()):
            cells[at] = unpacked(json.loads(text))
        return pd.Series(cells, dtype=object)
    series = column.to_pandas()
    return series if str(series.dtype) == kind else series.astype(kind)
