"""What every file of a plan is made from: plain values, words already in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from shapely.geometry.base import BaseGeometry

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.domain.plans import Norm
from gridmap.geometry.redraw.figures import Figures
from gridmap.services import plans, units
from gridmap.services.plans.records import Adoption, FindingView, OperationRow, PlanRow
from gridmap.store.database import Session
from gridmap.store.queries.plans import CommentRow
from gridmap.translations import translate


@dataclass(frozen=True)
class GridLine:
    """A grid before and after: names, outlines and figures (None: absent)."""

    code: str
    name: str
    urban: bool
    before: BaseGeometry | None
    after: BaseGeometry | None
    figures_before: Figures | None
    figures_after: Figures | None
    band_before: str | None
    band_after: str | None
    changed: bool


@dataclass(frozen=True)
class PlanDossier:
    """One plan as it stands. Geometry is in the working system ``srid``."""

    language: str
    row: PlanRow
    unit: str
    demo: bool
    srid: int
    made_on: date
    norm: Norm
    grids: tuple[GridLine, ...]
    parents: tuple[BaseGeometry, ...]
    operations: tuple[OperationRow, ...]
    comments: tuple[CommentRow, ...]
    findings: tuple[FindingView, ...]
    adoption: Adoption | None
    households_moved: int
    households: int
    history: tuple[tuple[datetime, str, str, str], ...]

    @property
    def title(self) -> str:
        return self.row.title

    @property
    def changed(self) -> tuple[GridLine, ...]:
        return tuple(grid for grid in self.grids if grid.changed)

    def say(self, text: str, **params: object) -> str:
        """Translate a sentence of ours into the reader's language and fill its blanks."""
        return translate(text, self.language, **params)

    def tell(self, message: Message) -> str:
        """The same for a message; messages among its values are told too."""
        params: Mapping[str, object] = {
            name: self.tell(value) if isinstance(value, Message) else value for name, value in message.params.items()
        }
        return translate(message.text, self.language, **params)

    def band(self, name: str | None) -> str:
        """What a band is called."""
        return self.say(BANDS[name]) if name else ""


BANDS = {"below": "below the norm", "inside": "inside the norm", "above": "above the norm"}
STATES = {"draft": "draft", "in_review": "in review", "adopted": "adopted", "withdrawn": "withdrawn"}
ACTS = {
    "create": "begun",
    "apply": "drawn",
    "undo": "undone",
    "redo": "done again",
    "describe": "described anew",
    "norm": "norm set",
    "lock": "grids locked",
    "rebase": "moved onto new boundaries",
    "submit": "handed in",
    "approve": "approved",
    "return": "returned",
    "withdraw": "withdrawn",
    "reopen": "taken up again",
    "adopt": "adopted",
}


def collect(session: Session, actor: Actor, plan_id: int, language: str) -> PlanDossier:
    """Read a plan for its files; a plan in review is rehearsed, so that the paper says what adopting it does.

    Raises
    ------
    NotFound, OutsideScope, PermissionMissing
    """
    detail = plans.plan(session, actor, plan_id)
    actor.require(Permission.EXPORT, detail.row.scope)
    view = plans.view(session, actor, plan_id)
    compared = {unit.code: unit for unit in plans.compare(session, actor, plan_id).units}
    adoption = None
    if detail.row.state in ("draft", "in_review"):
        adoption = plans.adopt(session, actor, plan_id, detail.row.version, rehearse=True)
    unit = units.find(session, actor, detail.row.scope)
    county = units.county(session)
    grids = []
    for row in view.units:
        pair = compared[row.code]
        was = row.before
        grids.append(
            GridLine(
                code=row.code,
                name=row.name,
                urban=row.urban,
                before=pair.b,
                after=pair.a,
                figures_before=was,
                figures_after=row.figures,
                band_before=None if was is None else view.norm.band(was.households, urban=row.urban),
                band_after=row.band,
                changed=row.changed,
            )
        )
    return PlanDossier(
        language=language,
        row=detail.row,
        unit=unit.name if unit else detail.row.scope,
        demo=county is not None and county.code.startswith(units.DEMO_PREFIX),
        srid=county.srid if county else 0,
        made_on=units.today(session),
        norm=view.norm,
        grids=tuple(grids),
        parents=tuple(view.parents.values()),
        operations=tuple(each for each in detail.operations if not each.undone),
        comments=detail.comments,
        findings=view.findings,
        adoption=adoption,
        households_moved=view.households_moved,
        households=sum(grid.figures_after.households for grid in grids if grid.figures_after),
        history=tuple((event.at, event.actor, event.act, event.note) for event in detail.history),
    )
