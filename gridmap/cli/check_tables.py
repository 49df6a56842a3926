"""What ``gridmap check`` prints for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from gridmap.geometry.topology import Audit, Defect

#: Rows per kind; files and --json have them all.
SHOWN = 10


def counts(one: Audit) -> dict[str, int]:
    return {
        "units": one.units,
        "invalid": len(one.invalid),
        "gaps": len(one.gaps),
        "overlaps": len(one.overlaps),
        "spills": len(one.spills),
    }


def show(result: Audit, by_parent: dict[str, Audit] | None) -> None:
    """The table for people, on stdout."""
    console = Console(highlight=False)
    table = Table(title=f"{result.units:,} units, {result.area_m2 / 1e6:,.3f} km²", title_justify="left")
    for heading in ("", "items", "m²", "above 1 m²", "slivers", "largest m²"):
        table.add_column(heading, justify="left" if not heading else "right")
    kinds = (("gaps", result.gaps), ("overlaps", result.overlaps), ("spills", result.spills))
    for name, defects in kinds:
        areas = [defect.area_m2 for defect in defects]
        table.add_row(
            name,
            f"{len(defects):,}",
            f"{sum(areas):,.2f}",
            f"{sum(area > 1 for area in areas):,}",
            f"{sum(defect.sliver for defect in defects):,}",
            f"{max(areas, default=0):,.2f}",
        )
    console.print(table)
    for name, defects in kinds:
        if defects:
            console.print(items_table(name, defects))
    if by_parent is not None:
        console.print(parents_table(by_parent))
    for wrong in result.invalid:
        console.print(f"not valid: {escape(wrong.name)}: {escape(wrong.reason)}")
    console.print(f"ledger balances within {result.ledger_error_m2:.1e} m²")


def items_table(name: str, defects: Sequence[Defect]) -> Table:
    more = f" (largest {SHOWN} of {len(defects):,})" if len(defects) > SHOWN else ""
    table = Table(title=f"{name}{more}", title_justify="left")
    for heading in ("m²", "width m", "units", "neighbours, by shared border"):
        table.add_column(heading, justify="right" if heading[0] in "mw" else "left", overflow="fold")
    for defect in defects[:SHOWN]:
        neighbours = ", ".join(f"{unit} {metres:,.0f} m" for unit, metres in list(defect.neighbours.items())[:4])
        table.add_row(
            f"{defect.area_m2:,.2f}",
            f"{defect.width_m:,.3f}" + (" sliver" if defect.sliver else ""),
            escape(", ".join(defect.owners)),
            escape(neighbours),
        )
    return table


def parents_table(by_parent: dict[str, Audit]) -> Table:
    table = Table(title="by parent", title_justify="left")
    for heading in ("parent", "units", "gaps", "overlaps", "spills"):
        table.add_column(heading, justify="left" if heading == "parent" else "right")
    for parent, one in by_parent.items():
        numbers = counts(one)
        table.add_row(
            escape(parent) or "(no ground)", *(f"{numbers[key]:,}" for key in ("units", "gaps", "overlaps", "spills"))
        )
    return table
