"""Writes geodata/demo/truth.json and lines.geojson anew. Run after a change to the demo county or its parameters:

``.venv/bin/python tools/demo_files.py``
"""

from __future__ import annotations

from gridmap import resources
from gridmap.services.demo.files import write_files
from gridmap.services.demo.generate import generate

if __name__ == "__main__":
    for path in write_files(generate(), resources.folder("geodata") / "demo"):
        print(path)
