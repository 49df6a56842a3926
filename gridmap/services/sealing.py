"""The secret key of this installation, and what hangs on it: sealed texts and codes that cannot be guessed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets

from cryptography.fernet import Fernet, InvalidToken

from gridmap.settings import Settings, settings

#: Letters of follow codes: no 0/O, 1/I/L, U.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def secret_key(chosen: Settings) -> str:
    """The key that signs sessions: the setting, else one made once and kept in the home folder (0600)."""
    if chosen.secret_key:
        return chosen.secret_key
    path = chosen.home / "secret-key"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    key = secrets.token_urlsafe(48)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key)
    return key


def seal(words: str) -> bytes:
    """A text as only this installation can read it (Fernet: AES-128-CBC with HMAC-SHA256)."""
    return _fernet().encrypt(words.encode())


def unseal(sealed: bytes) -> str | None:
    """The text again, or None where it was sealed with another key."""
    try:
        return _fernet().decrypt(sealed).decode()
    except InvalidToken:
        return None


def _fernet() -> Fernet:
    derived = hashlib.sha256(b"gridmap contact " + secret_key(settings()).encode()).digest()
    return Fernet(base64.urlsafe_b64encode(derived))


def follow_code(key: str | None = None) -> str:
    """A code of twelve letters (59 bits) by which a resident follows a case.

    With ``key`` (the sender's own) always the same one, so that a report sent twice is answered twice alike.
    """
    if key is None:
        drawn = [secrets.choice(_LETTERS) for _ in range(12)]
    else:
        digest = hmac.digest(secret_key(settings()).encode(), b"follow " + key.encode(), "sha256")
        number = int.from_bytes(digest)
        drawn = []
        for _ in range(12):
            number, at = divmod(number, len(_LETTERS))
            drawn.append(_LETTERS[at])
    return "-".join("".join(drawn[at : at + 4]) for at in (0, 4, 8))


def follow_hash(code: str) -> str:
    """What is kept of a follow code: the sha256 of its letters, however they were typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
