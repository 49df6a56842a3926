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
    WORKER = "worker"  # 网格员


class Permission(StrEnum):
    VIEW_COVERAGE = "view coverage"
    RUN_COVERAGE = "run coverage"
    EXPORT = "export"
    IMPORT = "import"
    DRAW_PLANS = "draw plans"
    REVIEW_PLANS = "review plans"
    ADOPT_PLANS = "adopt plans"
    HANDLE_CASES = "handle cases"
    MANAGE_ACCOUNTS = "manage accounts"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.INSPECTOR: frozenset(
        {Permission.VIEW_COVERAGE, Permission.RUN_COVERAGE, Permission.EXPORT, Permission.REVIEW_PLANS}
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
    Role.WORKER: frozenset({Permission.VIEW_COVERAGE, Permission.HANDLE_CASES}),
}


@dataclass(frozen=True)
class Actor:
    """Whoever acts: an account with a role, limited to the subtree below ``scope`` (a unit code)."""

    account_id: int | None
    name: str
    role: Role
    scope: str

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
