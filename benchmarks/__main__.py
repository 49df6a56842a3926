"""``python -m benchmarks [NAME …] [options]``: run the named benchmarks (all by default), one after another.

Every benchmark is a module here with a ``main(argv)``; what follows its name on the command line is passed on.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """The benchmarks: modules of this package that measure something against a peer."""
    return sorted(
        module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]) if not module.name.startswith("_")
    )


def main(argv: list[str]) -> None:
    known = names()
    chosen = [word for word in argv if word in known] or known
    options = [word for word in argv if word not in known]
    for name in chosen:
        print(f"\n== {name} ==", flush=True)
        importlib.import_module(f"benchmarks.{name}").main(options)


if __name__ == "__main__":
    main(sys.argv[1:])
