"""Members, workers and posts: the words."""

from __future__ import annotations

from enum import StrEnum


class MemberKind(StrEnum):
    """How a member 党员 belongs."""

    IN_SERVICE = "in_service"  # 在职
    LOCAL = "local"  # 本地
    MOBILE = "mobile"  # 流动


class AssignmentRole(StrEnum):
    """What a worker is in a grid."""

    WORKER = "worker"  # 网格员
    HEAD = "head"  # 网格长
