"""The frames of a day: which cases count, which are open, what lies outside the scope."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gridmap.store.database import Session
from gridmap.store.models import Case, CaseKind
from gridmap.store.queries.coverage_inputs import coverage_inputs
from tests.factories import make_boundary, make_unit, square

DAY = date(2026, 11, 1)
GRID, BESIDE = "990001001001001", "990001002001001"


def at(month: int, day: int, hour: int = 0, *, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.fixture
def county(session: Session) -> Session:
    make_boundary(session, make_unit(session, GRID), square(0, 0))
    make_boundary(session, make_unit(session, BESIDE), square(1000, 0))
    session.add(CaseKind(code="lamp", name_zh="路灯", name_en="Lamp"))
    session.flush()
    return session


def add_case(session: Session, number: str, status: str, reported: datetime, closed: datetime | None = None) -> None:
    session.add(
        Case(
            number=number,
            kind="lamp",
            status=status,
            source="phone",
            reported_at=reported,
            closed_at=closed,
            closing_reason="solved" if closed else None,
        )
    )
    session.flush()


def test_a_case_is_open_until_it_is_closed_or_refused(county: Session) -> None:
    add_case(county, "open", "handling", at(10, 1))
    add_case(county, "open for years", "handling", at(1, 1, year=2020))
    add_case(county, "closed", "closed", at(10, 1), at(10, 2))
    add_case(county, "closed tomorrow", "closed", at(10, 1), at(11, 2))
    add_case(county, "refused", "not_filed", at(10, 1))
    add_case(county, "closed years ago", "archived", at(1, 1, year=2020), at(1, 2, year=2020))
    for status in ("draft", "withdrawn"):
        add_case(county, status, status, at(10, 1))
        add_case(county, f"old {status}", status, at(1, 1, year=2020))
    # the local day of 1 November ends at 16:00 UTC
    add_case(county, "tonight", "reported", at(11, 1, 15))
    add_case(county, "after midnight", "reported", at(11, 1, 17))

    cases = coverage_inputs(county, DAY).cases
    numbers = {case.id: case.number for case in county.query(Case)}
    assert cases["is_open"].dtype == bool
    assert dict(zip(cases["case_id"].map(numbers), cases["is_open"], strict=True)) == {
        "open": True,
        "open for years": True,
        "closed": False,
        "closed tomorrow": True,
        "refused": False,
        "tonight": True,
    }
    assert cases.set_index(cases["case_id"].map(numbers)).loc["closed tomorrow", "closed_at"] is not None
    assert cases["closed_at"].notna().sum() == 1


def test_frames_of_a_scope_hold_its_units_and_the_county(county: Session) -> None:
    inputs = coverage_inputs(county, DAY, scope="990001001000")
    assert inputs.units["code"].tolist() == ["990001000000", "990001001000", "990001001001", GRID]
    assert inputs.units.crs.to_epsg() == 4549
    whole = coverage_inputs(county, DAY).units
    assert whole.loc[whole["code"] == BESIDE, "geometry"].item().equals(square(1000, 0))


def test_frames_of_an_empty_database_have_their_columns(session: Session) -> None:
    inputs = coverage_inputs(session, DAY)
    assert all(len(frame) == 0 for frame in (inputs.units, inputs.cases, inputs.households, inputs.meetings))
