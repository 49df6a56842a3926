"""Which column names the units of a plain file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from gridmap.errors import ColumnMissing
from gridmap.importers.readers.delimited import named

#: Usual names, the most telling first.
CODE_NAMES = (
    "code", "unit", "unit_code", "grid_code", "grid_id", "gridid", "gridcode", "wgbm",
    "网格编码", "网格编号", "网格代码", "编码", "编号", "代码", "区划代码",
    "adcode", "id", "boro_cd", "borocd", "geoid", "objectid", "fid", "name", "名称", "网格名称",
)  # fmt: skip


def unit_codes(path: Path | str, frame: pd.DataFrame, column: str | None) -> list[str]:
    """Codes of the rows as text: from ``column``, else a column with a usual name, else the row's number from 1.

    A number column that holds whole numbers loses its ``.0``; a missing code becomes the row's number.

    Raises
    ------
    ColumnMissing
    """
    columns = [str(name) for name in frame.columns if name != "geometry"]
    if column is not None and column not in columns:
        raise ColumnMissing(path=path, column=column, columns=", ".join(columns))
    chosen = column if column is not None else named(columns, CODE_NAMES)
    if chosen is None:
        return [str(row + 1) for row in range(len(frame))]
    return [_text(value) or f"row {row + 1}" for row, value in enumerate(frame[chosen].tolist())]


def _text(value: object) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
