"""A sentence with blanks that can still be translated: what lower layers return instead of text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class Message:
    """An English template with ``{named}`` blanks, and the values that fill them.

    The template is a constant of ours (it is the translation key); values may come from users and are only
    ever filled in by ``str.format``, never interpreted.
    """

    text: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "params", MappingProxyType(dict(self.params)))

    def __reduce__(self) -> tuple[type[Message], tuple[str, dict[str, object]]]:
        # frames deep-copy what hangs on them, and a mapping proxy cannot be copied
        return Message, (self.text, dict(self.params))

    def __str__(self) -> str:
        return self.text.format(**self.params)
