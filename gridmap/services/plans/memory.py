"""A small, bounded memory of this process for what can always be worked out again."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from time import monotonic
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Memory(Generic[Value]):
    """Keeps the ``most`` values that were asked for last, for ``seconds`` at most. Threads may share it."""

    def __init__(self, most: int, seconds: float = math.inf) -> None:
        self.most, self.seconds = most, seconds
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], tuple[float, Value]] = OrderedDict()

    def get(self, key: tuple[object, ...]) -> Value | None:
        """The value, or None where it was forgotten or is too old."""
        with self._lock:
            found = self._kept.get(key)
            if found is None or monotonic() - found[0] > self.seconds:
                return None
            self._kept.move_to_end(key)
            return found[1]

    def keep(self, key: tuple[object, ...], value: Value) -> Value:
        """Remember a value, and give it back."""
        with self._lock:
            self._kept[key] = (monotonic(), value)
            self._kept.move_to_end(key)
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return value
