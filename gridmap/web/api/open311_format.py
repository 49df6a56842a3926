"""Open311 documents in XML and JSON: one tree, two spellings.

XML has a declaration, no namespaces, and names every item of a list; JSON leaves the outermost name away and is a bare
array for lists. Codes are strings in both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

XML, JSON = "text/xml; charset=utf-8", "application/json"

#: list → what an item of it is called in XML
ITEMS = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "extended_attributes": "extended_attribute",
    "formats": "format",
    "notes": "note",
    "service_requests": "request",
    "service_requests_updates": "request_update",
    "services": "service",
    "values": "value",
}
#: What XML 1.0 cannot hold at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_xml(root: str, document: Any) -> bytes:
    """A document as XML: ``root`` is the outermost element."""
    written: bytes = ET.tostring(_element(root, document), encoding="utf-8", xml_declaration=True)
    return written


def as_json(document: Any) -> bytes:
    """A document as JSON."""
    return (json.dumps(document, ensure_ascii=False) + "\n").encode()


def _element(name: str, value: Any) -> ET.Element:
    element = ET.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(str(key), each) for key, each in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        item = ITEMS.get(name, "value")
        element.extend(_element(item, each) for each in value)
    elif isinstance(value, bool):
        element.text = "true" if value else "false"
    elif value is not None:
        element.text = _NOT_XML.sub("\ufffd", str(value))
    return element
