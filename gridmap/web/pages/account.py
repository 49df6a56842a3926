"""Signing in and out, the own account, the language switch."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from gridmap.domain.permissions import GRANTS
from gridmap.errors import GridmapError
from gridmap.services import accounts, units
from gridmap.translations import LANGUAGES, explain
from gridmap.web import signin
from gridmap.web.database import db
from gridmap.web.i18n import COOKIE, gettext, language, safe_next

blueprint = Blueprint("account", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> str | Response | tuple[str, int]:
    """Show the form, or check what was typed. After too many failures the account rests for a while."""
    target = safe_next(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(target or url_for("inspect.page"))
    if request.method == "GET":
        return render_template("account/sign_in.html", next=target)
    email = request.form.get("email", "").strip()[:320]
    try:
        account = accounts.verify(db(), email, request.form.get("password", "")[:1024])
    except GridmapError as error:
        trouble = explain(error, language())
        return render_template("account/sign_in.html", next=target, email=email, trouble=trouble), 401
    signin.begin(account)
    return redirect(target or url_for("inspect.page"))


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End the session."""
    signin.end()
    response = redirect(url_for("account.sign_in"))
    # what the phone page kept for the time without a signal goes with the account
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post("/language")
def switch_language() -> Response:
    """Keep the chosen language in a cookie and go back."""
    response = redirect(safe_next(request.form.get("next")) or url_for("inspect.page"))
    wanted = request.form.get("language")
    if wanted in LANGUAGES:
        response.set_cookie(
            COOKIE,
            wanted,
            max_age=31_536_000,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
        )
    return response


def _account_page(status: int = 200, **context: object) -> tuple[str, int]:
    actor = signin.actor()
    names = sorted(gettext(permission.value) for permission in GRANTS[actor.role])
    scope = units.find(db(), actor, actor.scope)
    page = render_template("account/account.html", permissions=names, scope_name=scope.name if scope else "", **context)
    return page, status


@blueprint.get("/account")
@signin.signed_in
def page() -> tuple[str, int]:
    """Who am I, what may I, where."""
    return _account_page()


@blueprint.post("/account/password")
@signin.signed_in
def change_password() -> tuple[str, int]:
    """Change the own password; every other session of the account ends."""
    given = request.form
    try:
        account = accounts.change_password(db(), signin.actor(), given.get("present", ""), given.get("wanted", ""))
    except GridmapError as error:
        return _account_page(400, trouble=explain(error, language()))
    signin.begin(account)
    return _account_page(done=gettext("The password is changed. Other sessions of this account have ended."))
