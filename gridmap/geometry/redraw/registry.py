"""Which operations there are, by kind; and a record read back as the operation it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridmap.errors import OperationInvalid
from gridmap.geometry.redraw.gaps import CutSpill, FillGap, ResolveOverlap
from gridmap.geometry.redraw.merge import Merge, Retire
from gridmap.geometry.redraw.move_edge import MoveEdge, MoveVertex, Snap
from gridmap.geometry.redraw.operation import Operation
from gridmap.geometry.redraw.reassign import Create, Reassign
from gridmap.geometry.redraw.registration import Recode, Rename
from gridmap.geometry.redraw.set_outlines import SetOutlines
from gridmap.geometry.redraw.simplify import Simplify
from gridmap.geometry.redraw.split import Split, SplitByCompounds

#: kind → class
OPERATIONS: dict[str, type[Operation]] = {
    each.kind: each
    for each in (
        Split,
        SplitByCompounds,
        Merge,
        MoveEdge,
        MoveVertex,
        Snap,
        Reassign,
        FillGap,
        ResolveOverlap,
        CutSpill,
        Create,
        Retire,
        Rename,
        Recode,
        Simplify,
        SetOutlines,
    )
}


def operation_from_json(document: Mapping[str, Any]) -> Operation:
    """Read a record.

    Raises
    ------
    OperationInvalid
        No such kind, or its fields are not what the kind asks for.
    """
    kind = document.get("kind") if isinstance(document, Mapping) else None
    if not isinstance(kind, str) or kind not in OPERATIONS:
        raise OperationInvalid(kind=str(kind)[:40], detail=f"the kinds are {', '.join(OPERATIONS)}")
    return OPERATIONS[kind].from_json(document)
