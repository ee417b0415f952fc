"""The translation catalogues: collect the interface strings, fill them, check them.

    python -m scripts.i18n                 bring translations/ up to date with the code
    python -m scripts.i18n --merge DIR     the same, and fill what is empty from DIR/*.json ({msgid: Vietnamese})
    python -m scripts.i18n --check         fail on what is missing, wrong or out of date; writes nothing

Interface strings are English msgids in app/, and those of FAB, WTForms, Flask-WTF and Flask-Login, none of which
speaks Vietnamese. `vi` holds every string; `en` only those whose English should read differently from the msgid.
The files come out the same on every machine: sorted, without dates, places or versions.
"""

import argparse
import io
import json
import re
import sys
import unicodedata
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import flask_login.config
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
COMPLETE, SPARSE = "vi", "en"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LIBRARIES = ("flask_appbuilder", "wtforms", "flask_wtf")
LIBRARY_FILES = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
UNMARKED = (flask_login.config.LOGIN_MESSAGE, flask_login.config.REFRESH_MESSAGE)

PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]|%[sdif]|\{\w*\}")
BANNED = ("!", "vui lòng", "lỗi hệ thống")  # how HocVu speaks: plain, no shouting, no begging

HEADER = """\
# {name} interface strings of HocVu and of the libraries it shows. Written by `make i18n`.
msgid ""
msgstr ""
"Project-Id-Version: HocVu\\n"
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural}\\n"

"""


def collect() -> Catalog:
    """All msgids of the code as it is now, without translations."""
    found = Catalog()
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    _extract(found, ROOT / "app", methods, options)
    for library in LIBRARIES:
        _extract(found, Path(str(files(library))), LIBRARY_FILES, {})
    for text in UNMARKED:
        found.add(text)
    return found


def _extract(found: Catalog, folder: Path, methods: Any, options: Any) -> None:
    for _file, _line, msgid, _comments, context in extract_from_dir(folder, methods, options, KEYWORDS):
        if msgid and (isinstance(msgid, tuple) or msgid.strip()):
            found.add(msgid, context=context)


def po_path(locale: str) -> Path:
    """The catalogue of a language."""
    return ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"


def read(locale: str) -> Catalog:
    """The catalogue as it stands in the repository; an empty one if there is none."""
    path = po_path(locale)
    if not path.exists():
        return Catalog(locale=locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def refreshed(template: Catalog, old: Catalog, locale: str) -> Catalog:
    """The msgids of the code with the translations there are; strings the code lost are dropped."""
    new = Catalog(locale=locale)
    for message in messages(template):
        known = old.get(message.id, message.context)
        strings = _strings(known) if known else []
        if locale == SPARSE and not any(strings):
            continue
        flags = known.flags & {"fuzzy"} if known else set()
        new.add(message.id, _fitting(message, strings, new.num_plurals), flags=flags, context=message.context)
    return new


def _fitting(message: Message, strings: list[str], plurals: int) -> str | tuple[str, ...]:
    """The translation in the shape the msgid asks for (it may have become plural since)."""
    if not message.pluralizable:
        return strings[0] if strings else ""
    return tuple((strings + [""] * plurals)[:plurals])


def rendered(catalog: Catalog, locale: str) -> str:
    """The text of the .po file."""
    name = catalog.locale.english_name if catalog.locale else locale
    body = io.BytesIO()
    write_po(
        body, catalog, width=110, omit_header=True, no_location=True, sort_output=True, ignore_obsolete=True
    )
    header = HEADER.format(name=name, locale=locale, plural=catalog.plural_forms)
    return (header + body.getvalue().decode()).strip() + "\n"


def messages(catalog: Catalog) -> Iterator[Message]:
    """The entries without the header, in a fixed order."""
    entries = [message for message in catalog if message.id]
    return iter(sorted(entries, key=lambda message: (str(message.id), message.context or "")))


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _ids(message: Message) -> list[str]:
    return [message.id] if isinstance(message.id, str) else list(message.id)


def problems(catalog: Catalog, locale: str) -> Iterator[str]:
    """What is wrong with each translation, as sentences."""
    for message in messages(catalog):
        label = f"{locale}: {_ids(message)[0]!r}"
        if message.fuzzy:
            yield f"{label} is marked fuzzy"
        for string in _strings(message):
            yield from (f"{label} {problem}" for problem in _problems_of(string, _ids(message)[-1], locale))


def _problems_of(string: str, msgid: str, locale: str) -> Iterator[str]:
    if not string:
        yield "has no translation"
        return
    wanted, given = sorted(PLACEHOLDER.findall(msgid)), sorted(PLACEHOLDER.findall(string))
    if wanted != given:
        yield f"has placeholders {wanted}, its translation {given}"
    if not unicodedata.is_normalized("NFC", string):
        yield "has a translation with decomposed letters (NFC wanted)"
    if string[-1].isspace() != msgid[-1].isspace():
        yield "and its translation differ in the space at the end"
    if locale == COMPLETE:
        yield from (f"says {word!r}" for word in BANNED if word in string.lower())


def merge(catalog: Catalog, folder: Path) -> Iterator[str]:
    """Fill empty translations from the JSON files of a folder; yields what a person should look at."""
    chosen: dict[str, tuple[str, str]] = {}
    for path in sorted(folder.glob("*.json")):
        for msgid, text in json.loads(path.read_text(encoding="utf-8")).items():
            first = chosen.setdefault(msgid, (unicodedata.normalize("NFC", text), path.name))
            if first[0] != unicodedata.normalize("NFC", text):
                yield f"{msgid!r}: {first[1]} says {first[0]!r} (taken), {path.name} says {text!r}"
    for message in messages(catalog):
        text, _source = chosen.pop(_ids(message)[0], ("", ""))
        if text and not any(_strings(message)):
            message.string = (text,) * len(_strings(message)) if message.pluralizable else text
    for msgid, (_text, source) in sorted(chosen.items()):
        yield f"{msgid!r} ({source}) is not in the code"


def check(catalogs: dict[str, Catalog]) -> int:
    """Print what is wrong; the exit status."""
    found = [problem for locale, catalog in catalogs.items() for problem in problems(catalog, locale)]
    for locale, catalog in catalogs.items():
        path = po_path(locale)
        if not path.exists() or path.read_text(encoding="utf-8") != rendered(catalog, locale):
            found.append(f"{path.relative_to(ROOT)} is out of date with the code: run `make i18n`")
    print("\n".join(found) or "Translations: complete and up to date.")
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    """Command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m scripts.i18n", description="Translation catalogues.")
    parser.add_argument(
        "--check", action="store_true", help="fail on missing, wrong or outdated strings; write nothing"
    )
    parser.add_argument("--merge", type=Path, metavar="DIR", help="fill empty vi strings from DIR/*.json")
    options = parser.parse_args(arguments)
    template = collect()
    catalogs = {locale: refreshed(template, read(locale), locale) for locale in (COMPLETE, SPARSE)}
    if options.check:
        return check(catalogs)
    if options.merge:
        print("\n".join(merge(catalogs[COMPLETE], options.merge)))
    for locale, catalog in catalogs.items():
        po_path(locale).parent.mkdir(parents=True, exist_ok=True)
        po_path(locale).write_text(rendered(catalog, locale), encoding="utf-8")
    missing = sum(not all(_strings(message)) for message in messages(catalogs[COMPLETE]))
    print(f"{len(catalogs[COMPLETE])} strings, {missing} without Vietnamese.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
