"""Shapefiles: geometry by GDAL, text decided here, because a dbf without a code page reads as mojibake in silence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import geopandas as gpd
import pandas as pd
import pyogrio

from gridmap.errors import EncodingUnsure, FileUnreadable
from gridmap.importers.readers import ogr
from gridmap.importers.readers.archive import SHAPEFILE_PARTS
from gridmap.importers.readers.text import LANGUAGE_BYTES, codec, decode, decodes, detect_column

#: Reads every byte as one character and back: carries the raw text through GDAL.
_BYTES = "iso8859-1"


def read(path: Path, *, encoding: str | None = None) -> gpd.GeoDataFrame:
    """Read a Shapefile; its text in ``encoding``, else in what is declared and fits, else in what fits.

    Raises
    ------
    FileUnreadable
    """
    parts = _parts(path)
    with TemporaryDirectory(prefix="gridmap-") as folder:
        # Copied under one spelling: the parts may be called NAME.SHP, Name.dbf; and GDAL may not see the .cpg, which
        # would make it decode the text before we can.
        for kind, part in parts.items():
            if kind != ".cpg":
                copyfile(part, Path(folder) / f"layer{kind}")
        with _index_rebuilt(".shx" not in parts):
            frame = ogr.read(Path(folder) / "layer.shp", encoding=_BYTES)
    return _decoded(path, frame, encoding, parts)


@contextmanager
def _index_rebuilt(missing: bool) -> Iterator[None]:
    """Let GDAL make the missing index from the shapes themselves, beside our copy."""
    if not missing:
        yield
        return
    before = pyogrio.get_gdal_config_option("SHAPE_RESTORE_SHX")
    pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": True})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"SHAPE_RESTORE_SHX": before})


def _parts(path: Path) -> dict[str, Path]:
    """The files that belong to it, by lower-case extension, whatever the case of their names."""
    found = {".shp": path}
    for other in path.parent.iterdir():
        kind = other.suffix.lower()
        if kind in SHAPEFILE_PARTS and other.stem.lower() == path.stem.lower() and other.is_file():
            found.setdefault(kind, other)
    return found


def _decoded(path: Path, frame: gpd.GeoDataFrame, asked: str | None, parts: dict[str, Path]) -> gpd.GeoDataFrame:
    texts = [name for name in frame.columns if name != frame.geometry.name]
    words = [
        name for name in texts if pd.api.types.is_string_dtype(frame[name]) or pd.api.types.is_object_dtype(frame[name])
    ]
    raw: set[bytes] = {name.encode(_BYTES) for name in texts}
    for name in words:
        raw.update(value.encode(_BYTES) for value in frame[name].unique() if isinstance(value, str))
    values = sorted(raw)
    if asked is not None:
        encoding = codec(asked)
        if encoding is None or not decodes(values, encoding):
            raise FileUnreadable(path=path, detail=f"its text is not in {asked}.")
    else:
        encoding, readings = detect_column(values, _declared(parts))
        if encoding is None and readings:
            shown = "; ".join(f"{one.encoding}: {', '.join(one.samples)}" for one in readings)
            raise EncodingUnsure(
                path=path, shown=shown, candidates=tuple((one.encoding, one.samples) for one in readings)
            )
        if encoding is None:
            raise FileUnreadable(
                path=path, detail="the encoding of its text is neither declared rightly nor UTF-8 or GBK. State it."
            )
    if encoding.startswith(("utf-16", "utf-32")):
        raise FileUnreadable(path=path, detail=f"a dbf cannot hold text in {encoding}. Have it saved as UTF-8.")
    decoded = {
        name: frame[name].map(lambda value: decode(value.encode(_BYTES), encoding) if isinstance(value, str) else value)
        for name in words
    }
    frame = frame.assign(**{str(name): column for name, column in decoded.items()})
    return frame.rename(columns={name: decode(name.encode(_BYTES), encoding) for name in texts})


def _declared(parts: dict[str, Path]) -> list[str | None]:
    said: list[str | None] = []
    if ".cpg" in parts:
        said.append(parts[".cpg"].read_bytes()[:64].decode("ascii", "replace").strip())
    if ".dbf" in parts:
        with parts[".dbf"].open("rb") as file:
            header = file.read(32)
        if len(header) == 32:
            said.append(LANGUAGE_BYTES.get(header[29]))
    return said
