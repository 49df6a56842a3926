"""Column types that every table shares: geometry in the working system, UTC times, unit codes, dates of validity."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text, func
from sqlalchemy.orm import mapped_column

#: Surrogate key of a table.
Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
#: A moment, stored in UTC.
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
#: The moment of insertion.
Created = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
#: A unit code. Collation C: prefixes are ranges, and ranges use the index.
Code = Annotated[str, mapped_column(Text(collation="C"))]


def geometry(kind: str) -> Any:
    """A geometry column type without a fixed SRID; :func:`in_working_system` adds the check that fixes it.

    The working system is chosen when a database is made, so models and migrations must not name it.
    """
    return Geometry(kind, srid=-1, dimension=2, spatial_index=False)


def in_working_system(table: str, column: str = "geom") -> CheckConstraint:
    """Geometry lies in the database's working system and is valid and not empty.

    ``gridmap_srid()`` is an immutable SQL function that the first migration makes from ``GRIDMAP_SRID``.
    """
    return CheckConstraint(
        f"ST_SRID({column}) = gridmap_srid() AND ST_IsValid({column}) AND NOT ST_IsEmpty({column})",
        name=f"{table}_{column}_usable",
    )


def is_storable(words: str) -> bool:
    """Tell whether PostgreSQL can hold a text: no NUL in it, and no half of a surrogate pair."""
    return "\0" not in words and not any("\ud800" <= letter <= "\udfff" for letter in words)


def one_of(table: str, column: str, values: object) -> CheckConstraint:
    """A text column holds one of the words that ``domain`` lists."""
    words = ", ".join(f"'{value}'" for value in values)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} IN ({words})", name=f"{table}_{column}_known")
