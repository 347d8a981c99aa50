"""The first page: the installation in numbers."""

from __future__ import annotations

from flask_admin import AdminIndexView, expose

import csvapi
from csvapi.models import Status
from csvapi.services import administration, health, mailing
from csvapi.web.admin.pages import Locked, human


class Front(Locked, AdminIndexView):
    """What an administrator sees first."""

    @expose("/")
    def index(self) -> str:
        """The numbers of users, files and tasks, the disk, and whether each part of the service works."""
        figures = administration.figures()
        return str(
            self.render(
                "admin/csvapi/front.html",
                figures=figures,
                parts=health.report(),
                stored=human(figures.bytes),
                free=human(figures.free),
                statuses=list(Status),
                mails=mailing.given_up(),
                version=csvapi.__version__,
            )
        )
