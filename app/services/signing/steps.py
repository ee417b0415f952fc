"""Signing a print in two steps: digests go out in a file, signatures made elsewhere come back in another."""

import binascii
import json
import re
import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from app.domain.access import Actor
from app.domain.signing import KeyKind, SigningRole
from app.errors import N_, Invalid, NotFound, Stale
from app.extensions import db
from app.models import Certificate
from app.services.clock import Clock, local_day
from app.services.signing import outside, store
from app.services.signing.acts import Order, certificate_for, check, draw, record
from app.services.signing.certificates import check_time, read_certificate
from app.services.signing.papers import Item, Print, load_print
from app.services.signing.register import ENDED

LIFETIME: Final = timedelta(days=1)
FORMAT: Final = "hocvu-sign-1"
GONE: Final = N_("These digests are not waiting any more: they are signed already, or a day has passed.")
NOT_OURS: Final = N_("This file holds no signatures for digests that were given out here.")
INCOMPLETE: Final = N_("A signature is missing for %(name)s. Nothing was recorded.")
HERE: Final = N_("The key of this certificate is on this server: sign with its passphrase.")
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


def give_out(actor: Actor, document_id: int, order: Order, *, clock: Clock) -> bytes:
    """The digests of a print's papers as a JSON file: each is signed by RSA PKCS#1 v1.5 as SHA-256.

    Raises as `acts.sign_print` does.
    """
    session, now = db.session(), clock()
    found = load_print(session, actor, document_id, local_day(now))
    check(found, actor, order)
    row = certificate_for(session, actor, order, now)
    if row.ended_at is not None:
        raise Invalid(ENDED)
    if row.key_kind is not KeyKind.OUTSIDE:
        raise Invalid(HERE)
    check_time(read_certificate(row.pem.encode()), now)
    prepared = [(item, _prepared(found, item, order, row, now)) for item in found.items]
    _clear(now)
    token = secrets.token_hex(16)
    waiting = {
        "user": actor.user_id,
        "document": document_id,
        "at": now.isoformat(),
        "order": [order.role.value, order.certificate_id, order.seen, order.visible],
        "papers": {
            str(item.document_id): [_text(p.file), _text(p.to_sign), _text(p.mark)] for item, p in prepared
        },
    }
    store.put(_path(token), json.dumps(waiting).encode())
    papers = [{"paper": i.document_id, "title": i.title, "sha256": p.digest} for i, p in prepared]
    told = {
        "format": FORMAT,
        "token": token,
        "certificate": row.serial,
        "algorithm": "RSA PKCS#1 v1.5, SHA-256",
        "answer": {"token": token, "signatures": {"<paper>": "<base64>"}},
        "papers": papers,
    }
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _prepared(found: Print, item: Item, order: Order, row: Certificate, now: datetime) -> outside.Prepared:
    certificate = read_certificate(row.pem.encode())
    return outside.prepare(lambda key: draw(found, item, key, order, row, now), certificate)


def take_back(actor: Actor, answer: bytes, *, clock: Clock) -> int:
    """Embed the signatures of a JSON file {"token": …, "signatures": {paper: base64}}; all or none. Returns how many.

    Raises Invalid: no such file, a signature missing or of something else; Stale: signed already, changed meanwhile.
    """
    now = clock()
    token, signatures = _answer(answer)
    waiting = _waiting(token, actor, now)
    role, certificate_id, seen, visible = waiting["order"]
    order = Order(SigningRole(role), certificate_id, seen, visible)
    session = db.session()
    found = load_print(session, actor, waiting["document"], local_day(now))
    check(found, actor, order)
    row = certificate_for(session, actor, order, now)
    made = _embedded(found, row, waiting["papers"], signatures)
    done = record(actor, order, [(item, store.keep_signed(data)) for item, data in made], clock=clock)
    _path(token).unlink(missing_ok=True)
    return done


def _embedded(
    found: Print, row: Certificate, papers: dict[str, list[str]], signatures: dict[str, bytes]
) -> list[tuple[Item, bytes]]:
    certificate = read_certificate(row.pem.encode())
    made = []
    for item in found.items:
        key = str(item.document_id)
        if key not in signatures:
            raise Invalid(INCOMPLETE, name=item.title)
        file, to_sign, mark = (b64decode(part) for part in papers[key])
        made.append(
            (item, outside.embed(outside.Prepared(file, to_sign, mark, certificate), signatures[key]))
        )
    return made


def _answer(data: bytes) -> tuple[str, dict[str, bytes]]:
    try:
        told: Any = json.loads(data)
        token, given = str(told["token"]), dict(told["signatures"])
        return token, {str(paper): b64decode(text, validate=True) for paper, text in given.items()}
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise Invalid(NOT_OURS) from error


def _waiting(token: str, actor: Actor, now: datetime) -> dict[str, Any]:
    if not _TOKEN.fullmatch(token):
        raise Invalid(NOT_OURS)
    try:
        waiting: dict[str, Any] = json.loads(_path(token).read_bytes())
    except FileNotFoundError as error:
        raise Stale(GONE) from error
    if waiting["user"] != actor.user_id:
        raise NotFound
    if now - datetime.fromisoformat(waiting["at"]) > LIFETIME:
        raise Stale(GONE)
    return waiting


def _clear(now: datetime) -> None:
    """Throw away what nobody came back for."""
    for path in (store.folder() / "waiting").glob("*.json"):
        given_out = datetime.fromisoformat(json.loads(path.read_bytes())["at"])
        if now - given_out > LIFETIME:
            path.unlink(missing_ok=True)


def _path(token: str) -> Path:
    return store.folder() / "waiting" / f"{token}.json"


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
