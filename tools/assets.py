"""Copy the browser libraries that gridmap serves from ``node_modules`` into ``gridmap/web/static/vendor``.

Run by ``make assets`` after ``npm ci``. Copies chosen dist files only, cuts the links to source maps, puts the chosen
icons into one sprite, keeps each package's licence, and writes ``manifest.json`` (package, version, licence, checksum
of each file). Stops on a file that would fetch something from another host.

``tools/assets.py lock`` writes package-lock.json anew, without download addresses: the registry is the machine's own.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "gridmap" / "web" / "static" / "vendor"

#: package → {file in the package: name under vendor/}
FILES: dict[str, dict[str, str]] = {
    "@geoman-io/leaflet-geoman-free": {
        "dist/leaflet-geoman.js": "geoman/leaflet-geoman.js",
        "dist/leaflet-geoman.css": "geoman/leaflet-geoman.css",
    },
    "leaflet": {
        "dist/leaflet.js": "leaflet/leaflet.js",
        "dist/leaflet.css": "leaflet/leaflet.css",
        "dist/images/layers.png": "leaflet/images/layers.png",
        "dist/images/layers-2x.png": "leaflet/images/layers-2x.png",
        "dist/images/marker-icon.png": "leaflet/images/marker-icon.png",
    },
    "leaflet.fullscreen": {
        "Control.FullScreen.js": "leaflet.fullscreen/fullscreen.js",
        "Control.FullScreen.css": "leaflet.fullscreen/fullscreen.css",
        "icon-fullscreen.svg": "leaflet.fullscreen/icon-fullscreen.svg",
    },
    "@tabler/core": {
        "dist/css/tabler.min.css": "tabler/tabler.min.css",
        "dist/js/tabler.min.js": "tabler/tabler.min.js",
    },
}

ICON_PACKAGE = "@tabler/icons"
ICONS = (
    "adjustments",
    "alert-circle",
    "alert-triangle",
    "arrow-back-up",
    "arrow-down",
    "arrow-forward-up",
    "arrow-left",
    "arrow-right",
    "arrow-up",
    "arrows-join",
    "briefcase",
    "building-community",
    "buildings",
    "calendar-event",
    "check",
    "chevron-down",
    "chevron-right",
    "circle-check",
    "circle-plus",
    "circle-x",
    "clock",
    "columns",
    "columns-2",
    "database",
    "download",
    "eye-off",
    "file-import",
    "file-spreadsheet",
    "file-type-pdf",
    "file-upload",
    "focus-2",
    "help-circle",
    "history",
    "home",
    "info-circle",
    "language",
    "link",
    "list-details",
    "lock",
    "logout",
    "map-2",
    "map-off",
    "map-pin",
    "maximize",
    "message-circle",
    "message-plus",
    "pencil",
    "photo",
    "pointer",
    "polygon",
    "printer",
    "refresh",
    "route",
    "scale",
    "scissors",
    "search",
    "shape",
    "sitemap",
    "stack-2",
    "table",
    "trash",
    "upload",
    "user-check",
    "user-circle",
    "user-shield",
    "users",
    "users-group",
    "vector",
    "vector-bezier-2",
    "world",
    "x",
)

#: Addresses that are names or credits, never fetched.
NOT_FETCHED = ("http://www.w3.org/",)


def version_and_licence(package: str) -> tuple[str, str]:
    """Return what the package's own package.json says."""
    stated = json.loads((MODULES / package / "package.json").read_text(encoding="utf-8"))
    return stated["version"], stated.get("license", "see its licence file")


def without_source_map(text: str) -> str:
    """Cut the link to a source map: it is not shipped, and a browser's developer tools would ask for it."""
    return re.sub(r"(?m)^\s*(//|/\*)# sourceMappingURL=.*$", "", text)


def refuse_remote(name: str, text: str) -> None:
    """Stop when a style sheet or script loads anything from another host."""
    pattern = r"""(?:url\(\s*["']?|@import\s+["']|import\s*\(?\s*["'])(https?:)?//[^"')\s]+"""
    for match in re.finditer(pattern, text):
        if not any(harmless in match.group() for harmless in NOT_FETCHED):
            sys.exit(f"{name} would fetch {match.group()}")


def copy_package(package: str, files: dict[str, str], manifest: dict[str, object]) -> None:
    """Copy a package's chosen files and its licence; add them to the manifest."""
    version, licence = version_and_licence(package)
    sums = {}
    for source, target in files.items():
        destination = VENDOR / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        if destination.suffix in {".js", ".css"}:
            text = without_source_map((MODULES / package / source).read_text(encoding="utf-8"))
            refuse_remote(f"{package}/{source}", text)
            destination.write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(MODULES / package / source, destination)
        sums[target] = hashlib.sha256(destination.read_bytes()).hexdigest()
    folder = VENDOR / next(iter(files.values())).split("/")[0]
    keep_licence(package, licence, folder)
    manifest[package] = {"version": version, "license": licence, "files": sums}


def keep_licence(package: str, licence: str, folder: Path) -> None:
    """Put the package's licence file beside its files; where it ships none, the name of the licence it states."""
    found = sorted(path for path in (MODULES / package).iterdir() if path.name.lower().startswith("licen"))
    text = found[0].read_text(encoding="utf-8") if found else f"{package} states its licence as: {licence}\n"
    (folder / "LICENSE").write_text(text, encoding="utf-8")


def make_sprite(manifest: dict[str, object]) -> None:
    """Join the chosen icons into one SVG of symbols, so that a page fetches one file."""
    version, licence = version_and_licence(ICON_PACKAGE)
    symbols = []
    for icon in ICONS:
        source = (MODULES / ICON_PACKAGE / "icons" / "outline" / f"{icon}.svg").read_text(encoding="utf-8")
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
        assert drawing is not None, icon
        inner = re.sub(r"\s*\n\s*", "", drawing.group(1))
        symbols.append(f'<symbol id="{icon}" viewBox="0 0 24 24">{inner}</symbol>')
    folder = VENDOR / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'
    (folder / "icons.svg").write_text(sprite, encoding="utf-8")
    keep_licence(ICON_PACKAGE, licence, folder)
    sums = {"icons/icons.svg": hashlib.sha256(sprite.encode()).hexdigest()}
    manifest[ICON_PACKAGE] = {"version": version, "license": licence, "files": sums}


def copy_assets() -> None:
    """Empty the vendor folder and fill it anew."""
    if not MODULES.is_dir():
        sys.exit("node_modules is missing: run npm ci first")
    shutil.rmtree(VENDOR, ignore_errors=True)
    VENDOR.mkdir(parents=True)
    manifest: dict[str, object] = {}
    for package, files in FILES.items():
        copy_package(package, files, manifest)
    make_sprite(manifest)
    (VENDOR / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{sum(1 for path in VENDOR.rglob('*') if path.is_file())} files in {VENDOR.relative_to(ROOT)}")


def write_lock() -> None:
    """Resolve package.json anew and keep versions and checksums, but no download address."""
    path = ROOT / "package-lock.json"
    path.unlink(missing_ok=True)
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit"], cwd=ROOT, check=True)
    lock = json.loads(path.read_text(encoding="utf-8"))
    for entry in lock["packages"].values():
        entry.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["lock"]:
        write_lock()
    else:
        copy_assets()
