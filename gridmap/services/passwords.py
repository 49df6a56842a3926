"""Passwords: argon2id hashes, and which passwords are too weak."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridmap.errors import PasswordTooWeak

#: NIST SP 800-63B asks for at least 8 and a list of common ones; no composition rules.
LEAST = 10
MOST = 1024

# Of the passwords that are tried first, those long enough to pass otherwise.
_COMMON = frozenset(
    """
    1234567890 0123456789 1234512345 123123123123 12345678910 qwertyuiop asdfghjkl1 qwerty123456 password12 password123
    passw0rd12 administrator iloveyou123 5201314520 1314520520 woaini1314 aa123456789 a123456789 abc123456789
    gridmap123 gridmap1234 wangge123456
    """.split()  # noqa: SIM905
)

_hasher = PasswordHasher()
# Verified against when there is no such account, so that an unknown address takes as long as a wrong password.
_NOBODY = _hasher.hash("no account has this password")


def hash_password(password: str) -> str:
    """The argon2id hash, salt and parameters included."""
    return _hasher.hash(_bytes(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Tell whether a password is the one that was hashed; None (no such account) takes as long and is False."""
    try:
        right = _hasher.verify(password_hash or _NOBODY, _bytes(password[:MOST]))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def check_strength(password: str, *names: str) -> None:
    """Raise unless a password is long enough, not a well-known one, and not one of the owner's names.

    Raises
    ------
    PasswordTooWeak
    """
    plain = password.casefold()
    known = {name.casefold() for name in names} | {name.casefold().split("@")[0] for name in names}
    if not LEAST <= len(password) <= MOST or plain in _COMMON or plain in known or len(set(plain)) < 4:
        raise PasswordTooWeak(least=LEAST)


def _bytes(password: str) -> bytes:
    """UTF-8; half a surrogate pair, which a script may send, is a wrong password and no failure of ours."""
    return password.encode("utf-8", "surrogatepass")
