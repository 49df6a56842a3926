"""What the desk receives: plans, drafts, effects as plain dictionaries; shapes in EPSG:4326, words translated."""

from __future__ import annotations

from typing import Any

from gridmap.domain.plans import Norm
from gridmap.geometry.lenses.registry import LENSES
from gridmap.geometry.redraw.figures import Figures
from gridmap.services.plans.proposals import ProposalRow, SitingRow, Taker
from gridmap.services.plans.records import (
    Adoption,
    Broken,
    Comparison,
    DefectView,
    Effect,
    FindingView,
    OperationRow,
    PlanDetail,
    PlanRow,
    PlanView,
    Rebase,
)
from gridmap.translations import say
from gridmap.web.api.rim import outward, place_out
from gridmap.web.contexts import blindness_key
from gridmap.web.i18n import gettext, language

#: state, act and band → what people call them
STATE_NAMES = {"draft": "draft", "in_review": "in review", "adopted": "adopted", "withdrawn": "withdrawn"}


def plan_row(row: PlanRow, unit_name: str = "") -> dict[str, Any]:
    """A plan in a list."""
    return {
        "id": row.id,
        "title": row.title,
        "note": row.note,
        "scope": row.scope,
        "unit": unit_name or row.scope,
        "state": row.state.value,
        "state_name": gettext(STATE_NAMES[row.state.value]),
        "author": row.author,
        "version": row.version,
        "effective_on": row.effective_on.isoformat(),
        "updated_at": row.updated_at.isoformat(),
        "operations": row.operations,
        "approved": row.approved,
    }


def figures_row(figures: Figures | None) -> dict[str, Any] | None:
    """Figures of one grid."""
    return None if figures is None else dict(vars(figures))


def norm_row(norm: Norm) -> dict[str, int]:
    """The band."""
    return dict(vars(norm))


def detail_rows(detail: PlanDetail, srid: int) -> dict[str, Any]:
    """Operations, remarks, history, and what the reader may do."""
    return {
        "operations": [
            {
                "id": row.id,
                "seq": row.seq,
                "kind": row.kind,
                "what": say(row.why, language()),
                "units": _named_units(row),
                "reason": row.reason,
                "actor": row.actor,
                "at": row.at.isoformat(),
                "undone": row.undone,
            }
            for row in detail.operations
        ],
        "comments": [
            {
                "id": row.id,
                "author": row.author,
                "words": row.words,
                "at": row.at.isoformat(),
                "settled": row.settled_by,
                "place": place_out(row.at_place, srid),
            }
            for row in detail.comments
        ],
        "history": [
            {"at": row.at.isoformat(), "actor": row.actor, "act": row.act, "version": row.version, "note": row.note}
            for row in detail.history
        ],
        "can": sorted(act.value for act in detail.can),
        "locked": list(detail.locked),
        "base_moved": detail.base_moved,
    }


def _named_units(row: OperationRow) -> list[str]:
    """Codes of the units that an operation's record names."""
    found: list[str] = []
    for name in ("unit", "units", "into", "a", "b", "to", "codes", "code", "outlines"):
        value = row.document.get(name, ())
        found.extend([value] if isinstance(value, str) else value)
    return [code for code in dict.fromkeys(found) if isinstance(code, str) and code.isdigit()]


def view_rows(view: PlanView, srid: int) -> dict[str, Any]:
    """The draft as it stands: grids, parents, compounds, blind areas."""
    return {
        "version": view.version,
        "norm": norm_row(view.norm),
        "households_moved": view.households_moved,
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "parent": unit.parent,
                "urban": unit.urban,
                "before": figures_row(unit.before),
                "figures": figures_row(unit.figures),
                "band": unit.band,
                "changed": unit.changed,
                "geometry": outward(unit.geometry, srid),
            }
            for unit in view.units
        ],
        "parents": [{"code": code, "geometry": outward(shape, srid)} for code, shape in view.parents.items()],
        "compounds": [{"code": code, "geometry": outward(shape, srid)} for code, shape in view.compounds.items()],
        "findings": [finding_row(each, number, srid) for number, each in enumerate(view.findings)],
    }


def finding_row(finding: FindingView, number: int, srid: int) -> dict[str, Any]:
    """A blind area that the draft creates, keeps or cures."""
    lens = LENSES[finding.lens]
    return {
        "number": number,
        "lens": finding.lens,
        "title": gettext(lens.title),
        "blindness": blindness_key(lens.blindness),
        "state": finding.state,
        "why": say(finding.why, language()),
        "act": say(finding.act, language()),
        "units": list(finding.units),
        "households": finding.households,
        "area_m2": finding.area_m2,
        "sliver": finding.sliver,
        "geometry": outward(finding.geometry, srid),
        "at": place_out(finding.at, srid),
    }


