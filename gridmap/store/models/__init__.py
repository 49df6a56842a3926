"""Every table, importable from here."""

from gridmap.store.models.accounts import Account, AuditEntry, ImportLog
from gridmap.store.models.base import Base
from gridmap.store.models.case_rules import (
    ApiKey,
    CalendarDay,
    CaseBody,
    CaseKind,
    DeadlineRule,
    Lane,
    OfficeHours,
    Option,
)
from gridmap.store.models.cases import (
    Case,
    CaseEvent,
    CaseExtension,
    CaseMove,
    CasePhoto,
    CaseTerm,
    FollowUp,
    Receipt,
    WhistleCall,
)
from gridmap.store.models.coverage import CoverageFinding, CoverageRun, FindingUnit, UnitIndex
from gridmap.store.models.imports import ColumnMapping, ImportChange, Upload
from gridmap.store.models.meetings import Matter, Meeting
from gridmap.store.models.people import Assignment, Member, Organisation, Post, PostHolder, Worker
from gridmap.store.models.places import HouseholdCount, ServicePoint
from gridmap.store.models.plans import Plan, PlanComment, PlanEvent, PlanOperation, UnitHeir
from gridmap.store.models.units import Boundary, County, Edition, Unit

__all__ = [
    "Account",
    "ApiKey",
    "Assignment",
    "AuditEntry",
    "Base",
    "Boundary",
    "CalendarDay",
    "Case",
    "CaseBody",
    "CaseEvent",
    "CaseExtension",
    "CaseKind",
    "CaseMove",
    "CasePhoto",
    "CaseTerm",
    "ColumnMapping",
    "County",
    "CoverageFinding",
    "CoverageRun",
    "DeadlineRule",
    "Edition",
    "FindingUnit",
    "FollowUp",
    "HouseholdCount",
    "ImportChange",
    "ImportLog",
    "Lane",
    "Matter",
    "Meeting",
    "Member",
    "OfficeHours",
    "Option",
    "Organisation",
    "Plan",
    "PlanComment",
    "PlanEvent",
    "PlanOperation",
    "Post",
    "PostHolder",
    "Receipt",
    "ServicePoint",
    "Unit",
    "UnitHeir",
    "UnitIndex",
    "Upload",
    "WhistleCall",
    "Worker",
]
