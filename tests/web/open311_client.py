"""An Open311 GeoReport v2 client that checks every answer, written from the specification and not from our server.

It knows the document shapes of wiki.open311.org/GeoReport_v2: element names, required fields, types, content types,
time zones, error bodies. Methods return checked documents; a breach is an AssertionError.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from flask.testing import FlaskClient

CONTENT_TYPES = {"xml": "text/xml; charset=utf-8", "json": "application/json"}
#: Fields of a request, all of which an answer names.
REQUEST_FIELDS = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
SERVICE_FIELDS = {
    "service_code", "service_name", "description", "metadata", "type", "keywords", "group"
}  # fmt: skip
ATTRIBUTE_FIELDS = {
    "variable", "code", "datatype", "required", "datatype_description", "order", "description"
}  # fmt: skip
DATATYPES = {"string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"}
W3C = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def moment(words: str) -> datetime:
    """A moment with its zone, as the W3C writes it."""
    assert W3C.fullmatch(words), f"{words!r} is no W3C moment with a zone"
    return datetime.fromisoformat(words)


class Refused(Exception):
    """The server answered with an error of the specified shape."""

    def __init__(self, status: int, errors: list[tuple[str, str]]) -> None:
        self.status, self.errors = status, errors
        super().__init__(status, errors)


class Open311Client:
    """Speaks one format: xml or json."""

    def __init__(self, http: FlaskClient, form: str, *, key: str | None = None, root: str = "/open311/v2") -> None:
        self.http, self.form, self.key, self.root = http, form, key, root

    # --- the wire

    def _read(self, response: Any, root: str) -> Any:
        assert response.content_type == CONTENT_TYPES[self.form], response.content_type
        body = response.get_data()
        body.decode("utf-8")
        if self.form == "xml":
            assert re.match(rb"<\?xml version=['\"]1\.0['\"] encoding=['\"]utf-8['\"]\?>", body, re.I), body[:60]
            assert b"xmlns" not in body, "the specification has no namespaces"
            document = ET.fromstring(body)
            if response.status_code >= 400:
                self._raise(response.status_code, document)
            assert document.tag == root, document.tag
            return document
        document = json.loads(body)
        if response.status_code >= 400:
            self._raise(response.status_code, document)
        return document

    def _raise(self, status: int, document: Any) -> None:
        if self.form == "xml":
            assert document.tag == "errors"
            found = [(each.findtext("code") or "", each.findtext("description") or "") for each in document]
            assert all(each.tag == "error" for each in document)
        else:
            assert isinstance(document, list), "errors are a bare array"
            assert all(set(each) == {"code", "description"} for each in document)
            found = [(each["code"], each["description"]) for each in document]
        assert found
        for code, words in found:
            assert code == str(status)
            assert words
        raise Refused(status, found)

    def _get(self, path: str, root: str, **given: str) -> Any:
        return self._read(self.http.get(f"{self.root}/{path}.{self.form}", query_string=given), root)

    def _post(self, path: str, root: str, given: dict[str, Any], *, with_key: bool = True) -> Any:
        sent = {**({"api_key": self.key} if with_key and self.key else {}), **given}
        # form-encoded, as the specification says; a list is one name several times
        return self._read(self.http.post(f"{self.root}/{path}.{self.form}", data=sent), root)

    def _items(self, document: Any, item: str) -> list[dict[str, Any]]:
        if self.form == "json":
            assert isinstance(document, list), "lists are bare arrays"
            return document
        assert all(each.tag == item for each in document)
        return [_as_dict(each) for each in document]

    # --- methods of the specification

    def discovery(self) -> dict[str, Any]:
        document = self._get("discovery", "discovery")
        if self.form == "xml":
            found = {each.tag: each.text for each in document if each.tag != "endpoints"}
            endpoints = [
                {**{part.tag: part.text for part in each if part.tag != "formats"},
                 "formats": [part.text for part in each.find("formats")]}
                for each in document.find("endpoints")
            ]  # fmt: skip
            assert all(part.tag == "format" for each in document.iter("formats") for part in each)
            found["endpoints"] = endpoints
        else:
            found = document
        assert {"changeset", "contact", "key_service", "endpoints"} <= set(found)
        assert found["endpoints"]
        for each in found["endpoints"]:
            assert {"specification", "url", "changeset", "type", "formats"} <= set(each)
            assert each["specification"] == "http://wiki.open311.org/GeoReport_v2"
            assert each["type"] in ("production", "test")
            assert "text/xml" in each["formats"]
            assert not each["url"].endswith("/")
        return found

    def services(self) -> list[dict[str, Any]]:
        rows = self._items(self._get("services", "services"), "service")
        for row in rows:
            assert set(row) == SERVICE_FIELDS
            assert isinstance(row["service_code"], str)
            assert row["service_code"]
            assert row["service_name"]
            assert row["metadata"] in ((True, False) if self.form == "json" else ("true", "false"))
            assert row["type"] in ("realtime", "batch", "blackbox")
        return rows

    def definition(self, code: str) -> list[dict[str, Any]]:
        document = self._get(f"services/{code}", "service_definition")
        if self.form == "json":
            assert isinstance(document, dict)
            assert document["service_code"] == code
            rows = document["attributes"]
        else:
            assert document.findtext("service_code") == code
            rows = []
            for each in document.find("attributes"):
                assert each.tag == "attribute"
                row = {part.tag: part.text for part in each if part.tag != "values"}
                if each.find("values") is not None:
                    row["values"] = [_as_dict(value) for value in each.find("values")]
                    assert all(value.tag == "value" for value in each.find("values"))
                rows.append(row)
        for row in rows:
            assert set(row) - {"values"} == ATTRIBUTE_FIELDS
            assert row["datatype"] in DATATYPES
            assert isinstance(row["code"], str)
            if row["datatype"].endswith("valuelist"):
                assert all(set(value) == {"key", "name"} and isinstance(value["key"], str) for value in row["values"])
        return rows

    def requests(self, **given: str) -> list[dict[str, Any]]:
        return self._checked(self._get("requests", "service_requests", **given))

    def request(self, number: str, **given: str) -> dict[str, Any]:
        (row,) = self._checked(self._get(f"requests/{number}", "service_requests", **given))
        return row

    def token(self, token: str) -> dict[str, Any]:
        (row,) = self._items(self._get(f"tokens/{token}", "service_requests"), "request")
        assert set(row) == {"service_request_id", "token"}
        return row

    def send(self, *, with_key: bool = True, **given: Any) -> dict[str, Any]:
        named = {name.replace("__", "[", 1) + "]" if "__" in name else name: value for name, value in given.items()}
        (row,) = self._items(self._post("requests", "service_requests", named, with_key=with_key), "request")
        # an id or a token, never neither, never both
        assert bool(row.get("service_request_id")) != bool(row.get("token"))
        assert set(row) <= {"service_request_id", "token", "service_notice", "account_id"}
        return row

    def updates(self, **given: str) -> list[dict[str, Any]]:
        rows = self._items(self._get("servicerequestupdates", "service_requests_updates", **given), "request_update")
        for row in rows:
            assert {"update_id", "service_request_id", "status", "updated_datetime", "description"} <= set(row)
            moment(row["updated_datetime"])
            if "start_date" in given:
                start, end = (datetime.fromisoformat(given[name]) for name in ("start_date", "end_date"))
                assert start <= moment(row["updated_datetime"]) <= end
        return rows

    def send_update(self, *, with_key: bool = True, **given: Any) -> str:
        document = self._post("servicerequestupdates", "service_requests_updates", given, with_key=with_key)
        (row,) = self._items(document, "request_update")
        assert row["update_id"]
        return str(row["update_id"])

    # --- what every request must be

    def _checked(self, document: Any) -> list[dict[str, Any]]:
        rows = self._items(document, "request")
        assert len(rows) <= 1_000
        for row in rows:
            assert set(row) >= REQUEST_FIELDS, REQUEST_FIELDS - set(row)
            assert row["status"] in ("open", "closed")
            for name in ("service_request_id", "service_code"):
                assert isinstance(row[name], str)
                assert row[name]
            moment(row["requested_datetime"])
            moment(row["updated_datetime"])
            if row["expected_datetime"]:
                moment(row["expected_datetime"])
            if row["lat"] not in (None, ""):
                assert -90 <= float(row["lat"]) <= 90
                assert -180 <= float(row["long"]) <= 180
        return rows


def _as_dict(element: ET.Element) -> dict[str, Any]:
    return {each.tag: _as_list(each) if len(each) else each.text for each in element}


def _as_list(element: ET.Element) -> list[dict[str, Any]]:
    return [_as_dict(each) for each in element]
