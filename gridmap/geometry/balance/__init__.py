"""Who should look after which piece of ground, so that every grid's load lies inside its band."""

from gridmap.geometry.balance.fresh import fresh
from gridmap.geometry.balance.least_change import least_change
from gridmap.geometry.balance.pieces import Pieces

__all__ = ["Pieces", "fresh", "least_change"]
