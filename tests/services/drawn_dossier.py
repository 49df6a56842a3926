"""A small dossier drawn by hand: four grids, three findings, and names that try to be something else."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import shapely

from gridmap.geometry.lenses.base import Blindness, Severity
from gridmap.services.exporting.dossier import Dossier, Figures, FindingLine, LensLine, Place, UnitLine

HOSTILE = (
    "{{7*7}}{% raise %}",
    "</script><img src=x onerror=document.title='taken'>",
    '=HYPERLINK("http://evil.example/","x")',
    "\u202egrid‮ \"quoted\" 'n' $\\frac{1}{0}$ & <b>",
)
WEST, SOUTH, SIDE = 500_000.0, 3_590_000.0, 1_000.0


def square(column: int, row: int, side: float = SIDE) -> shapely.Polygon:
    return shapely.box(WEST + column * SIDE, SOUTH + row * SIDE, WEST + column * SIDE + side, SOUTH + row * SIDE + side)


def drawn_dossier(language: str = "zh_Hans") -> Dossier:
    """Four grids of a square kilometre each; the names are those of :data:`HOSTILE`."""
    places = [Place(f"99000100100100{number}", name, "grid") for number, name in enumerate(HOSTILE)]
    shapes = [square(0, 0), square(1, 0), square(0, 1), square(1, 1)]
    grids = tuple(
        UnitLine(place, ("镇", HOSTILE[1]), True, 400, touched, 1 - touched / 400, {"uncovered_ground": 1}, shape)
        for place, shape, touched in zip(places, shapes, (0, 40, 400, 0), strict=True)
    )
    lenses = (
        LensLine("uncovered_ground", "无网格覆盖的地", "Which ground?", Blindness.GROUND, True, 2, 40, 1, 1),
        LensLine("unstaffed_grid", "网格无人负责", "Which grids?", Blindness.JOB, True, 1, 400, 2, 0),
        LensLine("out_of_reach", "服务够不着", "Which households?", Blindness.NEAR, True, 1, 12, 0, None),
    )
    found = (
        ("unstaffed_grid", Blindness.JOB, Severity.HIGH, square(0, 1), 400, 0.0),
        ("uncovered_ground", Blindness.GROUND, Severity.MEDIUM, square(1, 0, 2.0), 40, 4.0),
        ("out_of_reach", Blindness.NEAR, Severity.MEDIUM, shapely.MultiPoint([(WEST + 50, SOUTH + 50)]), 12, 0.0),
        ("uncovered_ground", Blindness.GROUND, Severity.LOW, None, 0, 0.0),
    )
    findings = tuple(
        FindingLine(
            number=number,
            key=f"{lens}:{number}",
            lens=lens,
            title=f"{lens} {HOSTILE[number % 4]}",
            blindness=blindness,
            severity=severity,
            units=(places[number % 4],),
            households=households,
            open_cases=0,
            area_m2=area,
            width_m=0.0,
            sliver=False,
            state="new",
            why=HOSTILE[(number + 1) % 4],
            act=HOSTILE[(number + 2) % 4],
            geometry=shape,
        )
        for number, (lens, blindness, severity, shape, households, area) in enumerate(found, start=1)
    )
    return Dossier(
        language=language,
        unit=Place("990001001001", HOSTILE[1], "community"),
        parents=(HOSTILE[0],),
        demo=True,
        run_id=3,
        as_of=date(2026, 11, 1),
        made_at=datetime(2026, 11, 2, 9),
        compared_with=date(2026, 10, 1),
        lens=None,
        srid=4549,
        figures=Figures(0.725, 1600, 440, 4, 3),
        before=Figures(0.75, 1600, 400, 3, 3),
        lenses=lenses,
        findings=findings,
        grids=grids,
        below=grids,
        fresh=4,
        cured=0,
        shares={"uncovered_ground": {places[1].code: 0.1}},
        outlines={"community": np.array([shapely.box(WEST, SOUTH, WEST + 2 * SIDE, SOUTH + 2 * SIDE)])},
        names=((WEST + 500, SOUTH + 500, HOSTILE[3]),),
    )
