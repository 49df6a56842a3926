"""Plans 调整方案: drawn as operations over a base, reviewed, adopted in one transaction. Scope is enforced here."""

from gridmap.services.plans.adoption import adopt
from gridmap.services.plans.drafting import (
    apply,
    create,
    describe,
    give_reason,
    preview,
    redo,
    set_locks,
    set_norm,
    undo,
)
from gridmap.services.plans.outlines import create_from_outlines, draft_outlines, set_outlines
from gridmap.services.plans.proposals import balance, siting, take_balance, takers
from gridmap.services.plans.reading import compare, layout, plan, plans, took_over, version, view
from gridmap.services.plans.rebase import rebase
from gridmap.services.plans.review import (
    approve,
    comment,
    reopen,
    return_,
    settle_comment,
    submit,
    withdraw,
    withdraw_drafted,
)

__all__ = [
    "adopt",
    "apply",
    "approve",
    "balance",
    "comment",
    "compare",
    "create",
    "create_from_outlines",
    "describe",
    "draft_outlines",
    "give_reason",
    "layout",
    "plan",
    "plans",
    "preview",
    "rebase",
    "redo",
    "reopen",
    "return_",
    "set_locks",
    "set_norm",
    "set_outlines",
    "settle_comment",
    "siting",
    "submit",
    "take_balance",
    "takers",
    "took_over",
    "undo",
    "version",
    "view",
    "withdraw",
    "withdraw_drafted",
]
