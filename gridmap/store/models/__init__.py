"""Every table, importable from here."""

from gridmap.store.models.accounts import Account, AuditEntry, ImportLog
from gridmap.store.models.base import Base
from gridmap.store.models.cases import Case, CaseEvent, CaseKind
from gridmap.store.models.coverage import CoverageFinding, CoverageRun, FindingUnit, UnitIndex
from gridmap.store.models.imports import ColumnMapping, ImportChange, Upload
from gridmap.store.models.meetings import Matter, Meeting
from gridmap.store.models.people import Assignment, Member, Organisation, Post, PostHolder, Worker
from gridmap.store.models.places import HouseholdCount, ServicePoint
from gridmap.store.models.plans import Plan, PlanComment, PlanEvent, PlanOperation, UnitHeir
from gridmap.store.models.units import Boundary, County, Edition, Unit

__all__ = [
    "Account",
    "Assignment",
    "AuditEntry",
    "Base",
    "Boundary",
    "Case",
    "CaseEvent",
    "CaseKind",
    "ColumnMapping",
    "County",
    "CoverageFinding",
    "CoverageRun",
    "Edition",
    "FindingUnit",
    "HouseholdCount",
    "ImportChange",
    "ImportLog",
    "Matter",
    "Meeting",
    "Member",
    "Organisation",
    "Plan",
    "PlanComment",
    "PlanEvent",
    "PlanOperation",
    "Post",
    "PostHolder",
    "ServicePoint",
    "Unit",
    "UnitHeir",
    "UnitIndex",
    "Upload",
    "Worker",
]
