"""Files of a plan: GeoPackage for QGIS, workbook of the changes, decision paper with maps before and after."""

from __future__ import annotations

import importlib

from gridmap.domain.permissions import Actor
from gridmap.errors import NotFound
from gridmap.services.exporting import Export, safe_name
from gridmap.services.exporting.plans.dossier import PlanDossier, collect
from gridmap.store.database import Session

#: kind → module of this package, imported when first asked for
FORMATS = {"geopackage": "geopackage", "excel": "workbook", "pdf": "paper"}


def export(session: Session, actor: Actor, kind: str, plan_id: int, language: str = "zh_Hans") -> Export:
    """Make a file of a plan as it stands.

    Raises
    ------
    NotFound
        No such kind or plan.
    PermissionMissing, OutsideScope
    """
    if kind not in FORMATS:
        raise NotFound(what="export", key=kind)
    dossier = collect(session, actor, plan_id, language)
    module = importlib.import_module(f"gridmap.services.exporting.plans.{FORMATS[kind]}")
    name = safe_name((dossier.unit, dossier.title, f"v{dossier.row.version}"), f"plan-{plan_id}")
    return Export(f"{name}.{module.SUFFIX}", module.MEDIA_TYPE, module.write(dossier))


__all__ = ["FORMATS", "PlanDossier", "collect", "export"]
