"""Made-up ground: fast lattice counties with known damage, and the demo county that looks like a real one.

Pure: numpy and shapely in and out. The same arguments give the same ground.
"""

from gridmap.geometry.synthetic.defects import Damaged, Planted, damage
from gridmap.geometry.synthetic.lattice import County, county

__all__ = ["County", "Damaged", "Planted", "county", "damage"]
