"""Pages of a verb: a short form, one service call, and back to where it was asked for."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from app.errors import Forbidden, HocVuError, Invalid, NotFound
from app.forms.accounts import show_problems
from app.views.base import PageView
from app.views.context import tell


class VerbPage(PageView):
    """A page that asks a few things and calls one verb."""

    def run(
        self,
        form: FlaskForm,
        perform: Callable[[Any], object],
        *,
        title: str,
        done: str,
        back: str,
        lead: str = "",
        button: str = "",
    ) -> Any:
        """Show the form; on a valid POST perform and go back. A refusal keeps the form as typed."""
        if request.method == "POST" and form.validate():
            try:
                perform(form)
            except (Forbidden, NotFound):
                raise
            except HocVuError as error:
                if not (isinstance(error, Invalid) and show_problems(form, error)):
                    flash(tell(error), "danger")
            else:
                flash(done, "success")
                return redirect(back)
        names = [field.name for field in form if field.type != "CSRFTokenField"]
        return self.render_template(
            "people/verb.html",
            title=title,
            form=form,
            names=names,
            lead=lead,
            back=back,
            button=button or _("Save"),
        )


def done_or_told(verb: Callable[[], object], message: str, back: str) -> Response:
    """Call a verb and go back, with what came of it; the refusals that have pages of their own pass."""
    try:
        verb()
    except (Forbidden, NotFound):
        raise
    except HocVuError as error:
        flash(tell(error), "danger")
    else:
        flash(message, "success")
    return redirect(back)
