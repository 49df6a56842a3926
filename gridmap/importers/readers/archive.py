"""Zip archives: the one data set inside is unpacked into a folder of our own, under names of our own."""

from __future__ import annotations

import errno
import re
import unicodedata
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from gridmap.domain.messages import Message
from gridmap.errors import FileHostile, FileUnreadable, NothingToRead
from gridmap.importers.guards import DAMAGED, packed_size
from gridmap.importers.limits import current, too_hard

#: Contents that are archives themselves: not opened, since each layer of packing can swell anew.
ARCHIVES = (".zip", ".kmz", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz")
#: Names that Windows keeps for devices, whatever their extension.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
#: What belongs to a Shapefile. Index files of other programs are left out.
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")

_PIECE = 1 << 20


@contextmanager
def unpacked(path: Path, extensions: tuple[str, ...], layer: str | None) -> Iterator[Path]:
    """Unpack the data set that ``path`` holds (the one called ``layer`` where several do); gone afterwards.

    Names inside never become paths: the files are written as ``layer.*``. Links are not followed, shadows that macOS
    adds (``__MACOSX/._name``) are skipped, and unpacking stops at the limits of
    :class:`~gridmap.importers.limits.Limits`, whatever the archive says about its sizes. Names that lead out of the
    folder, links, devices and control characters refuse the whole archive: no honest program writes them.

    Raises
    ------
    FileHostile, FileTooHard, FileUnreadable, NothingToRead
    """
    with TemporaryDirectory(prefix="gridmap-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                members = archive.infolist()
                packed_size(path, archive, current())
                for member in members:
                    _honest(path, member)
                chosen = _choose(path, [m for m in members if not _shadow(m)], extensions, layer)
                inner = _write(path, archive, members, chosen, Path(folder))
        except DAMAGED as error:
            if isinstance(error, OSError) and error.errno in (errno.EFBIG, errno.ENOSPC):
                raise
            raise FileUnreadable(path=path, detail=f"the archive is damaged or encrypted ({error}).") from error
        yield inner


def member_name(member: zipfile.ZipInfo) -> str:
    """Name of a member as its maker wrote it: archives from Chinese Windows carry GBK without saying so."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def _honest(path: Path, member: zipfile.ZipInfo) -> None:
    """Refuse a member whose name or kind is an attack, not a mistake."""
    name = member_name(member)
    parts = name.replace("\\", "/").split("/")
    reason = None
    if any(unicodedata.category(sign) == "Cc" for sign in (*name, *member.orig_filename)):
        reason = Message("a name in the archive holds control characters.")
    elif parts[0] == "" or ":" in parts[0] or ".." in parts:
        reason = Message("a name in the archive leads out of its folder.")
    elif (member.external_attr >> 16) & 0o170000 == 0o120000:
        reason = Message("the archive holds a link to another file.")
    elif DEVICES.fullmatch(parts[-1]):
        reason = Message("a name in the archive is the name of a device.")
    if reason is not None:
        raise FileHostile(path=str(path), reason=reason)


def _shadow(member: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    return member.is_dir() or any(part == "__MACOSX" or part.startswith("._") for part in parts)


def _choose(
    path: Path, members: list[zipfile.ZipInfo], extensions: tuple[str, ...], layer: str | None
) -> zipfile.ZipInfo:
    found = [member for member in members if member.filename.lower().endswith(extensions)]
    names = [PurePosixPath(member_name(member).replace("\\", "/")).stem for member in found]
    if not found and any(member.filename.lower().endswith(ARCHIVES) for member in members):
        raise FileUnreadable(path=path, detail="it holds another archive. Unpack it once, and import what is inside.")
    if not found:
        raise NothingToRead(path=path, what=f"file that gridmap reads ({', '.join(extensions)})")
    if len(found) > 1 and layer is None and path.suffix.lower() == ".kmz" and "doc" in names:
        layer = "doc"  # the one that a KMZ shows; others are there to be linked from it
    if len(found) > 1 and layer is not None:
        picked = [member for member, name in zip(found, names, strict=True) if name == layer]
        found = picked or found
    if len(found) > 1:
        shown = ", ".join(sorted(names)[:20])
        raise FileUnreadable(path=path, detail=f"it holds several data sets; say which as layer: {shown}.")
    return found[0]


def _write(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], chosen: zipfile.ZipInfo, folder: Path
) -> Path:
    """Write the chosen member and its companions; returns the path of the former."""
    stem, suffix = _split(chosen.filename)
    wanted = {suffix: chosen}
    if suffix == ".shp":
        for member in members:
            other, kind = _split(member.filename)
            if other.lower() == stem.lower() and kind in SHAPEFILE_PARTS and not _shadow(member):
                wanted.setdefault(kind, member)
    left = current().unpacked_bytes
    for kind, member in wanted.items():
        with archive.open(member) as source, (folder / f"layer{kind}").open("wb") as target:
            while piece := source.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    raise too_hard(path, "unpacked_bytes", current())
                target.write(piece)
    return folder / f"layer{suffix}"


def _split(name: str) -> tuple[str, str]:
    lower = name.lower()
    suffix = ".csv.gz" if lower.endswith(".csv.gz") else PurePosixPath(lower).suffix
    return name[: -len(suffix)], suffix
