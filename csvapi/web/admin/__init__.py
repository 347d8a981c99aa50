"""The pages for administrators at /admin/: Flask-Admin over the services.

sign_in   the login page and who is signed in
pages     what every page shares: who may see it, its Content-Security-Policy, its forms' CSRF token
front, users, files, tasks, sources, keys, invitations, identities, audit, second_factor: the pages
"""

from __future__ import annotations

from flask import Flask
from flask_admin import Admin
from flask_admin.menu import MenuLink
from flask_admin.theme import Bootstrap4Theme

from csvapi.extensions import db
from csvapi.models import ApiKey, AuditEntry, File, Identity, Invitation, Source, SourceFile, Task, User
from csvapi.web.admin import pages, sign_in
from csvapi.web.admin.audit import AuditLog
from csvapi.web.admin.files import Files
from csvapi.web.admin.front import Front
from csvapi.web.admin.identities import Identities
from csvapi.web.admin.invitations import Invitations
from csvapi.web.admin.keys import ApiKeys
from csvapi.web.admin.second_factor import SecondFactor
from csvapi.web.admin.sources import SourceFiles, Sources
from csvapi.web.admin.tasks import Tasks
from csvapi.web.admin.users import Users


def register(app: Flask) -> None:
    """Add the pages, the login page and the session they need."""
    sign_in.register(app)
    admin = Admin(
        app,
        name="csvapi",
        index_view=Front(name="Overview", url="/admin"),
        theme=Bootstrap4Theme(base_template="admin/csvapi/base.html", fluid=True),
        csp_nonce_generator=pages.nonce,
    )
    admin.add_view(Users(User, db, name="Users", endpoint="admin_users", url="/admin/users"))
    admin.add_view(Files(File, db, name="Files", endpoint="admin_files", url="/admin/files"))
    admin.add_view(Tasks(Task, db, name="Tasks", endpoint="admin_tasks", url="/admin/tasks"))
    sources = {"category": "Sources"}
    admin.add_view(Sources(Source, db, name="Folders", endpoint="admin_sources", url="/admin/sources", **sources))
    admin.add_view(
        SourceFiles(
            SourceFile, db, name="Their files", endpoint="admin_source_files", url="/admin/source-files", **sources
        )
    )
    admin.add_view(ApiKeys(ApiKey, db, name="Keys", endpoint="admin_keys", url="/admin/keys"))
    admin.add_view(
        Invitations(Invitation, db, name="Invitations", endpoint="admin_invitations", url="/admin/invitations")
    )
    admin.add_view(Identities(Identity, db, name="Identities", endpoint="admin_identities", url="/admin/identities"))
    admin.add_view(AuditLog(AuditEntry, db, name="Audit log", endpoint="admin_audit", url="/admin/audit"))
    admin.add_view(SecondFactor(name="Second factor", endpoint="admin_second_factor", url="/admin/second-factor"))
    admin.add_link(MenuLink(name="Queue", url="/rq/"))
    admin.add_link(MenuLink(name="API", url="/swagger/"))
    pages.secure(app, {view.blueprint.name for view in admin._views if view.blueprint} | {sign_in.blp.name})  # noqa: SLF001 -- it has no public list
