"""How often somebody may ask: a bucket per address or key that fills again, in this process (there is one)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

#: Buckets that are kept; beyond that the one not used for longest goes, which is a full one as a rule.
MOST_BUCKETS = 20_000


@dataclass
class Rate:
    """At most ``burst`` at once, and ``per_minute`` over time, for each name."""

    burst: float
    per_minute: float
    clock: Callable[[], float] = time.monotonic
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, name: str) -> float:
        """Take one: 0 where it was there, else the seconds until one will be, and nothing is taken."""
        with self._lock:
            present = self.clock()
            left, at = self._buckets.pop(name, (self.burst, present))
            left = min(self.burst, left + (present - at) * self.per_minute / 60)
            taken = left >= 1
            self._buckets[name] = (left - 1 if taken else left, present)
            while len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
            return 0.0 if taken else (1 - left) * 60 / self.per_minute
