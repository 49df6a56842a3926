"""Outlines that were drawn elsewhere (a redraw in QGIS, a new year's file) as a plan: looked at before it counts."""

from __future__ import annotations

from collections.abc import Mapping

from shapely.geometry.base import BaseGeometry

from gridmap.domain.codes import level_of, parent
from gridmap.domain.levels import Level
from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor
from gridmap.errors import BadInput
from gridmap.geometry.redraw.operation import as_geojson
from gridmap.services.plans.drafting import apply, begin, carry_out
from gridmap.services.plans.records import Effect
from gridmap.store.database import Session


def create_from_outlines(
    session: Session,
    actor: Actor,
    title: str,
    outlines: Mapping[str, BaseGeometry | None],
    *,
    names: Mapping[str, str] | None = None,
    note: str = "",
) -> int:
    """A draft whose one operation takes outlines as given: grid code → geometry in the working system (None: retired).

    Grids that are not named stay as they are. The draft shows every gap, overlap and spill that comes with them; it is
    reviewed and adopted like any other.

    Returns
    -------
    The plan's number.

    Raises
    ------
    BadInput
        No outlines, or one that is not a grid's. And what creating and applying raise; then nothing is kept.
    """
    try:
        number = draft_outlines(session, actor, title, outlines, names=names, note=note)
    except BaseException:
        session.rollback()
        raise
    session.commit()
    return number


def draft_outlines(
    session: Session,
    actor: Actor,
    title: str,
    outlines: Mapping[str, BaseGeometry | None],
    *,
    names: Mapping[str, str] | None = None,
    note: str = "",
) -> int:
    """As :func:`create_from_outlines`, in the caller's transaction: an import and its plan are one write."""
    if not outlines:
        raise BadInput(detail=Message("There are no outlines to make a plan of."))
    wrong = [code for code in outlines if level_of(code) is not Level.GRID]
    if wrong:
        raise BadInput(
            detail=Message("A plan redraws grids; {codes} are none.", {"codes": ", ".join(sorted(wrong)[:5])})
        )
    plan = begin(session, actor, common_unit(outlines), title, note=note)
    carry_out(session, actor, plan, _document(outlines, names))
    return plan.id


def set_outlines(
    session: Session,
    actor: Actor,
    plan_id: int,
    version: int,
    outlines: Mapping[str, BaseGeometry | None],
    *,
    names: Mapping[str, str] | None = None,
    reason: str = "",
) -> Effect:
    """Take outlines into a draft as they were drawn elsewhere, as one operation.

    Raises
    ------
    What :func:`gridmap.services.plans.drafting.apply` raises.
    """
    return apply(session, actor, plan_id, version, _document(outlines, names), reason=reason)


def _document(outlines: Mapping[str, BaseGeometry | None], names: Mapping[str, str] | None) -> dict[str, object]:
    return {
        "kind": "set_outlines",
        "outlines": {code: None if shape is None else as_geojson(shape) for code, shape in sorted(outlines.items())},
        "names": dict(sorted((names or {}).items())),
    }


def common_unit(codes: Mapping[str, object]) -> str:
    """The lowest community, town or county that holds all the grids."""
    communities = {parent(code) or code for code in codes}
    towns = {code[:9] for code in communities}
    if len(communities) == 1:
        return communities.pop()
    return f"{towns.pop()}000" if len(towns) == 1 else f"{min(communities)[:6]}000000"
