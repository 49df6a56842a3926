"""Random coverages with every kind of damage, on whole millimetres; drawn by Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from hypothesis import strategies as st

#: Damages; each is a method of :class:`Plan`.
DAMAGES = (
    "remove",
    "duplicate",
    "rogue",
    "sliver",
    "unmatched",
    "exact_midpoint",
    "bow_tie",
    "hole",
    "enclave",
    "island",
    "shifted",
)


@dataclass
class Plan:
    """A coverage under construction: polygons in millimetres, their names, and the lattice's outline."""

    polygons: list
    names: list[str]
    outline: shapely.Polygon
    centre: tuple[int, int]
    side: int
    done: list[str] = field(default_factory=list)

    def add(self, polygon, name):
        self.polygons.append(polygon)
        self.names.append(f"{name}{len(self.names)}")

    def remove(self, draw):
        if len(self.polygons) > 1:
            k = draw(st.integers(0, len(self.polygons) - 1))
            del self.polygons[k], self.names[k]

    def duplicate(self, draw):
        self.add(self.pick(draw)[1], "copy")

    def rogue(self, draw):
        """A triangle or quadrilateral anywhere: within one unit, over several, over the edge, far outside."""
        reach = draw(st.sampled_from([self.side // 3, self.side, 3 * self.side]))
        points = [(self.centre[0] + self.near(draw), self.centre[1] + self.near(draw))]
        points += [
            (points[0][0] + draw(st.integers(-reach, reach)), points[0][1] + draw(st.integers(-reach, reach)))
            for _ in range(draw(st.integers(2, 3)))
        ]
        hull = shapely.MultiPoint(points).convex_hull
        if hull.geom_type == "Polygon":
            self.add(hull, "rogue")

    def sliver(self, draw):
        """Move one vertex of one unit by 1 mm to 2 m."""
        k, polygon = self.pick(draw)
        parts = [shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)]
        if polygon.geom_type != "Polygon" or len(parts) != 1:
            return
        ring = parts[0]
        at = draw(st.integers(0, len(ring) - 2))
        ring[at] += (draw(st.integers(-2000, 2000)), draw(st.integers(-1, 1)))
        ring[-1] = ring[0]
        moved = shapely.Polygon(ring)
        if moved.is_valid and moved.area > 0:
            self.polygons[k] = moved

    def unmatched(self, draw):
        """A vertex on one side only, rounded to the lattice: a hairline up to half a millimetre wide."""
        self.densify(draw, exact=False)

    def exact_midpoint(self, draw):
        """A vertex on one side only, exactly on the line: nothing to be found."""
        self.densify(draw, exact=True)

    def densify(self, draw, *, exact):
        k, polygon = self.pick(draw)
        if polygon.geom_type != "Polygon":
            return
        ring = shapely.get_coordinates(polygon.exterior).astype(np.int64)
        at = draw(st.integers(0, len(ring) - 2))
        run = ring[at + 1] - ring[at]
        if exact:
            steps = int(np.gcd(*np.abs(run)))
            if steps < 2:
                return
            middle = ring[at] + run // steps * draw(st.integers(1, steps - 1))
        else:
            middle = ring[at] + np.rint(run * draw(st.floats(0.1, 0.9))).astype(np.int64)
        denser = shapely.Polygon(np.insert(ring, at + 1, middle, axis=0), polygon.interiors)
        if denser.is_valid:
            self.polygons[k] = denser

    def bow_tie(self, draw):
        """A ring that crosses itself, at a point of the lattice."""
        x, y = self.centre[0] + self.near(draw), self.centre[1] + self.near(draw)
        w, h = (2 * draw(st.integers(1, self.side // 2)) for _ in range(2))
        self.add(shapely.Polygon([(x, y), (x + w, y + h), (x + w, y), (x, y + h)]), "tie")

    def hole(self, draw):
        k, polygon = self.pick(draw)
        inner = self.inner(draw, polygon)
        if inner is not None:
            self.polygons[k] = polygon.difference(inner)

    def enclave(self, draw):
        """A unit in the hole of another; nothing to be found."""
        k, polygon = self.pick(draw)
        inner = self.inner(draw, polygon)
        if inner is not None:
            self.polygons[k] = polygon.difference(inner)
            self.add(inner, "enclave")

    def inner(self, draw, polygon):
        x, y = np.rint(shapely.get_coordinates(polygon.representative_point())[0]).astype(int)
        r = draw(st.integers(1, max(1, self.side // 10)))
        box = shapely.box(x - r, y - r, x + r, y + r)
        return box if polygon.is_valid and polygon.contains_properly(box) else None

    def island(self, draw):
        x, y = self.centre[0] + 9 * self.side, self.centre[1] + draw(st.integers(-self.side, self.side))
        self.add(shapely.box(x, y, x + self.side, y + self.side), "island")

    def shifted(self, draw):
        """Move a whole unit a little: gap on one side, overlap on the other."""
        k, polygon = self.pick(draw)
        move = np.array([draw(st.integers(-self.side // 3, self.side // 3)) for _ in range(2)])
        self.polygons[k] = shapely.transform(polygon, lambda xy: xy + move)

    def pick(self, draw):
        k = draw(st.integers(0, len(self.polygons) - 1))
        return k, self.polygons[k]

    def near(self, draw):
        return draw(st.integers(-3 * self.side, 3 * self.side))


@st.composite
def coverages(draw, damages=DAMAGES, max_damages=5, with_jurisdiction=None):
    """A plan after its damages, and a jurisdiction (None, the outline, a cut of it, or one with a hole)."""
    columns, rows = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    side = draw(st.sampled_from([2_000, 10_000, 100_003]))
    # whole-number shear and rotation keep the lattice on the lattice
    a, b, c, d = draw(st.sampled_from([(1, 0, 0, 1), (3, 1, -1, 3), (2, 1, 1, 3), (4, -3, 3, 4), (1, 5, -1, 2)]))
    jitter = draw(st.sampled_from([0, 0, side // 5]))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : rows + 1, 0 : columns + 1] * side
    nodes = np.stack([x, y], axis=-1) + rng.integers(-jitter, jitter + 1, (rows + 1, columns + 1, 2))
    nodes = nodes @ np.array([[a, c], [b, d]]) + draw(st.sampled_from([0, 500_000_000]))
    cells = [
        shapely.Polygon([nodes[j, i], nodes[j, i + 1], nodes[j + 1, i + 1], nodes[j + 1, i]])
        for j in range(rows)
        for i in range(columns)
    ]
    labels = rng.integers(0, draw(st.integers(1, len(cells))), len(cells)) if draw(st.booleans()) else range(len(cells))
    by_label: dict[int, list] = {}
    for cell, label in zip(cells, labels, strict=True):
        by_label.setdefault(int(label), []).append(cell)
    units = [shapely.union_all(members) for members in by_label.values()]
    outline = shapely.union_all(cells)
    middle = np.rint(nodes.reshape(-1, 2).mean(axis=0)).astype(int)
    plan = Plan(units, [f"u{k}" for k in range(len(units))], outline, (int(middle[0]), int(middle[1])), side)
    for name in draw(st.lists(st.sampled_from(damages), max_size=max_damages)):
        getattr(plan, name)(draw)
        plan.done.append(name)
    choice = with_jurisdiction if with_jurisdiction is not None else draw(st.sampled_from(["none", "outline", "cut"]))
    jurisdiction = None
    if choice == "outline":
        jurisdiction = outline
    elif choice == "cut":
        x0, y0 = plan.centre
        w, h = (draw(st.integers(1, 4 * side)) for _ in range(2))
        jurisdiction = shapely.box(x0 - w, y0 - h, x0 + side, y0 + side)
    return plan, jurisdiction


def in_metres(geometry):
    """The same geometry in metres, as the audit takes it."""
    return None if geometry is None else shapely.transform(geometry, lambda xy: xy / 1000)
