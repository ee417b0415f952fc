"""Notices for a person or for everybody of a unit."""

from typing import Any, ClassVar

import sqlalchemy as sa
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action
from app.extensions import db
from app.models import Notice, NoticeRead
from app.security import request_clock
from app.services.notices import own_notices
from app.services.unit_of_work import plain_write
from app.views.base import PageView, actor
from app.views.doors import opens


class NoticeView(PageView):
    """The list of notices; opening it marks them read."""

    route_base = "/notices"
    default_view = "index"
    rights: ClassVar = {"can_index": Action.HOME_VIEW}

    @expose("/")
    @has_access
    def index(self) -> Any:
        """The newest hundred, unread first marked."""
        mine = own_notices(actor())
        read = sa.select(NoticeRead.notice_id).where(NoticeRead.user_id == actor().user_id)
        rows = db.session.execute(
            sa.select(Notice, Notice.id.in_(read)).where(mine).order_by(Notice.created_at.desc()).limit(100)
        ).all()
        page = self.render_template("hocvu/notices.html", title=_("Notices"), rows=rows, opens=opens)
        unread = [notice.id for notice, is_read in rows if not is_read]
        if unread:
            user_id = actor().user_id
            with plain_write() as session:
                session.add_all(
                    NoticeRead(notice_id=n, user_id=user_id, read_at=request_clock()()) for n in unread
                )
        return page


def register(appbuilder: Any) -> None:
    """Notices stand behind the bell, not in the menu."""
    appbuilder.add_view_no_menu(NoticeView())
