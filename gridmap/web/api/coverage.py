"""The data of the coverage map page, as JSON and GeoJSON. Scope is asked by the services.

Shapes and figures come apart: shapes are heavy and change with an edition, figures are light and change with
every lens and run.
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from gridmap.domain.permissions import Permission
from gridmap.errors import NotFound
from gridmap.jobs import recompute
from gridmap.services import coverage, units
from gridmap.web import signin
from gridmap.web.api import figures
from gridmap.web.api.area import area
from gridmap.web.api.asked import asked, whole
from gridmap.web.api.blind import blind_areas, shape_of
from gridmap.web.contexts import finding_row, lens_rows, run_row, unit_row
from gridmap.web.database import database, db

blueprint = Blueprint("coverage", __name__, url_prefix="/inspect/data")

PAGE = 50
SEARCH_HITS = 12


@blueprint.get("/")
@signin.signed_in
def root() -> Response:
    """Nothing lies at the root; it is the base of the addresses."""
    raise NotFound(what="address", key=request.path)


@blueprint.get("/geometry")
@signin.signed_in
def geometry() -> Response:
    """Boundaries of a unit (or the whole area) at all levels, with names. Cached, packed, with ETag."""
    return area(db(), signin.actor()).respond()


@blueprint.get("/overview")
@signin.signed_in
def overview() -> Response:
    """Figures of a unit, what lies below it, lenses with counts, runs."""
    actor = signin.actor()
    wanted = asked(actor)
    trail = units.trail(db(), actor, wanted.unit)
    if not trail:
        raise NotFound(what="unit", key=wanted.unit)
    below = figures.below(db(), actor, wanted.unit)
    lenses = figures.lens_counts(db(), actor, wanted)
    now, then = (
        figures.of_run(db(), actor, wanted, wanted.run_id),
        figures.of_run(db(), actor, wanted, wanted.compare_id),
    )
    return jsonify(
        unit=unit_row(trail[-1]),
        trail=[unit_row(each) for each in trail],
        run=None if wanted.run is None else run_row(wanted.run),
        compare=None if wanted.compare is None else run_row(wanted.compare),
        runs=[run_row(each) for each in wanted.runs],
        figures=figures.unit_figures(wanted.unit, now, lenses),
        before=figures.unit_figures_before(wanted.unit, then, lenses) if wanted.compare else None,
        lenses=lens_rows(lenses),
        children=figures.children(below, now, then, figures.findings_below(db(), actor, wanted, below)),
    )


@blueprint.get("/shade")
@signin.signed_in
def shade() -> Response:
    """Figure by which each grid is coloured: its index, or the share of its households that a lens touches."""
    actor = signin.actor()
    wanted = asked(actor)
    measure, values = figures.shade(db(), actor, wanted)
    return jsonify(measure=measure, values=values)


@blueprint.get("/blind")
@signin.signed_in
def blind() -> Response:
    """Shapes of the blind areas of a lens (or of all "must" lenses), as GeoJSON."""
    actor = signin.actor()
    return blind_areas(db(), actor, asked(actor))


@blueprint.get("/findings")
@signin.signed_in
def findings() -> Response:
    """One page of the list of blind areas, worst first."""
    actor = signin.actor()
    wanted = asked(actor)
    total, rows = figures.findings_page(
        db(), actor, wanted, limit=whole("limit", PAGE, 1, 200), offset=whole("offset", 0, 0, 10_000_000)
    )
    names = figures.names_for(db(), actor, rows)
    return jsonify(total=total, findings=[finding_row(row, names, actor.scope) for row in rows])


@blueprint.get("/findings/<int:finding_id>")
@signin.signed_in
def finding(finding_id: int) -> Response:
    """One blind area: why, who is touched, what to do, where."""
    actor = signin.actor()
    row = figures.one_finding(db(), actor, asked(actor), finding_id)
    names = figures.names_for(db(), actor, [row])
    return jsonify(finding_row(row, names, actor.scope) | {"shape": shape_of(db(), row)})


@blueprint.get("/search")
@signin.signed_in
def search() -> Response:
    """Units by name, code or pinyin initials."""
    actor = signin.actor()
    text = request.args.get("q", "").strip()[:80]
    hits = units.search(db(), actor, text, limit=SEARCH_HITS) if text else []
    above = units.names(db(), actor, {unit.parent for unit in hits if unit.parent})
    return jsonify(units=[unit_row(unit, above[unit.parent].name if unit.parent in above else "") for unit in hits])


@blueprint.post("/recompute")
@signin.signed_in
def start_recompute() -> tuple[Response, int]:
    """Begin a run in the background; a run that is under way already is returned instead."""
    actor = signin.actor()
    actor.require(Permission.RUN_COVERAGE, actor.scope)
    return jsonify(id=recompute.start(database(), actor)), 202


@blueprint.get("/runs/<int:run_id>")
@signin.signed_in
def run_state(run_id: int) -> Response:
    """State of a run: queued, running with progress, done, failed."""
    return jsonify(run_row(coverage.run(db(), signin.actor(), run_id)))
