"""Plans 调整方案: their states, who moves them on, and the norm that a grid's load is held against."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.permissions import GRANTS, Permission, Role


class PlanState(StrEnum):
    DRAFT = "draft"  # 起草
    IN_REVIEW = "in_review"  # 审核中
    ADOPTED = "adopted"  # 已通过
    WITHDRAWN = "withdrawn"  # 已撤回


class Act(StrEnum):
    """What can be done with a plan."""

    DRAW = "draw"  # apply, undo, redo, rebase, norm
    COMMENT = "comment"
    SUBMIT = "submit"
    APPROVE = "approve"
    RETURN = "return"
    ADOPT = "adopt"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"


@dataclass(frozen=True)
class Rule:
    """An act: in which states, with which permission, whether by the author or by anybody else, and what follows."""

    states: frozenset[PlanState]
    permission: Permission
    by_author: bool | None = None
    leads_to: PlanState | None = None


_OPEN = frozenset({PlanState.DRAFT, PlanState.IN_REVIEW})

#: The one table of what may happen to a plan. An approval is recorded beside the state; adopting wants one.
RULES: dict[Act, Rule] = {
    Act.DRAW: Rule(frozenset({PlanState.DRAFT}), Permission.DRAW_PLANS),
    Act.COMMENT: Rule(_OPEN, Permission.VIEW_COVERAGE),
    Act.SUBMIT: Rule(frozenset({PlanState.DRAFT}), Permission.DRAW_PLANS, None, PlanState.IN_REVIEW),
    Act.APPROVE: Rule(frozenset({PlanState.IN_REVIEW}), Permission.REVIEW_PLANS, False),
    Act.RETURN: Rule(frozenset({PlanState.IN_REVIEW}), Permission.REVIEW_PLANS, None, PlanState.DRAFT),
    Act.ADOPT: Rule(frozenset({PlanState.IN_REVIEW}), Permission.ADOPT_PLANS, None, PlanState.ADOPTED),
    Act.WITHDRAW: Rule(_OPEN, Permission.DRAW_PLANS, None, PlanState.WITHDRAWN),
    Act.REOPEN: Rule(frozenset({PlanState.WITHDRAWN}), Permission.DRAW_PLANS, None, PlanState.DRAFT),
}


def allowed(act: Act, state: PlanState, role: Role, *, is_author: bool) -> bool:
    """Whether the table lets somebody do it. An author never approves what they drew."""
    rule = RULES[act]
    return (
        state in rule.states
        and rule.permission in GRANTS[role]
        and (rule.by_author is None or rule.by_author == is_author)
    )


@dataclass(frozen=True)
class Norm:
    """How many households a grid should have: urban 300 to 500, rural about 300. A plan may state its own."""

    urban_low: int = 300
    urban_high: int = 500
    rural_low: int = 150
    rural_high: int = 450

    def __post_init__(self) -> None:
        for low, high in ((self.urban_low, self.urban_high), (self.rural_low, self.rural_high)):
            if not 0 <= low < high <= 10_000:
                raise ValueError("a band goes from a smaller to a larger number of households, at most 10,000")

    def band(self, households: int, *, urban: bool) -> str:
        """``below``, ``inside`` or ``above``."""
        low, high = self.limits(urban=urban)
        return "below" if households < low else "above" if households > high else "inside"

    def limits(self, *, urban: bool) -> tuple[int, int]:
        """Least and most households."""
        return (self.urban_low, self.urban_high) if urban else (self.rural_low, self.rural_high)
