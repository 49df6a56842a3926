"""Files in: choose a list, upload a file, follow it from the first question to the commit. For those who may import."""

from __future__ import annotations

import shutil
import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any

from flask import Blueprint, abort, current_app, jsonify, make_response, redirect, render_template, request, send_file
from flask import url_for as address
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from gridmap.domain.permissions import Permission
from gridmap.errors import BadInput, GridmapError
from gridmap.importers.layers import layer as layer_named
from gridmap.jobs import uploads as jobs
from gridmap.services import units
from gridmap.services.importing import uploads
from gridmap.translations import LANGUAGES, explain
from gridmap.web import signin
from gridmap.web.api import imports_json
from gridmap.web.database import database, db
from gridmap.web.errors import answer, status_of, wants_json
from gridmap.web.i18n import gettext, language, script_words
from gridmap.web.pages import import_lists

blueprint = Blueprint("imports", __name__, url_prefix="/import")

#: room for the form around the file
_FORM_BYTES = 1_000_000
#: rows of "my uploads" and of the import log
_UPLOADS_SHOWN, _IMPORTS_SHOWN = 20, 50
_MOST_PARTS = 12
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.url_value_preprocessor
def _let_files_in(endpoint: str | None, values: dict[str, Any] | None) -> None:  # noqa: ARG001
    """Let a large body in at this one address, and only from those who may import.

    It runs before the form is read (the check of its token does so): from anybody else the usual small limit holds,
    so no stranger fills the disk.
    """
    if request.method != "POST" or endpoint != "imports.receive":
        return
    if not current_user.is_authenticated:
        abort(make_response(answer(401, "SignedOut", gettext("Please sign in."))))
    signin.actor().require(Permission.IMPORT)
    request.max_content_length = largest_bytes() + _FORM_BYTES


def largest_bytes() -> int:
    """The largest file that is taken."""
    value: int = current_app.config["GRIDMAP_UPLOAD_LARGEST_BYTES"]
    return value


@blueprint.get("")
@signin.signed_in
def page() -> str:
    """Choose a list and send a file; my uploads; the import log."""
    return _start()


def _start(trouble: str | None = None) -> str:
    actor = signin.actor()
    actor.require(Permission.IMPORT)
    home = units.find(db(), actor, actor.scope)
    return render_template(
        "import/start.html",
        cards=import_lists.cards(language(), gettext),
        accept=",".join(import_lists.EXTENSIONS),
        largest=imports_json.size(largest_bytes()),
        uploads=[imports_json.upload_row(each) for each in uploads.uploads(db(), actor, _UPLOADS_SHOWN)],
        imports=[imports_json.import_row(each) for each in uploads.imports(db(), actor, _IMPORTS_SHOWN)],
        home=home.name if home else actor.scope,
        trouble=trouble,
        boot=_boot(),
    )


def _boot(**more: object) -> dict[str, object]:
    return {
        "page": address("imports.page"),
        "data": address("imports_data.root").rstrip("/"),
        "csrf": generate_csrf(),
        "largest": largest_bytes(),
        "words": script_words(language()),
        **more,
    }


@blueprint.post("")
@signin.signed_in
def receive() -> Response | tuple[str, int]:
    """Take a file (or the parts of a loose Shapefile), begin to read it, and say where to follow it."""
    actor = signin.actor()
    try:
        layer = layer_named(request.form.get("layer", "")).name
        given = [file for file in request.files.getlist("file") if file.filename]
        if not given:
            raise BadInput(detail="Choose a file first.")
        with _one(given) as (name, stream):
            number = uploads.receive(db(), actor, layer, name, stream, level=request.form.get("level") or None)
    except GridmapError as error:
        if wants_json() or status_of(error) >= 500:
            raise
        return _start(explain(error, language())), status_of(error)
    jobs.start(database(), actor, number)
    target = address("imports.upload_page", upload_id=number)
    if wants_json():
        return jsonify(id=number, url=target)
    return redirect(target)


class _one:  # noqa: N801  (a context, read as a verb)
    """The one file to hand on, with its name: what was sent, or the parts of a Shapefile packed into a .zip on disk."""

    def __init__(self, files: list[FileStorage]) -> None:
        self.files = files
        self.packed: IO[bytes] | None = None

    def __enter__(self) -> tuple[str, IO[bytes]]:
        names = [_base(file) for file in self.files]
        if len(self.files) == 1:
            return names[0], self.files[0].stream
        outlines = [name for name in names if name.lower().endswith(".shp")]
        if len(outlines) != 1 or len(set(names)) != len(names) or len(names) > _MOST_PARTS:
            raise BadInput(detail="One file at a time, please. Only the parts of a Shapefile are sent together.")
        self.packed = TemporaryFile()
        with zipfile.ZipFile(self.packed, "w", zipfile.ZIP_STORED) as bundle:
            for name, file in zip(names, self.files, strict=True):
                with bundle.open(name, "w", force_zip64=True) as part:
                    shutil.copyfileobj(file.stream, part, 1 << 20)
        self.packed.seek(0)
        return outlines[0][:-4] + ".zip", self.packed

    def __exit__(self, *_: object) -> None:
        if self.packed is not None:
            self.packed.close()


def _base(file: FileStorage) -> str:
    """The name of a file without folders, as some browsers and all attackers send them."""
    return PurePosixPath((file.filename or "").replace("\\", "/")).name[-200:] or "file"


@blueprint.get("/<int:upload_id>")
@signin.signed_in
def upload_page(upload_id: int) -> str:
    """One upload, at the step where it is; the steps are fetched by its scripts."""
    actor = signin.actor()
    actor.require(Permission.IMPORT)
    upload = uploads.upload(db(), actor, upload_id)
    return render_template(
        "import/upload.html",
        upload=imports_json.upload_row(upload),
        title=import_lists.title(upload.layer, language()),
        boot=_boot(upload=upload_id),
    )


@blueprint.get("/<int:upload_id>/problems.xlsx")
@signin.signed_in
def problems(upload_id: int) -> Response:
    """The rows with problems as Excel, bad cells marked."""
    actor = signin.actor()
    upload = uploads.upload(db(), actor, upload_id)
    content = uploads.problems_workbook(db(), actor, upload_id)
    name = f"{PurePosixPath(upload.file_name).stem} {gettext('problems')}.xlsx"
    return send_file(BytesIO(content), mimetype=_SPREADSHEET, as_attachment=True, download_name=name)


@blueprint.get("/template/<layer>.xlsx")
@signin.signed_in
def template(layer: str) -> Response:
    """An empty list to fill in, with an example and an explanation of every column."""
    signin.actor().require(Permission.IMPORT)
    chosen = request.args.get("language")
    tongue = chosen if chosen in LANGUAGES else language()
    content = uploads.template_workbook(layer_named(layer).name, tongue)
    name = f"{import_lists.title(layer, tongue)}.xlsx"
    return send_file(BytesIO(content), mimetype=_SPREADSHEET, as_attachment=True, download_name=name)
