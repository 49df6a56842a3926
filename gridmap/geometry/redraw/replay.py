"""Fold a list of operations over a base: the polygons of a plan are derived, never stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation


@dataclass(frozen=True)
class Replayed:
    """The layout at the end, and what each operation did on the way."""

    layout: Layout
    changes: tuple[Change, ...]


def replay(base: Layout, operations: Iterable[Operation]) -> Replayed:
    """Apply operations one after another. The same base and operations always give the same bytes.

    Raises
    ------
    OperationRefused
        From the operation that no longer applies.
    """
    layout, changes = base, []
    for operation in operations:
        change = operation.apply(layout)
        layout = change.on(layout)
        changes.append(change)
    return Replayed(layout, tuple(changes))
