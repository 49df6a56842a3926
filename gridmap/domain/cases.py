"""Cases 事项: states, the one table of moves, closing reasons, where they come from.

A move leads from some states to one state. Who may make it, from which level up, and what must be said with it stands
in :data:`MOVES`. The database keeps the pairs of states too (``case_moves``; a test holds both equal), so that a
state cannot be written that no move leads to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gridmap.domain.levels import Level
from gridmap.domain.permissions import GRANTS, Permission, Role


class CaseStatus(StrEnum):
    """State of a case. Why it was closed stands beside it, in :class:`ClosingReason`."""

    DRAFT = "draft"  # 草稿
    REPORTED = "reported"  # 上报
    VERIFIED = "verified"  # 核实
    FILED = "filed"  # 立案
    NOT_FILED = "not_filed"  # 不予立案
    DISPATCHED = "dispatched"  # 派遣
    SIGNED = "signed"  # 签收
    HANDLING = "handling"  # 处置
    PAUSED = "paused"  # 暂停
    RETURNED = "returned"  # 退回
    TO_CHECK = "to_check"  # 待核查
    FOLLOWED_UP = "followed_up"  # 回访
    CLOSED = "closed"  # 结案
    ARCHIVED = "archived"  # 归档
    BACKLOG = "backlog"  # 挂账
    WITHDRAWN = "withdrawn"  # 撤回


#: States in which nothing more is owed to anybody.
ENDED = frozenset({CaseStatus.NOT_FILED, CaseStatus.CLOSED, CaseStatus.ARCHIVED, CaseStatus.WITHDRAWN})
#: States that have a closing time.
CLOSED = frozenset({CaseStatus.CLOSED, CaseStatus.ARCHIVED})
#: States in which somebody has the case on their desk.
WITH_HANDLER = frozenset(
    {CaseStatus.DISPATCHED, CaseStatus.SIGNED, CaseStatus.HANDLING, CaseStatus.PAUSED, CaseStatus.BACKLOG}
)
#: States in which a dispatcher is to act.
WITH_DISPATCHER = frozenset({CaseStatus.REPORTED, CaseStatus.VERIFIED, CaseStatus.FILED, CaseStatus.RETURNED})
#: States in which the clock stands still.
STANDING_STILL = frozenset({CaseStatus.PAUSED, CaseStatus.BACKLOG})


class ClosingReason(StrEnum):
    SOLVED = "solved"
    PARTLY_SOLVED = "partly_solved"
    EXPLAINED = "explained"
    CANNOT_BE_DONE = "cannot_be_done"
    DUPLICATE = "duplicate"
    TRANSFERRED = "transferred"


class CaseSource(StrEnum):
    WALK_IN = "walk_in"
    PHONE = "phone"
    PATROL = "patrol"
    MEETING = "meeting"
    RESIDENT = "resident"
    OPEN311 = "open311"
    IMPORT = "import"


class Satisfaction(StrEnum):
    """What a resident said when asked."""

    SATISFIED = "satisfied"
    BASICALLY = "basically_satisfied"
    DISSATISFIED = "dissatisfied"


class Move(StrEnum):
    """What can be done with a case that changes its state."""

    REPORT = "report"  # 上报
    VERIFY = "verify"  # 核实
    FILE = "file"  # 立案
    REFUSE = "refuse"  # 不予立案
    WITHDRAW = "withdraw"  # 撤回
    DISPATCH = "dispatch"  # 派遣
    SIGN = "sign"  # 签收
    RETURN = "return"  # 退回
    START = "start"  # 处置
    SETTLE = "settle"  # 办结，待核查
    PAUSE = "pause"  # 暂停
    RESUME = "resume"  # 恢复
    PUT_OFF = "put_off"  # 挂账
    TAKE_UP = "take_up"  # 销账
    REWORK = "rework"  # 返工
    FOLLOW_UP = "follow_up"  # 核查回访
    CLOSE = "close"  # 结案
    REOPEN = "reopen"  # 重办
    ARCHIVE = "archive"  # 归档


class Owner(StrEnum):
    """Whose move it is, beyond role and scope."""

    ANYBODY = "anybody"
    REPORTER = "reporter"  # whoever reported it, or a dispatcher
    HANDLER = "handler"  # the body that has it
    NOT_HANDLER = "not handler"  # anybody but who handled it


@dataclass(frozen=True)
class Rule:
    """A move: from which states to which, with which permission, from which level up, by whom, saying what.

    ``least``: the lowest level whose staff may do it; ``needs``: names of what must be given with it.
    """

    states: frozenset[CaseStatus]
    leads_to: CaseStatus
    permission: Permission
    least: Level = Level.GRID
    owner: Owner = Owner.ANYBODY
    needs: tuple[str, ...] = ()


def _from(*states: CaseStatus) -> frozenset[CaseStatus]:
    return frozenset(states)


_S = CaseStatus
_P = Permission
_BEFORE_DISPATCH = _from(_S.DRAFT, _S.REPORTED, _S.VERIFIED, _S.FILED)

#: The one table: every move, its owner and level.
MOVES: Mapping[Move, Rule] = {
    Move.REPORT: Rule(_from(_S.DRAFT), _S.REPORTED, _P.REPORT_CASES, owner=Owner.REPORTER),
    Move.VERIFY: Rule(_from(_S.REPORTED), _S.VERIFIED, _P.HANDLE_CASES),
    Move.FILE: Rule(_from(_S.REPORTED, _S.VERIFIED), _S.FILED, _P.DISPATCH_CASES, Level.COMMUNITY),
    Move.REFUSE: Rule(
        _from(_S.REPORTED, _S.VERIFIED), _S.NOT_FILED, _P.DISPATCH_CASES, Level.COMMUNITY, needs=("note", "where_to_go")
    ),
    Move.WITHDRAW: Rule(_BEFORE_DISPATCH, _S.WITHDRAWN, _P.REPORT_CASES, owner=Owner.REPORTER, needs=("note",)),
    Move.DISPATCH: Rule(
        _from(_S.FILED, _S.RETURNED), _S.DISPATCHED, _P.DISPATCH_CASES, Level.COMMUNITY, needs=("body",)
    ),
    Move.SIGN: Rule(_from(_S.DISPATCHED), _S.SIGNED, _P.HANDLE_CASES, owner=Owner.HANDLER),
    Move.RETURN: Rule(
        _from(_S.DISPATCHED, _S.SIGNED), _S.RETURNED, _P.HANDLE_CASES, owner=Owner.HANDLER, needs=("note",)
    ),
    Move.START: Rule(_from(_S.SIGNED), _S.HANDLING, _P.HANDLE_CASES, owner=Owner.HANDLER),
    Move.SETTLE: Rule(
        _from(_S.HANDLING), _S.TO_CHECK, _P.HANDLE_CASES, owner=Owner.HANDLER, needs=("note", "closing_reason")
    ),
    Move.PAUSE: Rule(_from(_S.HANDLING), _S.PAUSED, _P.HANDLE_CASES, owner=Owner.HANDLER, needs=("note",)),
    Move.RESUME: Rule(_from(_S.PAUSED), _S.HANDLING, _P.HANDLE_CASES, owner=Owner.HANDLER),
    Move.PUT_OFF: Rule(
        _from(_S.SIGNED, _S.HANDLING, _S.PAUSED), _S.BACKLOG, _P.DECIDE_CASES, Level.TOWN, needs=("note", "review_on")
    ),
    Move.TAKE_UP: Rule(_from(_S.BACKLOG), _S.HANDLING, _P.DISPATCH_CASES, Level.COMMUNITY),
    Move.REWORK: Rule(_from(_S.TO_CHECK), _S.HANDLING, _P.CHECK_CASES, owner=Owner.NOT_HANDLER, needs=("note",)),
    Move.FOLLOW_UP: Rule(
        _from(_S.TO_CHECK), _S.FOLLOWED_UP, _P.CHECK_CASES, owner=Owner.NOT_HANDLER, needs=("contacted",)
    ),
    Move.CLOSE: Rule(
        _from(_S.FOLLOWED_UP), _S.CLOSED, _P.CHECK_CASES, owner=Owner.NOT_HANDLER, needs=("closing_reason",)
    ),
    Move.REOPEN: Rule(_from(_S.CLOSED, _S.FOLLOWED_UP), _S.FILED, _P.CHECK_CASES, needs=("note",)),
    Move.ARCHIVE: Rule(_from(_S.CLOSED), _S.ARCHIVED, _P.DISPATCH_CASES, Level.COMMUNITY),
}

#: Pairs of states that some move joins: what the database lets a case do.
PAIRS = frozenset((state, rule.leads_to) for rule in MOVES.values() for state in rule.states)

_ORDER = (Level.COURTYARD, Level.COMPOUND, Level.GRID, Level.COMMUNITY, Level.TOWN, Level.COUNTY)


def at_least(level: Level, least: Level) -> bool:
    """Whether a level stands at ``least`` or above it."""
    return _ORDER.index(level) >= _ORDER.index(least)


@dataclass(frozen=True)
class Standing:
    """Who somebody is to a case: their role, the level of their area, and what they are to it."""

    role: Role
    level: Level
    is_handler: bool
    has_handled: bool
    is_reporter: bool


def allowed(move: Move, status: CaseStatus, who: Standing) -> bool:
    """Whether the table lets somebody make a move now.

    An administrator is no exception to "the checker is not the handler": that rule guards the resident.
    """
    rule = MOVES[move]
    if status not in rule.states or rule.permission not in GRANTS[who.role] or not at_least(who.level, rule.least):
        return False
    match rule.owner:
        case Owner.HANDLER:
            return who.is_handler or who.role is Role.ADMINISTRATOR
        case Owner.NOT_HANDLER:
            return not who.has_handled
        case Owner.REPORTER:
            return who.is_reporter or who.role in (Role.ADMINISTRATOR, Role.DISPATCHER)
        case _:
            return True


def moves_for(status: CaseStatus, who: Standing) -> tuple[Move, ...]:
    """The moves somebody may make now, in the order of a case's life."""
    return tuple(move for move in Move if allowed(move, status, who))


