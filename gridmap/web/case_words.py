"""What people call states, moves, sources, reasons, stages: message keys, translated where they are shown."""

from __future__ import annotations

from datetime import datetime

from gridmap.domain.cases import CaseSource, CaseStatus, ClosingReason, Move, Satisfaction
from gridmap.domain.clock import LOCAL, Clock, Stage
from gridmap.domain.indicators import UnitLight
from gridmap.domain.meetings import Answer, MeetingState, Tier

STATUS_NAMES: dict[CaseStatus, str] = {
    CaseStatus.DRAFT: "Draft case",
    CaseStatus.REPORTED: "Reported",
    CaseStatus.VERIFIED: "Verified",
    CaseStatus.FILED: "Filed",
    CaseStatus.NOT_FILED: "Not filed",
    CaseStatus.DISPATCHED: "Dispatched",
    CaseStatus.SIGNED: "Signed for",
    CaseStatus.HANDLING: "Being handled",
    CaseStatus.PAUSED: "Paused",
    CaseStatus.RETURNED: "Returned",
    CaseStatus.TO_CHECK: "To be checked",
    CaseStatus.FOLLOWED_UP: "Followed up",
    CaseStatus.CLOSED: "Closed case",
    CaseStatus.ARCHIVED: "Archived",
    CaseStatus.BACKLOG: "On the backlog",
    CaseStatus.WITHDRAWN: "Withdrawn case",
}
MOVE_NAMES: dict[Move, str] = {
    Move.REPORT: "Report",
    Move.VERIFY: "Verify",
    Move.FILE: "File",
    Move.REFUSE: "Do not file",
    Move.WITHDRAW: "Withdraw case",
    Move.DISPATCH: "Dispatch",
    Move.SIGN: "Sign for",
    Move.RETURN: "Hand back",
    Move.START: "Start",
    Move.SETTLE: "Settled, to be checked",
    Move.PAUSE: "Pause",
    Move.RESUME: "Resume",
    Move.PUT_OFF: "Put on the backlog",
    Move.TAKE_UP: "Take up again",
    Move.REWORK: "Send back for rework",
    Move.FOLLOW_UP: "Checked, followed up",
    Move.CLOSE: "Close case",
    Move.REOPEN: "Reopen case",
    Move.ARCHIVE: "Archive",
}
SOURCE_NAMES: dict[CaseSource, str] = {
    CaseSource.WALK_IN: "Walk-in",
    CaseSource.PHONE: "Telephone",
    CaseSource.PATROL: "Patrol",
    CaseSource.MEETING: "Courtyard meeting",
    CaseSource.RESIDENT: "Resident's page",
    CaseSource.OPEN311: "Open311",
    CaseSource.IMPORT: "Imported list",
}
REASON_NAMES: dict[ClosingReason, str] = {
    ClosingReason.SOLVED: "Solved",
    ClosingReason.PARTLY_SOLVED: "Partly solved",
    ClosingReason.EXPLAINED: "Explained",
    ClosingReason.CANNOT_BE_DONE: "Cannot be done",
    ClosingReason.DUPLICATE: "Duplicate",
    ClosingReason.TRANSFERRED: "Transferred",
}
SATISFACTION_NAMES: dict[Satisfaction, str] = {
    Satisfaction.SATISFIED: "Satisfied",
    Satisfaction.BASICALLY: "Basically satisfied",
    Satisfaction.DISSATISFIED: "Dissatisfied",
}
STAGE_NAMES: dict[Stage, str] = {
    Stage.ANSWER: "Answer",
    Stage.DISPATCH: "Dispatch",
    Stage.SIGN: "Sign for",
    Stage.CONTACT: "Contact",
    Stage.ATTEND: "Attend",
    Stage.HANDLE: "Handle",
    Stage.CHECK: "Check",
    Stage.TOTAL: "In all",
}
CLOCK_NAMES: dict[Clock, str] = {
    Clock.URGENT_HOURS: "urgent hours (day and night)",
    Clock.WORK_HOURS: "work hours",
    Clock.WORK_DAYS: "work days",
    Clock.NATURAL_DAYS: "natural days",
}
#: acts of the history that are no moves
ACT_NAMES: dict[str, str] = {
    "comment": "Comment",
    "assign": "Assigned",
    "locate": "Located",
    "photo": "Photo added",
    "photo published": "Photo published",
    "photo withheld": "Photo withheld",
    "publish": "Published",
    "withhold": "Withheld from the public",
    "link": "Linked as duplicate",
    "me too": "Me too",
    "ask extension": "Asked for more time",
    "extension granted": "More time granted",
    "extension refused": "More time refused",
    "escalate": "Late: told the level above",
    "whistle": "Whistled",
    "whistle sign": "Signed in to the whistle",
    "whistle contact": "Contacted the community",
    "whistle attend": "Was on the spot",
    "rate": "Rated",
    "judge": "The resident's verdict",
    "import": "Changed by an import",
    "import undone": "Import undone",
    "rehome": "Moved to another grid by a plan",
}
LIGHT_NAMES = {"green": "In time", "yellow": "Due soon", "red": "Late"}
UNIT_LIGHT_NAMES: dict[UnitLight, str] = {
    UnitLight.GREEN: "Below 40 % unresolved",
    UnitLight.YELLOW: "40 to 80 % unresolved",
    UnitLight.RED: "80 % or more unresolved",
    UnitLight.GREY: "Fewer than 5 cases",
}
TIER_NAMES: dict[Tier, str] = {
    Tier.COURTYARD: "Courtyard tier",
    Tier.COMMUNITY: "Community tier",
    Tier.TOWN: "Town tier",
}
MEETING_NAMES: dict[MeetingState, str] = {
    MeetingState.ANNOUNCED: "Announced",
    MeetingState.HELD: "Held",
    MeetingState.CANCELLED: "Cancelled",
}
ANSWER_NAMES: dict[Answer, str] = {
    Answer.ON_THE_SPOT: "Settled on the spot",
    Answer.PROMISED: "Promised",
    Answer.OPEN: "Not answered yet",
}


def act_name(act: str) -> str:
    """What people call a line of the history, as a message key."""
    return MOVE_NAMES[Move(act)] if act in set(Move) else ACT_NAMES.get(act, act)


def moment(at: datetime | None) -> str:
    """A moment in the county's time, to the minute."""
    return "–" if at is None else at.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M")
