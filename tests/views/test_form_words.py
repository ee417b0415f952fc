"""What libraries say of a field is said in the reader's language."""

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_wtf import FlaskForm
from wtforms import IntegerField, StringField
from wtforms.validators import Length


@pytest.fixture
def engine_name() -> str:
    """No table is touched."""
    return "sqlite"


class Form(FlaskForm):
    """Any form of ours or of FAB's."""

    reason = StringField(validators=[Length(max=3)])
    number = IntegerField()


@pytest.mark.parametrize(
    ("language", "words"), [("vi", "Không được dài quá 3 ký tự."), ("en", "be longer than 3 characters")]
)
def test_a_library_speaks_the_readers_language(app: Flask, language: str, words: str) -> None:
    data = {"reason": "quá dài", "number": "bảy"}
    with app.test_request_context(method="POST", data=data), force_locale(language):
        form = Form(meta={"csrf": False})
        assert not form.validate()
        assert words in form.reason.errors[0]
        assert ("integer" in form.number.errors[0]) == (language == "en")
