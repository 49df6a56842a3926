"""What covers what: the audit of a coverage by cancelling edges on the millimetre grid."""

from gridmap.geometry.topology.audit import Audit, Defect, SliverRule, audit
from gridmap.geometry.topology.ground import Invalid

__all__ = ["Audit", "Defect", "Invalid", "SliverRule", "audit"]
