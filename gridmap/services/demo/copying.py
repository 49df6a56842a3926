"""Frames of the demo into tables, through COPY."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import Any

import numpy as np
import pandas as pd
import shapely

from gridmap.store.bulk import copy_rows, next_ids
from gridmap.store.database import Session
from gridmap.store.models import Base


def copy(session: Session, model: type[Base], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    copy_rows(session, model, columns, ([plain(value) for value in row] for row in rows))


def plain(value: Any) -> Any:
    """Python's own types: COPY knows no numpy numbers, no NaT, no pandas NA."""
    if value is None or isinstance(value, str | list | shapely.Geometry):
        return value
    if value is pd.NaT or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime().replace(tzinfo=UTC)
    return value.item() if isinstance(value, np.generic) else value


def span(since: date, until: date | None) -> str:
    """A half-open range of days as PostgreSQL writes it."""
    return f"[{since},{until or ''})"


def points(frame: pd.DataFrame) -> list[shapely.Point | None]:
    return [None if np.isnan(x) else shapely.Point(x, y) for x, y in frame[["x", "y"]].to_numpy(dtype=float)]


def numbered(session: Session, model: type[Base], frame: pd.DataFrame, column: str) -> dict[int, int]:
    """Ids of the database for the demo's own numbers."""
    return dict(zip(frame[column].tolist(), next_ids(session, model, len(frame)), strict=True))
