"""The table of moves: every state can be reached and left, every move has an owner, verdicts bind."""

from __future__ import annotations

import pytest

from gridmap.domain.cases import (
    ENDED,
    MOVES,
    CaseStatus,
    ClosingReason,
    Move,
    Owner,
    Standing,
    Verdict,
    allowed,
    may_close,
    missing,
)
from gridmap.domain.levels import Level
from gridmap.domain.permissions import GRANTS, Role


def _who(role, level=Level.COUNTY, *, handler=False, handled=False, reporter=False):
    return Standing(role, level, handler, handled, reporter)


def test_every_state_is_reached_and_only_the_last_ones_are_not_left():
    reached = {CaseStatus.DRAFT}
    while True:
        further = {rule.leads_to for rule in MOVES.values() if rule.states & reached} - reached
        if not further:
            break
        reached |= further
    assert reached == set(CaseStatus)
    left = set().union(*(rule.states for rule in MOVES.values()))
    assert set(CaseStatus) - left == {CaseStatus.NOT_FILED, CaseStatus.WITHDRAWN, CaseStatus.ARCHIVED}
    assert {CaseStatus.NOT_FILED, CaseStatus.WITHDRAWN, CaseStatus.ARCHIVED, CaseStatus.CLOSED} == ENDED


@pytest.mark.parametrize("move", Move)
def test_every_move_can_be_made_by_some_role(move):
    assert any(MOVES[move].permission in granted for granted in GRANTS.values())


@pytest.mark.parametrize("move", [move for move in Move if MOVES[move].owner is Owner.NOT_HANDLER])
@pytest.mark.parametrize("role", Role)
def test_nobody_checks_what_they_handled_not_even_an_administrator(move, role):
    (status, *_) = MOVES[move].states
    assert not allowed(move, status, _who(role, handled=True))


def test_levels_hold():
    assert not allowed(Move.DISPATCH, CaseStatus.FILED, _who(Role.DISPATCHER, Level.GRID))
    assert allowed(Move.DISPATCH, CaseStatus.FILED, _who(Role.DISPATCHER, Level.COMMUNITY))
    assert not allowed(Move.PUT_OFF, CaseStatus.HANDLING, _who(Role.LEADER, Level.COMMUNITY))
    assert allowed(Move.PUT_OFF, CaseStatus.HANDLING, _who(Role.LEADER, Level.TOWN))


def test_withdrawing_ends_with_dispatch():
    assert allowed(Move.WITHDRAW, CaseStatus.FILED, _who(Role.WORKER, Level.GRID, reporter=True))
    assert not allowed(Move.WITHDRAW, CaseStatus.DISPATCHED, _who(Role.ADMINISTRATOR))
    assert not allowed(Move.WITHDRAW, CaseStatus.REPORTED, _who(Role.WORKER, Level.GRID))


def test_solved_is_the_residents_word():
    assert may_close(ClosingReason.SOLVED, [Verdict(True, True)])
    assert may_close(ClosingReason.SOLVED, [Verdict(False)])
    assert may_close(ClosingReason.SOLVED, [Verdict(True, False), Verdict(True, True)])
    assert not may_close(ClosingReason.SOLVED, [Verdict(True, True), Verdict(True, False)])
    assert not may_close(ClosingReason.SOLVED, [Verdict(True, False), Verdict(False)])
    assert may_close(ClosingReason.CANNOT_BE_DONE, [Verdict(True, False)])


def test_a_verdict_says_solved_exactly_where_somebody_was_reached():
    for given in ((True, None), (False, True)):
        with pytest.raises(ValueError, match="reached"):
            Verdict(*given)


def test_what_a_move_needs_is_named():
    assert missing(Move.REFUSE, {"note": "x", "where_to_go": ""}) == ("where_to_go",)
    assert missing(Move.SETTLE, {}) == ("note", "closing_reason")
