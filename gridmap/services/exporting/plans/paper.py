"""The decision paper: what is proposed, why, with maps before and after, figures, and what adopting it does."""

from __future__ import annotations

import base64
from functools import cache

import weasyprint
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint.urls import URLFetcher

from gridmap.maps import plan_png
from gridmap.maps.plan_png import PlanSheet, PlanUnit
from gridmap.resources import folder
from gridmap.services.exporting.dossier import spoken_day
from gridmap.services.exporting.plans.dossier import ACTS, STATES, PlanDossier
from gridmap.services.exporting.plans.workbook import fate

SUFFIX, MEDIA_TYPE = "pdf", "application/pdf"


def write(dossier: PlanDossier) -> bytes:
    """Return the file."""
    document = weasyprint.HTML(string=markup(dossier), url_fetcher=URLFetcher(allowed_protocols=("data",)))
    content: bytes = document.write_pdf()
    return content


def markup(dossier: PlanDossier) -> str:
    """Return the paper as HTML, the picture inside."""
    picture = base64.b64encode(plan_png.draw(sheet_of(dossier))).decode()
    return (
        _templates()
        .get_template("paper.html")
        .render(
            _=dossier.say,
            tell=dossier.tell,
            dossier=dossier,
            lang="zh-Hans" if dossier.language.startswith("zh") else "en",
            style=(folder("templates") / "report" / "report.css").read_text(encoding="utf-8"),
            state=dossier.say(STATES[dossier.row.state.value]),
            day=spoken_day(dossier.row.effective_on, dossier.language),
            made=spoken_day(dossier.made_on, dossier.language),
            picture=f"data:image/png;base64,{picture}",
            fate=lambda grid: dossier.say(fate(grid)),
            acts={name: dossier.say(words) for name, words in ACTS.items()},
            number=lambda value: "–" if value is None else f"{value:,.0f}",
            share=f"{dossier.households_moved / dossier.households:.1%}" if dossier.households else "–",
        )
    )


def sheet_of(dossier: PlanDossier) -> PlanSheet:
    """Both maps. Grids are labelled with the end of their code, which is how people call them."""
    return PlanSheet(
        title_before=dossier.say("Before"),
        title_after=dossier.say("After"),
        before=[
            PlanUnit(grid.before, grid.code[12:], grid.band_before, grid.changed)
            for grid in dossier.grids
            if grid.before is not None
        ],
        after=[
            PlanUnit(grid.after, grid.code[12:], grid.band_after, grid.changed)
            for grid in dossier.grids
            if grid.after is not None
        ],
        parents=dossier.parents,
        legend=[
            ("below", dossier.say("Households below the norm")),
            ("inside", dossier.say("inside the norm")),
            ("above", dossier.say("Households above the norm")),
            ("changed", dossier.say("changed by the plan")),
        ],
    )


@cache
def _templates() -> Environment:
    # Autoescape for every template: a name with markup in it is a name.
    return Environment(
        loader=FileSystemLoader(folder("templates") / "report"), autoescape=True, undefined=StrictUndefined
    )
