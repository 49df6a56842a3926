"""What residents are told about a state, in a whole sentence: message keys."""

from __future__ import annotations

from gridmap.domain.cases import CaseStatus, ClosingReason
from gridmap.domain.messages import Message

STATES: dict[CaseStatus, Message] = {
    CaseStatus.DRAFT: Message("It is being written down."),
    CaseStatus.REPORTED: Message("It has arrived. Somebody of the community looks at it next."),
    CaseStatus.VERIFIED: Message("Somebody was there and has seen it."),
    CaseStatus.FILED: Message("It is accepted, and is being given to whoever can settle it."),
    CaseStatus.NOT_FILED: Message("It was not accepted here."),
    CaseStatus.DISPATCHED: Message("It has been given to whoever settles it."),
    CaseStatus.SIGNED: Message("Whoever settles it has taken it on."),
    CaseStatus.HANDLING: Message("It is being worked on."),
    CaseStatus.PAUSED: Message("The work stands still for a reason beyond its hands."),
    CaseStatus.RETURNED: Message("It was with the wrong office, and is being given to the right one."),
    CaseStatus.TO_CHECK: Message("It is reported as done. Somebody else checks it now, and your word counts."),
    CaseStatus.FOLLOWED_UP: Message("It was checked and followed up, and is about to be closed."),
    CaseStatus.CLOSED: Message("It is closed."),
    CaseStatus.ARCHIVED: Message("It is closed and filed away."),
    CaseStatus.BACKLOG: Message("It cannot be done now. A leader has set a day to look at it again."),
    CaseStatus.WITHDRAWN: Message("It was withdrawn."),
}
REASONS: dict[ClosingReason, Message] = {
    ClosingReason.SOLVED: Message("It is solved."),
    ClosingReason.PARTLY_SOLVED: Message("It is solved in part."),
    ClosingReason.EXPLAINED: Message("It was explained."),
    ClosingReason.CANNOT_BE_DONE: Message("It cannot be done; the answer says why."),
    ClosingReason.DUPLICATE: Message("It had been reported before, and goes on there."),
    ClosingReason.TRANSFERRED: Message("It was handed over to another authority."),
}
#: The way of a case as residents see it, and the states that have reached each step.
STEPS: tuple[tuple[Message, frozenset[CaseStatus]], ...] = (
    (Message("Arrived"), frozenset(CaseStatus)),
    (
        Message("Accepted"),
        frozenset(CaseStatus)
        - {CaseStatus.DRAFT, CaseStatus.REPORTED, CaseStatus.VERIFIED, CaseStatus.NOT_FILED, CaseStatus.WITHDRAWN},
    ),
    (
        Message("In work"),
        frozenset(
            {
                CaseStatus.SIGNED,
                CaseStatus.HANDLING,
                CaseStatus.PAUSED,
                CaseStatus.BACKLOG,
                CaseStatus.TO_CHECK,
                CaseStatus.FOLLOWED_UP,
                CaseStatus.CLOSED,
                CaseStatus.ARCHIVED,
            }
        ),
    ),
    (
        Message("Done, being checked"),
        frozenset({CaseStatus.TO_CHECK, CaseStatus.FOLLOWED_UP, CaseStatus.CLOSED, CaseStatus.ARCHIVED}),
    ),
    (Message("Ended"), frozenset({CaseStatus.CLOSED, CaseStatus.ARCHIVED})),
)
