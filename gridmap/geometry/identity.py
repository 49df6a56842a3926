"""The same blind area in two runs: a piece of ground keeps its key while only its outline changes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

#: Two pieces are one blind area when they share this much of the smaller: less is a new one beside it.
SAME_SHARE = 0.5


def carry_keys(
    now: Sequence[tuple[str, BaseGeometry]],
    before: Sequence[tuple[str, BaseGeometry]],
) -> dict[str, str]:
    """Match pieces of ground of one lens with those of an earlier run; one piece with at most one.

    Parameters
    ----------
    now, before
        Key and geometry of each piece, in metres of one projected system; keys differ within a run.

    Returns
    -------
    dict
        Present key → earlier key. Equal keys match themselves; then the pairs that share most of the smaller piece,
        at least :data:`SAME_SHARE`, largest common area first. Pieces without a match are left out.
    """
    earlier = dict(before)
    matched = {key: key for key, _ in now if key in earlier}
    left = [(key, shape) for key, shape in now if key not in matched]
    rest = [(key, shape) for key, shape in before if key not in matched]
    if not left or not rest:
        return matched
    a = np.array([shape for _, shape in left], dtype=object)
    b = np.array([shape for _, shape in rest], dtype=object)
    i, j = shapely.STRtree(b).query(a, predicate="intersects")
    common = shapely.area(shapely.intersection(a[i], b[j]))
    share = common / np.minimum(shapely.area(a[i]), shapely.area(b[j]))
    taken = set(matched.values())
    for at in np.lexsort((j, i, -common)).tolist():
        new, old = left[i[at]][0], rest[j[at]][0]
        if share[at] >= SAME_SHARE and new not in matched and old not in taken:
            matched[new] = old
            taken.add(old)
    return matched
