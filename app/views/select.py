"""Names for the search boxes of forms: one scoped endpoint, a page at a time; a big table is never a full select."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa
from flask import abort, jsonify, request
from flask_appbuilder import expose, has_access
from sqlalchemy.orm import joinedload

from app.domain.access import Action, may_ever
from app.domain.dates import format_date
from app.extensions import db
from app.models import OrgUnit, Person, SchoolClass, SchoolYear, Student, TeachingGroup
from app.services import scope
from app.services.search import ESCAPE, FEW, escaped, name_matches
from app.views.base import PageView
from app.views.context import actor, today

PAGE = 20


@dataclass(frozen=True)
class Kind:
    """A kind of record one can choose: who may, how it is searched, ordered and written."""

    model: Any
    action: Action
    matches: Callable[[str], sa.ColumnElement[bool]]
    order: tuple[Any, ...]
    text: Callable[[Any], str]
    options: tuple[Any, ...] = ()
    join: Any = None


def _name_like(column: Any) -> Callable[[str], sa.ColumnElement[bool]]:
    return lambda term: column.ilike(f"{escaped(term)}%", escape=ESCAPE)


def _student(row: Student) -> str:
    return " · ".join(part for part in (row.full_name, format_date(row.birth_date), row.student_code) if part)


def _person(row: Person) -> str:
    return " · ".join(part for part in (row.full_name, row.title, row.staff_code) if part)


KINDS: Mapping[str, Kind] = {
    "person": Kind(
        Person,
        Action.STAFF_VIEW,
        lambda term: name_matches(Person, term, Person.staff_code),
        (Person.sort_key, Person.id),
        _person,
    ),
    "student": Kind(
        Student,
        Action.STUDENT_VIEW,
        lambda term: name_matches(Student, term, Student.student_code, Student.national_id),
        (Student.sort_key, Student.id),
        _student,
    ),
    "school_class": Kind(
        SchoolClass,
        Action.CLASS_VIEW,
        _name_like(SchoolClass.name),
        (
            SchoolYear.start_year.desc(),
            SchoolClass.grade,
            SchoolClass.order_no,
            SchoolClass.name,
            SchoolClass.id,
        ),
        lambda row: f"{row.name} · {row.school_year.label}",
        (joinedload(SchoolClass.school_year),),
        (SchoolYear, SchoolYear.id == SchoolClass.school_year_id),
    ),
    "teaching_group": Kind(
        TeachingGroup,
        Action.CLASS_VIEW,
        _name_like(TeachingGroup.name),
        (SchoolYear.start_year.desc(), TeachingGroup.name, TeachingGroup.id),
        lambda row: f"{row.name} · {row.school_year.label}",
        (joinedload(TeachingGroup.school_year),),
        (SchoolYear, SchoolYear.id == TeachingGroup.school_year_id),
    ),
    "org_unit": Kind(
        OrgUnit,
        Action.ORG_VIEW,
        lambda term: name_matches(OrgUnit, term),
        (OrgUnit.name_folded, OrgUnit.id),
        lambda row: f"{row.short_name} · {row.code}",
    ),
}


def pick(kind: str, text: str) -> Any:
    """The row of that id within the actor's reach, or None."""
    found = KINDS[kind]
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    query = (
        scope.scoped(actor(), found.model, today()).where(found.model.id == int(text)).options(*found.options)
    )
    return db.session.scalars(query).one_or_none()


def text_of(kind: str, row: Any) -> str:
    """How a row is written in the list of choices."""
    return KINDS[kind].text(row)


class SelectView(PageView):
    """`/select/<kind>?term=&page=`: names within reach."""

    route_base = "/select"
    default_view = "options"
    rights: ClassVar = {"can_options": Action.HOME_VIEW}

    @expose("/<string:kind>")
    @has_access
    def options(self, kind: str) -> Any:
        """A page of choices as Select2 wants them."""
        found = KINDS.get(kind)
        if found is None:
            abort(404)
        if not may_ever(actor(), found.action):
            abort(403)
        page = max(1, min(request.args.get("page", 1, type=int), 500))
        query = scope.scoped(actor(), found.model, today()).options(*found.options)
        if found.join is not None:
            query = query.join(*found.join)
        term = request.args.get("term", "").strip()[:80]
        if term:
            query = query.where(found.matches(term))
            query = _by_key(found, query)
        rows = db.session.scalars(
            query.order_by(*found.order).offset((page - 1) * PAGE).limit(PAGE + 1)
        ).all()
        return jsonify(
            results=[{"id": row.id, "text": found.text(row)} for row in rows[:PAGE]],
            pagination={"more": len(rows) > PAGE},
        )


def _by_key(found: Kind, query: sa.Select[Any]) -> sa.Select[Any]:
    """A rare name is sought in the index of names, a common one in the list's own order."""
    keys = db.session.scalars(query.options().with_only_columns(found.model.id).limit(FEW + 1)).all()
    return query if len(keys) > FEW else query.where(found.model.id.in_(keys))


def register(appbuilder: Any) -> None:
    """The endpoint; it has no menu entry."""
    appbuilder.add_view_no_menu(SelectView())
