"""Browsers in which an operator is signed in to the dashboard, by the hash of the token that each
holds. Of the control plane alone: the portal's role has no right to the table.
"""

from datetime import datetime, timedelta
from uuid import UUID

from shared.enums import SignInStage
from shared.stores.browser_sessions import OPERATORS, PRECISION
from shared.stores.operators import to_operator
from shared.stores.secrets import hash_secret, new_secret
from shared.structs.operators import Operator
from shared.tables import OperatorSession

_WHOSE = (
    "SELECT u.id, u.email, a.role, a.totp_confirmed_at, s.proved_at, s.expires_at,"
    " s.created_at"
    " FROM operator_sessions s JOIN users u ON u.id = s.operator"
    " JOIN operator_accounts a ON a.operator = u.id"
)
# Long enough to look for the phone.
WAITING = timedelta(minutes=10)


async def begin(
    operator_id: UUID,
    *,
    now: datetime,
    stage: SignInStage = SignInStage.DONE,
    proved_at: datetime | None = None,
) -> str:
    """The token, which cannot be had again. proved_at: as of `Operator`."""
    token = new_secret("fho")
    life = WAITING if stage is SignInStage.CODE else OPERATORS.idle
    await OperatorSession.raw(
        "INSERT INTO operator_sessions"
        " (operator, token_hash, stage, proved_at, created_at, expires_at)"
        " VALUES ({}, {}, {}, {}, {}, {})",
        operator_id,
        hash_secret(token),
        stage.value,
        proved_at,
        now,
        now + life,
    )
    return token


async def find(token_hash: str, *, now: datetime) -> tuple[Operator, bool] | None:
    """Whose it is; None when it is over. The flag: whether it is worth to `prolong` it."""
    rows = await OperatorSession.raw(
        f"{_WHOSE} WHERE s.token_hash = {{}} AND s.expires_at > {{}} AND s.stage = 'DONE'",
        token_hash,
        now,
    )
    if not rows:
        return None
    wanted = min(now + OPERATORS.idle, rows[0]["created_at"] + OPERATORS.whole)
    return to_operator(rows[0]), wanted - rows[0]["expires_at"] > PRECISION


async def find_waiting(token_hash: str, *, now: datetime) -> Operator | None:
    """Who has shown the password, and has the second step before them."""
    rows = await OperatorSession.raw(
        f"{_WHOSE} WHERE s.token_hash = {{}} AND s.expires_at > {{}} AND s.stage = 'CODE'",
        token_hash,
        now,
    )
    return to_operator(rows[0]) if rows else None


async def prolong(token_hash: str, *, now: datetime) -> None:
    await OperatorSession.raw(
        "UPDATE operator_sessions SET expires_at = least({}, created_at + {})"
        " WHERE token_hash = {} AND expires_at > {} AND stage = 'DONE'",
        now + OPERATORS.idle,
        OPERATORS.whole,
        token_hash,
        now,
    )


async def end(token_hash: str) -> bool:
    """False where there was none."""
    rows = await OperatorSession.raw(
        "DELETE FROM operator_sessions WHERE token_hash = {} RETURNING id", token_hash
    )
    return bool(rows)


async def end_others(operator_id: UUID, *, but: str) -> None:
    """In every browser but the one that has the token of this hash."""
    await OperatorSession.raw(
        "DELETE FROM operator_sessions WHERE operator = {} AND token_hash <> {}", operator_id, but
    )


async def end_all(operator_id: UUID) -> None:
    """In every browser."""
    await OperatorSession.raw("DELETE FROM operator_sessions WHERE operator = {}", operator_id)


async def sweep(*, now: datetime) -> None:
    await OperatorSession.raw("DELETE FROM operator_sessions WHERE expires_at < {}", now)
