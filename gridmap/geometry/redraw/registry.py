"""Which operations there are, by kind; and a record read back as the operation it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridmap.errors import OperationInvalid
from gridmap.geometry.redraw.operation import Operation

#: kind → class
OPERATIONS: dict[str, type[Operation]] = {}


def operation_from_json(document: Mapping[str, Any]) -> Operation:
    """Read a record.

    Raises
    ------
    OperationInvalid
        No such kind, or its fields are not what the kind asks for.
    """
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in OPERATIONS:
        raise OperationInvalid(kind=str(kind)[:40], detail=f"the kinds are {', '.join(OPERATIONS)}")
    return OPERATIONS[kind].from_json(document)
