"""Photos: known by their content, made small, stripped of their metadata, shown to residents only once looked at."""

from __future__ import annotations

import io
from datetime import datetime

from PIL import Image, ImageOps, UnidentifiedImageError

from gridmap.domain.messages import Message
from gridmap.domain.permissions import Actor, Permission
from gridmap.errors import NotFound, PhotoUnusable
from gridmap.services.cases import history
from gridmap.services.cases.access import case_for, for_change
from gridmap.services.cases.history import Who
from gridmap.services.cases.moment import now
from gridmap.settings import settings
from gridmap.store.database import Session
from gridmap.store.models import Case, CasePhoto

#: Longest side that is kept, in pixels; most pixels that are decoded at all.
SIDE, MOST_PIXELS = 1_600, 60_000_000
#: What is taken, by content and not by name.
FORMATS = ("JPEG", "PNG", "WEBP")
#: Most photos of one case.
MOST = 30


def add(session: Session, actor: Actor, case_id: int, stage: str, content: bytes, *, key: str | None = None) -> int:
    """Add a photo: ``report``, ``before`` or ``after``. Sent twice with one key, it is one photo.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound, PhotoUnusable, KeyReused
    """
    actor.require(Permission.REPORT_CASES)
    asked = {"case": case_id, "stage": stage, "size": len(content)}
    kept = history.claim(session, key, f"account:{actor.account_id}", asked)
    if kept is not None:
        session.commit()
        return int(kept["photo"])
    case = for_change(session, actor, case_id, None)
    photo = keep(session, case, history.who(actor), stage, content, history.moment(case, now(session)))
    history.note(session, case, history.who(actor), "photo", history.moment(case, now(session)), stage=stage)
    history.answer(session, key, {"photo": photo})
    session.commit()
    return photo


def keep(session: Session, case: Case, by: Who, stage: str, content: bytes, at: datetime) -> int:
    """As :func:`add`, inside the caller's transaction and without a line of history; return the photo's number."""
    if stage not in ("report", "before", "after"):
        raise PhotoUnusable(detail=Message("it is taken as report, before or after."))
    if session.query(CasePhoto.id).filter(CasePhoto.case_id == case.id).count() >= MOST:
        raise PhotoUnusable(detail=Message("a case keeps at most {most} photos.", {"most": MOST}))
    picture, width, height = made_small(content)
    photo = CasePhoto(
        case_id=case.id, at=at, account_id=by.account, stage=stage, width=width, height=height, content=picture
    )
    session.add(photo)
    session.flush()
    return photo.id


def made_small(content: bytes) -> tuple[bytes, int, int]:
    """A picture as JPEG of at most 1,600 pixels a side, upright, without EXIF; with its width and height.

    Raises
    ------
    PhotoUnusable
    """
    if len(content) > settings().photo_largest_bytes:
        most = settings().photo_largest_bytes // 1_000_000
        raise PhotoUnusable(detail=Message("it is larger than {most} MB.", {"most": most}))
    if not _is_whole(content):
        raise PhotoUnusable(detail=Message("it is no whole JPEG, PNG or WebP picture."))
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise PhotoUnusable(detail=Message("it has too many pixels."))
            upright = ImageOps.exif_transpose(opened)
            upright.thumbnail((SIDE, SIDE))
            plain = Image.new("RGB", upright.size, "white")
            clear = upright.convert("RGBA")
            plain.paste(clear, mask=clear.getchannel("A"))
    except PhotoUnusable:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PhotoUnusable(detail=Message("it is no whole JPEG, PNG or WebP picture.")) from error
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue(), plain.width, plain.height


def _is_whole(content: bytes) -> bool:
    """Whether a picture has its end: Pillow may have been told by another library to take broken ones as they are."""
    if content.startswith(b"\xff\xd8"):
        return content.rfind(b"\xff\xd9") > content.rfind(b"\xff\xda") > 0
    if content.startswith(b"\x89PNG"):
        return b"IEND" in content[-1024:]
    return content[:4] == b"RIFF" and len(content) >= int.from_bytes(content[4:8], "little") + 8


def content(session: Session, actor: Actor, photo_id: int) -> bytes:
    """The picture, for who may see the case.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    """
    photo = _found(session, photo_id)
    case_for(session, actor, photo.case_id)
    return photo.content


def public_content(session: Session, photo_id: int) -> bytes:
    """The picture, for anybody, where somebody has looked at it and let it be public.

    Raises
    ------
    NotFound
    """
    photo = _found(session, photo_id)
    case = session.get(Case, photo.case_id)
    if not photo.public or case is None or case.restricted or case.public_words is None:
        raise NotFound(what="photo", key=photo_id)
    return photo.content


def publish(session: Session, actor: Actor, photo_id: int, public: bool) -> None:
    """Let everybody see a picture, or no longer.

    Raises
    ------
    PermissionMissing, OutsideScope, NotFound
    """
    actor.require(Permission.DISPATCH_CASES)
    photo = _found(session, photo_id)
    case = for_change(session, actor, photo.case_id, None)
    photo.public = public
    act = "photo published" if public else "photo withheld"
    history.note(session, case, history.who(actor), act, history.moment(case, now(session)), photo=photo_id)
    session.commit()


def _found(session: Session, photo_id: int) -> CasePhoto:
    photo = session.get(CasePhoto, photo_id)
    if photo is None:
        raise NotFound(what="photo", key=photo_id)
    return photo
