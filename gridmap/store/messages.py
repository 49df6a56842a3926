"""Messages as JSON, so that a sentence kept in a row can still be said in any language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridmap.domain.messages import Message


def packed(message: Message) -> dict[str, Any]:
    """A message as plain values; messages among its values are packed too."""
    return {
        "text": message.text,
        "params": {
            name: packed(value) if isinstance(value, Message) else value for name, value in message.params.items()
        },
    }


def unpacked(row: Mapping[str, Any]) -> Message:
    """The message that was packed."""
    params = {name: unpacked(value) if isinstance(value, dict) else value for name, value in row["params"].items()}
    return Message(row["text"], params)
