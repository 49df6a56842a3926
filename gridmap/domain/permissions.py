"""One table answers "who may do what". Scope (where) is a unit code; see :func:`gridmap.domain.codes.contains`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gridmap.domain.codes import contains
from gridmap.errors import OutsideScope, PermissionMissing


class Role(StrEnum):
    ADMINISTRATOR = "administrator"  # 管理员
    INSPECTOR = "inspector"  # 组织部门
    PLANNER = "planner"  # 规划人员
    WORKER = "worker"  # 网格员, and whoever settles cases for a body
    DISPATCHER = "dispatcher"  # 调度员
    LEADER = "leader"  # 负责人


class Permission(StrEnum):
    VIEW_COVERAGE = "view coverage"
    RUN_COVERAGE = "run coverage"
    EXPORT = "export"
    IMPORT = "import"
    DRAW_PLANS = "draw plans"
    REVIEW_PLANS = "review plans"
    ADOPT_PLANS = "adopt plans"
    VIEW_CASES = "view cases"
    REPORT_CASES = "report cases"
    HANDLE_CASES = "handle cases"
    DISPATCH_CASES = "dispatch cases"
    CHECK_CASES = "check cases"
    DECIDE_CASES = "decide on cases"
    VIEW_RESTRICTED_CASES = "view restricted cases"
    HOLD_MEETINGS = "hold meetings"
    MANAGE_CASE_RULES = "manage kinds, deadlines and calendar"
    MANAGE_ACCOUNTS = "manage accounts"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.INSPECTOR: frozenset(
        {
            Permission.VIEW_COVERAGE,
            Permission.RUN_COVERAGE,
            Permission.EXPORT,
            Permission.REVIEW_PLANS,
            Permission.VIEW_CASES,
            Permission.CHECK_CASES,
        }
    ),
    Role.PLANNER: frozenset(
        {
            Permission.VIEW_COVERAGE,
            Permission.RUN_COVERAGE,
            Permission.EXPORT,
            Permission.IMPORT,
            Permission.DRAW_PLANS,
            Permission.REVIEW_PLANS,
            Permission.ADOPT_PLANS,
        }
    ),
    Role.WORKER: frozenset(
        {
            Permission.VIEW_COVERAGE,
            Permission.VIEW_CASES,
            Permission.REPORT_CASES,
            Permission.HANDLE_CASES,
            Permission.HOLD_MEETINGS,
        }
    ),
    Role.DISPATCHER: frozenset(
        {
            Permission.VIEW_COVERAGE,
            Permission.EXPORT,
            Permission.VIEW_CASES,
            Permission.REPORT_CASES,
            Permission.HANDLE_CASES,
            Permission.DISPATCH_CASES,
            Permission.CHECK_CASES,
            Permission.VIEW_RESTRICTED_CASES,
            Permission.HOLD_MEETINGS,
        }
    ),
    Role.LEADER: frozenset(
        {
            Permission.VIEW_COVERAGE,
            Permission.EXPORT,
            Permission.VIEW_CASES,
            Permission.REPORT_CASES,
            Permission.CHECK_CASES,
            Permission.DECIDE_CASES,
            Permission.VIEW_RESTRICTED_CASES,
            Permission.HOLD_MEETINGS,
        }
    ),
}


@dataclass(frozen=True)
class Actor:
    """Whoever acts: an account with a role, limited to the subtree below ``scope`` (a unit code).

    ``body``: number of the body whose cases they settle, for staff of a department rather than of an area.
    """

    account_id: int | None
    name: str
    role: Role
    scope: str
    body: int | None = None

    def require(self, permission: Permission, code: str | None = None) -> None:
        """Raise unless this actor may do it, and (where ``code`` is given) may do it there.

        Raises
        ------
        PermissionMissing, OutsideScope
        """
        if permission not in GRANTS[self.role]:
            raise PermissionMissing(role=self.role.value, permission=permission.value)
        if code is not None and not contains(self.scope, code):
            raise OutsideScope(code=code, scope=self.scope)