def missing(move: Move, given: Mapping[str, object]) -> tuple[str, ...]:
    """Names of what a move needs and was not given."""
    return tuple(name for name in MOVES[move].needs if given.get(name) in (None, ""))


@dataclass(frozen=True)
class Verdict:
    """What a follow-up brought: whether the resident was reached, and what they said."""

    contacted: bool
    solved: bool | None = None
    satisfaction: Satisfaction | None = None
    words: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.contacted == (self.solved is None):
            raise ValueError("a resident who was reached said whether it is solved, and one who was not did not")
        if not self.contacted and self.satisfaction is not None:
            raise ValueError("nobody was reached who could be satisfied")


def may_close(reason: ClosingReason, verdicts: Iterable[Verdict]) -> bool:
    """Whether a case may be closed for a reason: *solved* and *partly solved* are the resident's word.

    The latest verdict of somebody who was reached counts. Where nobody was reached at all, the follow-up itself
    (with nobody at home) stands, and the case counts as not followed up in the indicators.
    """
    if reason not in (ClosingReason.SOLVED, ClosingReason.PARTLY_SOLVED):
        return True
    heard = [verdict for verdict in verdicts if verdict.contacted]
    return not heard or bool(heard[-1].solved) or reason is ClosingReason.PARTLY_SOLVED