def effect_row(effect: Effect, srid: int) -> dict[str, Any]:
    """What an operation does, or would do."""
    return {
        "version": effect.version,
        "what": say(effect.why, language()),
        "moved_m2": effect.moved_m2,
        "households_moved": effect.households_moved,
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "before": figures_row(unit.figures_before),
                "after": figures_row(unit.figures_after),
                "band_before": unit.band_before,
                "band_after": unit.band_after,
                "geometry": outward(unit.after, srid),
            }
            for unit in effect.units
        ],
        "created": [_defect(each, srid) for each in effect.created],
        "cured": [_defect(each, srid) for each in effect.cured],
    }


def _defect(defect: DefectView, srid: int) -> dict[str, Any]:
    return {
        "kind": defect.kind,
        "area_m2": defect.area_m2,
        "width_m": defect.width_m,
        "geometry": outward(defect.geometry, srid),
    }


def adoption_row(adoption: Adoption, srid: int) -> dict[str, Any]:
    """What adopting does, and what forbids it."""
    return {
        "edition": adoption.edition,
        "effective_on": adoption.effective_on.isoformat(),
        "opened": list(adoption.opened),
        "retired": {code: list(heirs) for code, heirs in adoption.retired.items()},
        "redrawn": list(adoption.redrawn),
        "renamed": {code: list(names) for code, names in adoption.renamed.items()},
        "surroundings": len(adoption.surroundings),
        "rehomed": [{"name": gettext(name), "count": count} for name, count in adoption.rehomed.items() if count],
        "broken": [_broken(each, srid) for each in adoption.broken],
        "refused": adoption.refused,
        "done": adoption.done,
    }


def _broken(broken: Broken, srid: int) -> dict[str, Any]:
    return {
        "text": say(broken.text, language()),
        "refuses": broken.refuses,
        "units": list(broken.units),
        "geometry": outward(broken.geometry, srid),
    }


def comparison_row(comparison: Comparison, srid: int) -> dict[str, Any]:
    """Two plans side by side; ``b`` None is the present."""
    return {
        "a": plan_row(comparison.a),
        "b": None if comparison.b is None else plan_row(comparison.b),
        "households_moved": comparison.households_moved,
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "same": unit.same,
                "a": outward(unit.a, srid),
                "b": outward(unit.b, srid),
                "figures_a": figures_row(unit.figures_a),
                "figures_b": figures_row(unit.figures_b),
            }
            for unit in comparison.units
        ],
    }


def rebase_row(rebase: Rebase, srid: int) -> dict[str, Any]:
    """What moving a draft onto today's boundaries meets."""
    return {
        "changed": list(rebase.changed_units),
        "version": rebase.version,
        "done": rebase.done,
        "conflicts": [
            {
                "operation": each.operation.id,
                "seq": each.operation.seq,
                "what": say(each.operation.why, language()),
                "why": say(each.why, language()),
                "refused": each.refused,
                "geometry": outward(each.geometry, srid),
            }
            for each in rebase.conflicts
        ],
    }


def proposal_row(row: ProposalRow, srid: int) -> dict[str, Any]:
    """One way to balance."""
    return {
        "way": row.way,
        "title": say(row.title, language()),
        "operations": row.operations,
        "households_moved": row.households_moved,
        "share": row.share,
        "outside": list(row.outside),
        "founded": row.founded,
        "given_up": row.given_up,
        "compactness": row.compactness,
        "outlines": [{"code": code, "geometry": outward(shape, srid)} for code, shape in row.outlines.items()],
    }


def taker_row(taker: Taker, srid: int) -> dict[str, Any]:
    """A neighbour that could take a blind area."""
    return {
        "code": taker.code,
        "name": taker.name,
        "border_m": taker.border_m,
        "households": taker.households,
        "load": taker.load,
        "band": taker.band,
        "effect": effect_row(taker.effect, srid),
    }


def siting_row(row: SitingRow, srid: int) -> dict[str, Any]:
    """Proposed service points."""
    return {
        "sites": [{"place": place_out((site.x, site.y), srid), "households": site.households} for site in row.sites],
        "before": row.before,
        "covered": row.covered,
        "total": row.total,
        "bound": row.bound,
        "bound_from": gettext(BOUNDS[row.bound_from]),
        "reach_m": row.reach_m,
    }


BOUNDS = {"relaxation": "from the linear relaxation", "marginal gains": "from the largest gains left"}
