"""The resident's page of a grid, without an account: pictures that somebody let be public."""

from __future__ import annotations

from flask import Blueprint, Response

from gridmap.services.cases import photos
from gridmap.web.database import db

blueprint = Blueprint("resident", __name__, url_prefix="/r")


@blueprint.get("/photo/<int:photo_id>.jpg")
def photo(photo_id: int) -> Response:
    """A picture that somebody looked at and let be public."""
    response = Response(photos.public_content(db(), photo_id), mimetype="image/jpeg")
    # withdrawn pictures must go: browsers keep them for minutes only
    response.cache_control.public = True
    response.cache_control.max_age = 300
    return response
