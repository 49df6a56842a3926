"""``python -m gridmap`` is the ``gridmap`` command."""

from gridmap.cli import main

main()
