"""Who wrote a version Continuum kept, when, in which sign-in and for which correction: columns and joins for any history."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.models import Account, CorrectionRequest, LoginSession, Person, TxLog

_BEHALF: Final = aliased(Person)
WRITER: Final = (
    TxLog.issued_at,
    TxLog.session_id,
    TxLog.person_id,
    TxLog.reason,
    TxLog.action,
    LoginSession.ended_at,
    LoginSession.last_seen_at,
    LoginSession.idle_minutes,
    Person.full_name,
    Account.username,
    _BEHALF.full_name.label("behalf"),
    CorrectionRequest.id.label("correction"),
)
"""The columns of `with_writer`: `behalf` asked for the `correction`, where it was one."""


def with_writer(query: sa.Select[Any], version: Any) -> sa.Select[Any]:
    """A query of versions with what WRITER reads, in the order of their transactions."""
    return (
        query.join(TxLog, TxLog.id == version.transaction_id)
        .outerjoin(LoginSession, LoginSession.id == TxLog.session_id)
        .outerjoin(Person, Person.id == TxLog.person_id)
        .outerjoin(Account, Account.id == TxLog.user_id)
        .outerjoin(_BEHALF, _BEHALF.id == TxLog.on_behalf_of_id)
        .outerjoin(CorrectionRequest, CorrectionRequest.applied_tx_id == TxLog.id)
        .order_by(version.transaction_id)
    )
