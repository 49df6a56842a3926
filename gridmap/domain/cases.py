"""Cases 事项: states, closing reasons, where they come from. The table of allowed moves belongs to the case desk."""

from __future__ import annotations

from enum import StrEnum


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
