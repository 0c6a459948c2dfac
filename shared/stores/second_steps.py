"""The second step of operators' sign-in: authenticators, and codes for who has lost theirs.

Of the control plane alone: the portal's role has no right to the tables.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.structs.operators import SecondStep
from shared.tables import OperatorAccount, RecoveryCode


async def find(operator_id: UUID) -> SecondStep | None:
    rows = await OperatorAccount.raw(
        "SELECT totp_sealed, totp_step, totp_confirmed_at FROM operator_accounts"
        " WHERE operator = {} AND totp_sealed IS NOT NULL",
        operator_id,
    )
    if not rows:
        return None
    return SecondStep(
        sealed=rows[0]["totp_sealed"],
        step=rows[0]["totp_step"],
        is_confirmed=rows[0]["totp_confirmed_at"] is not None,
    )


async def begin(operator_id: UUID, sealed: str) -> bool:
    """In the place of one that was never confirmed; False where one is in force."""
    rows = await OperatorAccount.raw(
        "UPDATE operator_accounts SET totp_sealed = {}, totp_step = 0"
        " WHERE operator = {} AND totp_confirmed_at IS NULL RETURNING operator",
        sealed,
        operator_id,
    )
    return bool(rows)


async def confirm(operator_id: UUID, sealed: str, *, now: datetime) -> bool:
    """sealed: as it was when the code was compared; False where it is another by now."""
    rows = await OperatorAccount.raw(
        "UPDATE operator_accounts SET totp_confirmed_at = {}"
        " WHERE operator = {} AND totp_sealed = {} AND totp_confirmed_at IS NULL"
        " RETURNING operator",
        now,
        operator_id,
        sealed,
    )
    return bool(rows)


async def take_step(operator_id: UUID, sealed: str, step: int) -> bool:
    """Of a code that fits: False where it, or a later one, was taken before. Of two at once one."""
    rows = await OperatorAccount.raw(
        "UPDATE operator_accounts SET totp_step = {}"
        " WHERE operator = {} AND totp_sealed = {} AND totp_step < {} RETURNING operator",
        step,
        operator_id,
        sealed,
        step,
    )
    return bool(rows)


async def remove(operator_id: UUID) -> bool:
    """With the recovery codes. False where none was in force."""
    rows = await OperatorAccount.raw(
        "UPDATE operator_accounts a SET totp_sealed = NULL, totp_confirmed_at = NULL,"
        " totp_step = 0 FROM operator_accounts old"
        " WHERE a.operator = {} AND old.operator = a.operator"
        " RETURNING old.totp_confirmed_at AS was",
        operator_id,
    )
    await RecoveryCode.raw("DELETE FROM operator_recovery_codes WHERE operator = {}", operator_id)
    return bool(rows) and rows[0]["was"] is not None


async def replace_recovery_codes(operator_id: UUID, hashes: Sequence[str]) -> None:
    await RecoveryCode.raw("DELETE FROM operator_recovery_codes WHERE operator = {}", operator_id)
    await RecoveryCode.raw(
        "INSERT INTO operator_recovery_codes (id, operator, code_hash)"
        " SELECT gen_random_uuid(), {}, unnest({}::text[])",
        operator_id,
        list(hashes),
    )


async def take_recovery_code(operator_id: UUID, code_hash: str, *, now: datetime) -> bool:
    rows = await RecoveryCode.raw(
        "UPDATE operator_recovery_codes SET used_at = {}"
        " WHERE operator = {} AND code_hash = {} AND used_at IS NULL RETURNING id",
        now,
        operator_id,
        code_hash,
    )
    return bool(rows)


async def count_recovery_codes(operator_id: UUID) -> int:
    """Those that are good still."""
    rows = await RecoveryCode.raw(
        "SELECT count(*) AS n FROM operator_recovery_codes WHERE operator = {} AND used_at IS NULL",
        operator_id,
    )
    return int(rows[0]["n"])
