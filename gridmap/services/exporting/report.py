"""The PDF report: what a department hands in. WeasyPrint sets our own template; pictures come from matplotlib.

The template is ours and fills every word with autoescaping on; nothing that a user wrote is ever read as a template.
The document may load nothing but the pictures and the style given here.
"""

from __future__ import annotations

import base64
from functools import cache
from itertools import groupby

import weasyprint
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from weasyprint.urls import URLFetcher

from gridmap.geometry.lenses.base import Blindness
from gridmap.geometry.lenses.registry import INDEX_DEFINITION
from gridmap.maps import static_png
from gridmap.maps.defects import readable_area
from gridmap.maps.sheet import Sheet, one_line
from gridmap.maps.themes import HATCHES
from gridmap.resources import folder
from gridmap.services.exporting import picture
from gridmap.services.exporting.dossier import (
    BLINDNESSES,
    Dossier,
    FindingLine,
    change,
    change_in_points,
    share,
    spoken_day,
)

SUFFIX, MEDIA_TYPE = "pdf", "application/pdf"
WORST = 20
#: units below that the table lists; a county has towns, a town communities
MOST_BELOW = 60
DPI = 190


def write(dossier: Dossier) -> bytes:
    """Return the file."""
    document = weasyprint.HTML(string=markup(dossier), url_fetcher=URLFetcher(allowed_protocols=("data",)))
    content: bytes = document.write_pdf()
    return content


def markup(dossier: Dossier) -> str:
    """Return the report as HTML, pictures inside."""
    worst = dossier.findings[:WORST]
    numbers = {finding.key: finding.number for finding in worst}
    sheets: list[Sheet] = [picture.overview(dossier, numbers)] if picture.drawable(dossier) else []
    details = []
    if dossier.lens is None and picture.drawable(dossier):
        for kind in Blindness:
            sheet = picture.of_blindness(dossier, kind, numbers)
            if sheet is not None:
                details.append((kind, sheet))
    template = _templates().get_template("report.html")
    return template.render(
        _=dossier.say,
        dossier=dossier,
        lang="zh-Hans" if dossier.language.startswith("zh") else "en",
        style=_style(),
        definition=dossier.say(INDEX_DEFINITION),
        index=share(dossier.figures.index),
        index_change=change_in_points(dossier.figures.index, dossier.before.index if dossier.before else None),
        figures=_figures(dossier),
        made=spoken_day(dossier.made_at.date(), dossier.language),
        compared=spoken_day(dossier.compared_with, dossier.language) if dossier.compared_with else None,
        overview=[_picture(sheet) for sheet in sheets],
        groups=[
            (dossier.blindness(kind), HATCHES[BLINDNESSES[kind][0]].colour, list(lenses))
            for kind, lenses in groupby(dossier.lenses, key=lambda lens: lens.blindness)
        ],
        details=[(dossier.blindness(kind), _picture(sheet)) for kind, sheet in details],
        below=dossier.below[:MOST_BELOW],
        left_out=max(len(dossier.below) - MOST_BELOW, 0),
        worst=[_worst_row(dossier, finding) for finding in worst],
        total=len(dossier.findings),
        must=("、" if dossier.language.startswith("zh") else ", ").join(
            lens.title for lens in dossier.lenses if lens.must
        ),
        change=change,
        share=share,
        number=lambda value: f"{value:,}",
    )


def _figures(dossier: Dossier) -> list[tuple[str, str, str, str]]:
    """Label, figure, change, and whether the change is good, bad or neither."""
    now, then = dossier.figures, dossier.before
    rows = []
    for label, name, good in (
        ("Households", "households", 0),
        ("Households touched", "touched", -1),
        ("Blind areas", "findings", -1),
        ("Open cases touched", "open_cases", -1),
    ):
        value = getattr(now, name)
        before = getattr(then, name) if then else None
        mood = "" if before is None or not good or value == before else "good" if (value - before) * good > 0 else "bad"
        rows.append((dossier.say(label), f"{value:,}", change(value, before), mood))
    if dossier.fresh is not None and dossier.cured is not None:
        rows.append((dossier.say("New / cured"), f"{dossier.fresh:,} / {dossier.cured:,}", "", ""))
    return rows


def _worst_row(dossier: Dossier, finding: FindingLine) -> dict[str, object]:
    facts = [dossier.say("{count} households", count=f"{finding.households:,}")]
    if finding.open_cases:
        facts.append(dossier.say("open cases: {count}", count=f"{finding.open_cases:,}"))
    if finding.area_m2 and finding.style == "ground":
        facts.append(readable_area(finding.area_m2))
    return {
        "number": finding.number,
        "colour": HATCHES[finding.style].colour,
        "title": finding.title,
        "units": one_line(dossier.units_of(finding), 160),
        "severity": dossier.say(finding.severity.value),
        "new": finding.state == "new",
        "facts": facts,
        "why": finding.why,
        "act": finding.act,
    }


def _picture(sheet: Sheet) -> str:
    content = static_png.draw(sheet, dpi=DPI, longest_in=5.0)
    return "data:image/png;base64," + base64.b64encode(content).decode()


@cache
def _templates() -> Environment:
    # Autoescape for every template: a name with markup in it is a name.
    return Environment(
        loader=FileSystemLoader(folder("templates") / "report"), autoescape=True, undefined=StrictUndefined
    )


@cache
def _style() -> str:
    return (folder("templates") / "report" / "report.css").read_text(encoding="utf-8")
