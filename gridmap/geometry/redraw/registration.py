"""Names and numbers: what changes in the register while the ground stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from gridmap.domain.messages import Message
from gridmap.errors import OperationRefused
from gridmap.geometry.redraw.fields import Fields, written
from gridmap.geometry.redraw.ground import is_free, unit_of
from gridmap.geometry.redraw.layout import Layout
from gridmap.geometry.redraw.operation import Change, Operation


@dataclass(frozen=True)
class Rename(Operation):
    """Give a unit another name."""

    kind: ClassVar[str] = "rename"
    unit: str
    name: str

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.unit)
        if unit.name == self.name:
            raise OperationRefused(detail=Message("{unit} has this name already.", {"unit": self.unit}))
        given = {"old": unit.name, "unit": self.unit, "name": self.name}
        return Change(
            before={self.unit: unit},
            after={self.unit: replace(unit, name=self.name)},
            why=Message("{old} ({unit}) renamed {name}", given),
        )

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "unit": self.unit, "name": self.name})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rename:
        fields = Fields(document, cls.kind, ("unit", "name"))
        return cls(fields.text("unit"), fields.text("name"))


@dataclass(frozen=True)
class Recode(Operation):
    """Give a unit another number of its parent; the old one is never used again."""

    kind: ClassVar[str] = "recode"
    unit: str
    code: str

    def apply(self, layout: Layout) -> Change:
        unit = unit_of(layout, self.unit)
        is_free(layout, self.code, unit.parent)
        if len(self.code) != len(self.unit):
            raise OperationRefused(
                detail=Message(
                    "{code} is not the code of a grid of {parent}.", {"code": self.code, "parent": unit.parent}
                )
            )
        return Change(
            before={self.unit: unit, self.code: None},
            after={self.unit: None, self.code: replace(unit, code=self.code)},
            why=Message("{name}: {unit} becomes {code}", {"name": unit.name, "unit": self.unit, "code": self.code}),
        )

    def as_json(self) -> dict[str, Any]:
        return written({"kind": self.kind, "unit": self.unit, "code": self.code})

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Recode:
        fields = Fields(document, cls.kind, ("unit", "code"))
        return cls(fields.text("unit"), fields.text("code"))
