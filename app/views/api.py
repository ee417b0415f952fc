"""The gradebook for programs: bearer tokens of /api/v1/security/login, the same services, locks and scope as the pages."""

from typing import Any, ClassVar

from flask import current_app, jsonify
from flask_appbuilder.api import BaseApi, expose, protect
from flask_appbuilder.security.decorators import permission_name

from app.domain.access import Action
from app.errors import Invalid, Locked, Stale
from app.extensions import db
from app.security import request_clock
from app.services.gradebook import enter_scores
from app.services.locks import sheet_locks
from app.services.sheet_reading import load_lines
from app.views.base import actor, tell
from app.views.gradebook import open_sheet
from app.views.sheet_page import sheet_data
from app.views.sheet_saving import json_body, json_changes, refusal, request_id, saved_answer


class SheetApi(BaseApi):
    """Read a sheet and save changed cells, with a token only: a browser's cookie opens nothing here."""

    resource_name = "sheets"
    class_permission_name = "SheetApi"
    allow_browser_login = False
    csrf_exempt = True
    openapi_spec_tag = "Gradebook"
    rights: ClassVar = {"can_get": Action.SHEET_VIEW, "can_post": Action.SHEET_ENTER}

    def __init__(self) -> None:
        super().__init__()
        current_app.appbuilder.sm.view_rights.update(
            {(self.class_permission_name, permission): action for permission, action in self.rights.items()}
        )

    @expose("/<int:sheet_id>", methods=["GET"])
    @protect()
    @permission_name("get")
    def sheet(self, sheet_id: int) -> Any:
        """The sheet's columns with their lock state, and its lines.
        ---
        get:
          parameters: [{in: path, name: sheet_id, schema: {type: integer}}]
          responses: {200: {description: sheet}, 403: {description: no right}, 404: {description: out of reach}}
        """
        facts, now = open_sheet(sheet_id)
        lines = load_lines(db.session(), facts.sheet)
        locks = sheet_locks(db.session(), facts.sheet, facts.columns, now)
        data = sheet_data(actor(), facts, lines, locks)
        return jsonify({key: data[key] for key in ("sheet", "columns", "rows")})

    @expose("/<int:sheet_id>/cells", methods=["POST"])
    @protect()
    @permission_name("post")
    def cells(self, sheet_id: int) -> Any:
        """Save changed cells, all or nothing: {"request_id": uuid, "changes": [{student, column, old, new}]}.
        ---
        post:
          parameters: [{in: path, name: sheet_id, schema: {type: integer}}]
          responses:
            200: {description: saved}
            409: {description: somebody saved first}
            422: {description: values refused}
            423: {description: locked}
        """
        body = json_body()
        try:
            saved = enter_scores(
                actor(), sheet_id, json_changes(body), clock=request_clock(), request_id=request_id(body)
            )
        except (Invalid, Stale, Locked) as error:
            return jsonify(message=tell(error), **refusal(error, sheet_id)), error.status
        return jsonify(saved_answer(saved))


def register(appbuilder: Any) -> None:
    """The API has no menu."""
    appbuilder.add_api(SheetApi)
