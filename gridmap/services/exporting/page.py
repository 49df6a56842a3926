"""The map of a dossier as one HTML file that opens from disk with no network."""

from __future__ import annotations

import numpy as np

from gridmap.maps.defects import readable_area
from gridmap.maps.sheet import RAMPS, class_of, legend_rows
from gridmap.maps.standalone import Choice, Entry, Page, render
from gridmap.maps.themes import HATCHES, NO_DATA
from gridmap.services.exporting.dossier import BLINDNESSES, Dossier, FindingLine, share

SUFFIX, MEDIA_TYPE = "html", "text/html; charset=utf-8"


def write(dossier: Dossier) -> bytes:
    """Return the file."""
    grids = [unit for unit in dossier.grids if unit.geometry is not None and not unit.geometry.is_empty]
    place = {unit.place.code: number for number, unit in enumerate(grids)}
    now = dossier.figures
    notes = [dossier.index_words]
    if dossier.demo:
        notes.append(dossier.say("Demo: an invented county"))
    page = Page(
        title=dossier.title,
        subtitle=dossier.say("As of {day} · run {run}", day=dossier.day, run=dossier.run_id),
        language=dossier.language,
        crs=dossier.srid,
        units=np.array([unit.geometry for unit in grids], dtype=object),
        unit_names=[f"{unit.place.name} · {dossier.say('Coverage index')} {share(unit.index)}" for unit in grids],
        choices=_choices(dossier),
        entries=[_entry(dossier, finding, place) for finding in dossier.findings],
        styles={key: (HATCHES[key], dossier.say(name)) for key, name in BLINDNESSES.values()},
        figures=[
            (dossier.say("Coverage index"), share(now.index)),
            (dossier.say("Households"), f"{now.households:,}"),
            (dossier.say("Households touched"), f"{now.touched:,}"),
            (dossier.say("Blind areas"), f"{now.findings:,}"),
        ],
        notes=notes,
        outlines=dossier.outlines,
        ground=dossier.ground,
    )
    return render(page)


def _choices(dossier: Dossier) -> list[Choice]:
    grids = [unit for unit in dossier.grids if unit.geometry is not None and not unit.geometry.is_empty]
    choices = []
    if dossier.lens is None:
        choices.append(
            Choice(
                key="index",
                title=dossier.say("Blind areas of the “must” lenses"),
                about="",
                group="",
                lenses=dossier.must,
                colours=_colours("index", [unit.index for unit in grids]),
                legend_title=dossier.say("Coverage index, by grid"),
                legend=legend_rows("index", dossier.language),
            )
        )
    for lens in dossier.lenses:
        if dossier.lens is not None and lens.name != dossier.lens.name:
            continue
        shares = dossier.shares.get(lens.name, {})
        choices.append(
            Choice(
                key=lens.name,
                title=lens.title,
                about=lens.question,
                group=dossier.blindness(lens.blindness),
                lenses=(lens.name,),
                colours=_colours("touched", [shares.get(unit.place.code, 0.0) for unit in grids]),
                legend_title=dossier.say("Households touched, by grid"),
                legend=legend_rows("touched", dossier.language),
            )
        )
    return choices


def _colours(measure: str, values: list[float | None]) -> list[str]:
    ramp = RAMPS[measure]
    return [NO_DATA if value is None else ramp.colours[class_of(ramp, value)] for value in values]


def _entry(dossier: Dossier, finding: FindingLine, place: dict[str, int]) -> Entry:
    say = dossier.say
    facts = [say("{count} households", count=f"{finding.households:,}")]
    if finding.open_cases:
        facts.append(say("open cases: {count}", count=f"{finding.open_cases:,}"))
    if finding.area_m2 and finding.style == "ground":
        facts.append(readable_area(finding.area_m2))
    if finding.sliver:
        facts.append(say("sliver"))
    if finding.state == "new":
        facts.append(say("new"))
    units = dossier.units_of(finding)
    return Entry(
        lens=finding.lens,
        style=finding.style,
        title=f"{finding.title} · {units}" if units else finding.title,
        facts=facts,
        sentences=[finding.why, finding.act],
        shape=finding.geometry,
        unit=next((place[unit.code] for unit in finding.units if unit.code in place), None),
        rank=say("Severity: {name}", name=say(finding.severity.value)),
    )
