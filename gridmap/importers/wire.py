"""Values that cross from the reading process to ours, as JSON: plain ones, messages, problems and named errors.

Pickle is not used: a reader that a hostile file took over could send any code. Here only data classes and word lists
of our own pure modules are built anew, from named fields.
"""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gridmap.domain.messages import Message
from gridmap.errors import FileDamaged, GridmapError

_KIND = "$"
_HOMES = ("gridmap.domain.", "gridmap.geometry.", "gridmap.importers.", "gridmap.errors")


def packed(value: object) -> Any:
    """Return ``value`` as JSON data that :func:`unpacked` turns back; what is unknown becomes its text."""
    if value is None or (isinstance(value, bool | str | int) and not isinstance(value, Enum)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_KIND: "float", "of": repr(value)}
    if isinstance(value, np.generic):
        return packed(value.item())
    if isinstance(value, Message):
        return {_KIND: "message", "text": value.text, "params": {k: packed(v) for k, v in value.params.items()}}
    if isinstance(value, Enum):
        return {_KIND: "word", "class": _name(type(value)), "of": packed(value.value)}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: packed(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
        return {_KIND: "data", "class": _name(type(value)), "fields": fields}
    if isinstance(value, Mapping):
        return {_KIND: "map", "of": [[packed(key), packed(one)] for key, one in value.items()]}
    if isinstance(value, tuple | list | set | frozenset):
        return {_KIND: type(value).__name__ if type(value) in _MANY else "list", "of": [packed(one) for one in value]}
    if value is pd.NaT or value is pd.NA:
        return {_KIND: "NaT" if value is pd.NaT else "NA"}
    if isinstance(value, timedelta):
        return {_KIND: "timedelta", "of": value.total_seconds()}
    if isinstance(value, datetime | date | time):
        kind = "datetime" if isinstance(value, datetime) else type(value).__name__
        return {_KIND: kind, "of": value.isoformat()}
    if isinstance(value, bytes):
        return {_KIND: "bytes", "of": value.hex()}
    if isinstance(value, Path):
        return {_KIND: "path", "of": str(value)}
    return str(value)


def unpacked(value: Any) -> Any:
    """Turn back what :func:`packed` made.

    Raises
    ------
    ValueError
        A class that is none of ours, or a kind that does not exist.
    """
    if not isinstance(value, dict):
        return value
    kind = value.get(_KIND)
    if kind == "message":
        return Message(str(value["text"]), {str(k): unpacked(v) for k, v in value["params"].items()})
    if kind == "word":
        return _class(value["class"], Enum)(unpacked(value["of"]))
    if kind == "data":
        return _class(value["class"], None)(**{str(k): unpacked(v) for k, v in value["fields"].items()})
    if kind == "map":
        return {unpacked(key): unpacked(one) for key, one in value["of"]}
    if kind in _MANY_NAMED:
        return _MANY_NAMED[kind](unpacked(one) for one in value["of"])
    if kind in _PLAIN:
        return _PLAIN[kind](value.get("of"))
    raise ValueError(f"a value of the kind {kind!r}")


def packed_error(error: GridmapError) -> Any:
    """Return a named error as data: its class and the values of its sentence."""
    return {"class": _name(type(error)), "params": {name: packed(value) for name, value in error.params.items()}}


def unpacked_error(value: Any, path: Path) -> GridmapError:
    """Build a named error again, as the reading process raised it."""
    try:
        made: GridmapError = _class(value["class"], GridmapError)(
            **{str(name): unpacked(one) for name, one in value["params"].items()}
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return FileDamaged(path=path, detail="the reader's answer was not understood")
    return made


_MANY = {tuple, list, set, frozenset}
_MANY_NAMED = {kind.__name__: kind for kind in _MANY}
_PLAIN: dict[str, Callable[[Any], object]] = {
    "float": float,
    "NaT": lambda _: pd.NaT,
    "NA": lambda _: pd.NA,
    "timedelta": lambda seconds: timedelta(seconds=seconds),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": bytes.fromhex,
    "path": Path,
}


def _name(of: type) -> str:
    return f"{of.__module__}:{of.__qualname__}"


def _class(name: str, family: type | None) -> Any:
    module, _, qualified = str(name).partition(":")
    if not f"{module}.".startswith(_HOMES) and module != "gridmap.errors":
        raise ValueError(f"a value of {module}")
    found = getattr(importlib.import_module(module), qualified)
    allowed = issubclass(found, family) if family is not None else dataclasses.is_dataclass(found)
    if not (isinstance(found, type) and allowed):
        raise ValueError(f"{name} carries no data")
    return found
