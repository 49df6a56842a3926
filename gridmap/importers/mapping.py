"""Which column is which field: by what the user says first, then by usual names, Chinese and English."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from gridmap.errors import BadInput, ColumnMissing
from gridmap.importers.layers import Layer


def near(columns: Iterable[object], layer: Layer) -> dict[str, str]:
    """Field → column by usual names alone; nothing is demanded."""
    found: dict[str, str] = {}
    plain = _by_name([str(column) for column in columns])
    for one in layer.fields:
        names = [_plain(name) for name in (one.name, *one.names)]
        for name in (*names, *_cut(names)):
            if name in plain and plain[name] not in found.values():
                found[one.name] = plain[name]
                break
    return found


def match(path: object, columns: Sequence[str], layer: Layer, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return field → column. ``given`` maps column → field and wins; a column serves one field at most.

    A name cut to ten bytes by a Shapefile matches the usual name it is the beginning of.

    Raises
    ------
    ColumnMissing
        A column that was named is not there, or a required field has no column.
    BadInput
        A field that was named does not exist.
    """
    found: dict[str, str] = {}
    for column, field in (given or {}).items():
        if column not in columns:
            raise ColumnMissing(path=path, column=column, columns=", ".join(columns))
        if layer.field(field) is None:
            known = ", ".join(one.name for one in layer.fields)
            raise BadInput(detail=f"{layer.name} has no field {field!r}. Its fields are: {known}.")
        found[field] = column
    plain = _by_name([column for column in columns if column not in found.values()])
    for one in layer.fields:
        if one.name in found:
            continue
        names = [_plain(name) for name in (one.name, *one.names)]
        for name in (*names, *_cut(names)):
            if name in plain and plain[name] not in found.values():
                found[one.name] = plain[name]
                break
    for one in layer.fields:
        if one.required and one.name not in found:
            raise ColumnMissing(
                path=path, column=f"{one.name} ({', '.join(one.names[:4])})", columns=", ".join(columns)
            )
    return found


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().lower().replace(" ", "_").replace("-", "_")


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    """Plain name → column, the first of each; a column under a merged heading also by its own part of the name."""
    own = {_plain(column.rpartition("/")[2]): column for column in reversed(columns) if "/" in column}
    return {**own, **{_plain(column): column for column in reversed(columns)}}


def _cut(names: Sequence[str]) -> list[str]:
    """What a dbf leaves of long names: ten bytes, in UTF-8 or in GBK, never half a character."""
    found = []
    for name in names:
        for encoding in ("utf-8", "gbk"):
            written = name.encode(encoding, "ignore")
            if len(written) > 10:
                found.append(written[:10].decode(encoding, "ignore"))
    return found
