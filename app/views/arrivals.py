"""Receiving a student from another school: find, compare with the papers, give a place."""

from typing import Any, ClassVar

from flask import flash, redirect, request, url_for
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from app.domain.access import Action, Target
from app.errors import Forbidden, HocVuError, NotFound
from app.forms.people import ArrivalForm, FindForm
from app.security import request_clock
from app.services.arrivals import Released, find_released, receive_student
from app.views.base import PageView, actor, require, tell, today

PLACE = "place"
"""The second step's name in the form."""


class ArrivalView(PageView):
    """One page in two steps; what was typed travels in the form, never in an address."""

    route_base = "/students"
    default_view = "receive"
    rights: ClassVar = {"can_receive": Action.STUDENT_MANAGE}

    @expose("/receive", methods=["GET", "POST"])
    @has_access
    def receive(self) -> Any:
        """Identifier and birth date first; then the former school, and the class here."""
        require(Action.STUDENT_MANAGE, Target())
        asked = FindForm()
        if request.method == "POST" and asked.validate():
            step = self._receive if request.form.get("step") == PLACE else self._find
            try:
                return step(asked)
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                flash(tell(error), "danger")
        return self._page(asked)

    def _find(self, asked: Any) -> Any:
        found = find_released(actor(), asked.identifier.data, asked.birth_date.data, clock=request_clock())
        return self._page(asked, found, ArrivalForm(formdata=None, day=today()))

    def _receive(self, asked: Any) -> Any:
        place: Any = ArrivalForm()
        who = asked.identifier.data, asked.birth_date.data
        if place.validate():
            try:
                student_id = receive_student(
                    actor(), *who, place.school_class.data.id, place.day.data, clock=request_clock()
                )
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                flash(tell(error), "danger")
            else:
                flash(_("Received. Marks of the terms that go on have come along."), "success")
                return redirect(url_for("StudentModelView.show", pk=student_id))
        return self._page(asked, find_released(actor(), *who, clock=request_clock()), place)

    def _page(self, asked: FindForm, found: Released | None = None, place: ArrivalForm | None = None) -> Any:
        return self.render_template(
            "people/receive.html",
            title=_("Receive a student from another school"),
            asked=asked,
            found=found,
            place=place,
            step=PLACE,
            back=url_for("StudentModelView.list"),
        )
