"""Repair of plain coverages: hairlines closed in one batch, larger pieces proposed to a person, all of it proven."""

from gridmap.geometry.repair.apply import Closed, close
from gridmap.geometry.repair.passes import Repaired, renamed, repair
from gridmap.geometry.repair.proposals import Limits, Proposal, propose, proposed_owner

__all__ = ["Closed", "Limits", "Proposal", "Repaired", "close", "propose", "proposed_owner", "renamed", "repair"]
