"""Accounts, for administrators: who may sign in, with which role, for which area."""

from __future__ import annotations

import secrets

from flask import Blueprint, render_template, request
from flask_login import current_user

from gridmap.domain.permissions import Permission, Role
from gridmap.errors import BadInput, GridmapError
from gridmap.services import accounts, units
from gridmap.translations import explain
from gridmap.web import signin
from gridmap.web.database import db
from gridmap.web.i18n import gettext, language

blueprint = Blueprint("accounts", __name__, url_prefix="/accounts")


def _page(status: int = 200, **context: object) -> tuple[str, int]:
    actor = signin.actor()
    rows = accounts.list_accounts(db(), actor)
    names = units.names(db(), actor, {row.scope for row in rows})
    roles = {role.value: gettext(signin.ROLE_NAMES[role.value]) for role in Role}
    page = render_template(
        "account/accounts.html", rows=rows, names=names, roles=roles, own=current_user.account.account_id, **context
    )
    return page, status


@blueprint.get("/")
@signin.signed_in
def page() -> tuple[str, int]:
    """All accounts of the administrator's area."""
    signin.actor().require(Permission.MANAGE_ACCOUNTS)
    return _page()


@blueprint.post("/")
@signin.signed_in
def add() -> tuple[str, int]:
    """Add an account; its first password is made here and shown once."""
    given = request.form
    password = secrets.token_urlsafe(12)
    try:
        role = _role(given.get("role", ""))
        account = accounts.create(
            db(),
            signin.actor(),
            email=given.get("email", ""),
            name=given.get("name", ""),
            role=role,
            scope=given.get("scope", "").strip(),
            password=password,
        )
    except GridmapError as error:
        signin.actor().require(Permission.MANAGE_ACCOUNTS)
        return _page(400, trouble=explain(error, language()), given=given)
    return _page(shown_password=password, shown_for=account.email)


@blueprint.post("/<int:account_id>/password")
@signin.signed_in
def reset(account_id: int) -> tuple[str, int]:
    """Give an account a new password, shown once; it is unlocked and its sessions end."""
    signin.actor().require(Permission.MANAGE_ACCOUNTS)
    password = secrets.token_urlsafe(12)
    account = accounts.reset_password(db(), signin.actor(), account_id, password)
    return _page(shown_password=password, shown_for=account.email)


@blueprint.post("/<int:account_id>/active")
@signin.signed_in
def switch(account_id: int) -> tuple[str, int]:
    """Close an account or open it again."""
    signin.actor().require(Permission.MANAGE_ACCOUNTS)
    if account_id == current_user.account.account_id:
        return _page(400, trouble=gettext("You cannot close your own account."))
    accounts.set_active(db(), signin.actor(), account_id, request.form.get("active") == "yes")
    return _page()


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise BadInput(detail="Choose a role.") from None
