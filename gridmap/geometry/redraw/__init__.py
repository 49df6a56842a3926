"""Redrawing: operations on a layout that leave no ground between two lines, and the replay of a plan."""

from gridmap.geometry.redraw.layout import Layout, Outline
from gridmap.geometry.redraw.operation import Change, Operation
from gridmap.geometry.redraw.replay import Replayed, replay

__all__ = ["Change", "Layout", "Operation", "Outline", "Replayed", "replay"]
