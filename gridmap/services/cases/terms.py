"""Deadlines of a case: which begin, are met, stand still or run again with each move."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from gridmap.domain.cases import Move
from gridmap.domain.clock import Calendar, Clock, Running, Stage, Term, begin
from gridmap.services.cases.moment import calendar
from gridmap.store.database import Session
from gridmap.store.models import Case, CaseTerm, Lane
from gridmap.store.queries import cases as queries

#: move → the stages that it begins; they count from the moment of the move
BEGINS: dict[Move, tuple[Stage, ...]] = {
    Move.DISPATCH: (Stage.SIGN, Stage.HANDLE),
    Move.SETTLE: (Stage.CHECK,),
}
#: move → the stages that it meets
MEETS: dict[Move, tuple[Stage, ...]] = {
    Move.FILE: (Stage.ANSWER,),
    Move.DISPATCH: (Stage.DISPATCH,),
    Move.SIGN: (Stage.SIGN,),
    Move.RETURN: (Stage.SIGN,),
    Move.SETTLE: (Stage.HANDLE, Stage.ANSWER),
    Move.REWORK: (Stage.CHECK,),
    Move.FOLLOW_UP: (Stage.CHECK,),
}
ENDS = frozenset({Move.CLOSE, Move.REFUSE, Move.WITHDRAW})


def start(session: Session, case: Case, at: datetime) -> None:
    """Begin the terms of a case that comes in: the clock runs from intake, not from sign-off."""
    stages = [Stage.ANSWER, Stage.DISPATCH]
    if _lane(session, case).total_from == "intake":
        stages.append(Stage.TOTAL)
    _begin(session, case, stages, at)
    _mirror(session, case, first=True)


def follow(session: Session, case: Case, move: Move, at: datetime) -> None:
    """Let the terms of a case follow a move."""
    running = {Stage(term.stage): term for term in queries.terms(session, case.id)}
    days = calendar(session, at)
    for stage in MEETS.get(move, ()):
        if stage in running and running[stage].met_at is None:
            running[stage].met_at = at
    if move in ENDS:
        for term in running.values():
            term.met_at = term.met_at or at
    elif move in (Move.PAUSE, Move.PUT_OFF):
        _each(running.values(), lambda one: one.paused(at, days))
    elif move in (Move.RESUME, Move.TAKE_UP):
        _each(running.values(), lambda one: one.resumed(at, days))
    elif move is Move.REWORK and Stage.HANDLE in running:
        running[Stage.HANDLE].met_at = None  # what was not settled is owed again, by the same day
    elif move is Move.REOPEN:
        _begin(session, case, (Stage.DISPATCH, Stage.TOTAL), at, anew=True)
    elif move is Move.FILE and Stage.TOTAL not in running:
        _begin(session, case, (Stage.TOTAL,), at)
    wanted = BEGINS.get(move, ())
    if move is Move.DISPATCH and Stage.HANDLE in running and case.reopenings == 0:
        # handed on from desk to desk, the time for handling runs on; a new desk only gets its own time to sign
        wanted = (Stage.SIGN,)
    _begin(session, case, wanted, at, anew=True)
    _mirror(session, case, first=move is Move.FILE and case.original_due_at is None)


def extend(session: Session, case: Case, until: datetime) -> None:
    """Move the whole's deadline, and with it that of handling where it would now end earlier than it need."""
    for term in queries.terms(session, case.id):
        if term.stage == Stage.TOTAL or (term.stage == Stage.HANDLE and term.met_at is None and term.due_at < until):
            _write(term, _read(term).extended(until) if until > term.due_at else _read(term))
            term.escalated_at = None
    _mirror(session, case)


def _lane(session: Session, case: Case) -> Lane:
    lane = session.get(Lane, case.lane)
    assert lane is not None
    return lane


def _begin(session: Session, case: Case, stages: Iterable[Stage], at: datetime, *, anew: bool = False) -> None:
    wanted = set(stages)
    if not wanted:
        return
    days: Calendar = calendar(session, at)
    standing = {term.stage: term for term in queries.terms(session, case.id)}
    # The rules of the day it came in: a later change of the table never touches what is under way.
    for stage, clock, amount in queries.rules_at(session, case.lane, case.kind, case.reported_at):
        if stage not in wanted or (stage in standing and not anew):
            continue
        running = begin(at, Term(Clock(clock), amount), days)
        term = standing.get(stage)
        if term is None:
            session.add(
                CaseTerm(
                    case_id=case.id,
                    stage=stage,
                    clock=clock,
                    amount=amount,
                    started_at=running.started,
                    due_at=running.due,
                    original_due_at=running.original,
                )
            )
        else:
            first = term.original_due_at
            _write(term, running)
            term.started_at, term.met_at, term.escalated_at = running.started, None, None
            term.original_due_at = first
    session.flush()


def _read(term: CaseTerm) -> Running:
    return Running(
        term.started_at, Term(Clock(term.clock), term.amount), term.due_at, term.original_due_at, term.left_s
    )


def _write(term: CaseTerm, running: Running) -> None:
    term.due_at, term.left_s = running.due, running.left_s


def _each(terms: Iterable[CaseTerm], change: object) -> None:
    for term in terms:
        if term.met_at is None:
            _write(term, change(_read(term)))  # type: ignore[operator]


def _mirror(session: Session, case: Case, *, first: bool = False) -> None:
    """The case itself carries the deadline of the whole, or until that runs, of its answer."""
    terms = {term.stage: term for term in queries.terms(session, case.id)}
    leading = terms.get(Stage.TOTAL) or terms.get(Stage.ANSWER)
    case.due_at = leading.due_at if leading else None
    if first and leading is not None and leading.stage == Stage.TOTAL:
        case.original_due_at = leading.original_due_at
