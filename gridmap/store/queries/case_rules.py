"""Lanes, deadlines and calendar days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from gridmap.store.models import CalendarDay, DeadlineRule, Lane


def lanes(session: Session) -> list[Lane]:
    return list(session.scalars(select(Lane).order_by(Lane.position, Lane.code)))


def deadlines(session: Session, at: datetime | None) -> list[DeadlineRule]:
    """Deadlines that hold at a moment, or all."""
    found = select(DeadlineRule).order_by(
        DeadlineRule.lane, DeadlineRule.kind.nulls_first(), DeadlineRule.stage, DeadlineRule.valid
    )
    return list(session.scalars(found if at is None else found.where(DeadlineRule.valid.contains(at))))


def standing_deadline(session: Session, lane: str, kind: str | None, stage: str, at: datetime) -> DeadlineRule | None:
    """The one deadline of a lane or kind at a stage that holds at a moment, locked."""
    same = DeadlineRule.kind.is_(None) if kind is None else DeadlineRule.kind == kind
    found = select(DeadlineRule).where(
        DeadlineRule.lane == lane, same, DeadlineRule.stage == stage, DeadlineRule.valid.contains(at)
    )
    return session.scalars(found.with_for_update()).one_or_none()


def end_deadline(session: Session, rule: DeadlineRule, at: datetime) -> None:
    """Let a deadline hold until a moment; one that began no earlier never held, and goes."""
    if rule.valid.lower is not None and rule.valid.lower >= at:
        session.delete(rule)
    else:
        rule.valid = Range(rule.valid.lower, at)
    session.flush()


def add_deadline(
    session: Session, lane: str, kind: str | None, stage: str, clock: str, amount: float, at: datetime
) -> None:
    """A deadline from a moment on."""
    session.add(DeadlineRule(lane=lane, kind=kind, stage=stage, clock=clock, amount=amount, valid=Range(at, None)))
    session.flush()


def days(session: Session, year: int) -> list[CalendarDay]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    found = select(CalendarDay).where(CalendarDay.day >= first, CalendarDay.day <= last)
    return list(session.scalars(found.order_by(CalendarDay.day)))
