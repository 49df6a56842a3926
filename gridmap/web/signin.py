"""Who is signed in: Flask-Login keeps the session, ``services.accounts`` knows the accounts.

A session carries the account's number and the stamp of its password: a changed password or a locked account ends every
session of that account. Signing in starts a new session, whatever the old one held.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, g, redirect, request, session, url_for
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from gridmap.domain.permissions import GRANTS, Actor, Permission
from gridmap.services import accounts
from gridmap.web.database import db
from gridmap.web.errors import answer, wants_json
from gridmap.web.i18n import gettext

View = TypeVar("View", bound=Callable[..., Any])

login_manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]
    """The signed-in account of a request."""

    def __init__(self, account: accounts.AccountDetails) -> None:
        self.account = account
        self.actor: Actor = accounts.actor_for(account)

    def get_id(self) -> str:
        return f"{self.account.account_id}:{self.account.stamp}"


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load(session_id: str) -> SignedIn | None:
    """Return the account of a session, or None when it is gone, locked, or its password has changed since."""
    number, _, stamp = session_id.partition(":")
    if not number.isdigit():
        return None
    account = accounts.find(db(), int(number))
    if account is None or not account.active or account.stamp != stamp:
        return None
    return SignedIn(account)


def begin(account: accounts.AccountDetails) -> None:
    """Start a fresh session for an account; nothing of an older session (its CSRF token either) survives."""
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = True
    login_user(SignedIn(account))


def end() -> None:
    """End the session."""
    logout_user()
    session.clear()


def actor() -> Actor:
    """Return the actor of this request. Only inside a view marked with :func:`signed_in`."""
    present: Actor = current_user.actor
    return present


def signed_in(view: View) -> View:
    """Send who is not signed in to the sign-in page and back; answer 401 to scripts."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if current_user.is_authenticated:
            return view(*args, **kwargs)
        if wants_json() or request.method != "GET":
            return answer(401, "SignedOut", gettext("Please sign in."))
        wanted = request.full_path if request.query_string else request.path
        target: BaseResponse = redirect(url_for("account.sign_in", next=wanted if wanted != "/" else None))
        return target

    return guarded  # type: ignore[return-value]


def init_app(app: Flask) -> None:
    """Attach Flask-Login and tell templates who is signed in."""
    login_manager.init_app(app)
    login_manager.session_protection = "basic"

    @app.context_processor
    def _who() -> dict[str, object]:
        if not current_user or not current_user.is_authenticated:
            return {"actor": None}
        present: Actor = current_user.actor
        granted = GRANTS[present.role]
        return {
            "actor": present,
            "account": current_user.account,
            "role_name": gettext(ROLE_NAMES[present.role.value]),
            "may_import": Permission.IMPORT in granted,
            "sections": [
                (name, gettext(title))
                for name, title, permission in SECTIONS
                if permission in granted and name.partition(".")[0] in app.blueprints
            ],
            "may_manage": Permission.MANAGE_ACCOUNTS in granted,
            "may_rule": Permission.MANAGE_CASE_RULES in granted,
        }


#: pages of the header: endpoint, what people call it, and the permission that shows it
SECTIONS = (
    ("inspect.page", "Coverage map", Permission.VIEW_COVERAGE),
    ("plans.page", "Plans", Permission.VIEW_COVERAGE),
    ("field.page", "My grid", Permission.HANDLE_CASES),
    ("cases.page", "Cases", Permission.VIEW_CASES),
    ("whistles.page", "Whistles", Permission.VIEW_CASES),
    ("meetings.page", "Meetings", Permission.HOLD_MEETINGS),
    ("moderation.page", "To publish", Permission.DISPATCH_CASES),
    ("board.page", "Board", Permission.VIEW_CASES),
    ("imports.page", "Files in", Permission.IMPORT),
)

#: role → what people call it
ROLE_NAMES = {
    "administrator": "Administrator",
    "inspector": "Organisation department",
    "planner": "Planner",
    "worker": "Grid worker",
    "dispatcher": "Dispatcher",
    "leader": "Leader",
}
