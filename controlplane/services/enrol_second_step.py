"""An authenticator for an operator: begun with a secret, in force once a code of it is shown."""

import msgspec

from controlplane.sealing import Sealer
from controlplane.services.acting import Caller, leave_trace
from controlplane.services.check_second_step import take_totp
from controlplane.services.totp_secrets import open_totp, seal_totp
from controlplane.totp import RECOVERY_CODES, new_recovery_code, new_totp_secret, to_uri
from shared.clock import Clock
from shared.db.engine import transaction
from shared.errors import ConflictError, InvalidInputError
from shared.stores import operator_sessions, second_steps
from shared.stores.secrets import hash_secret
from shared.structs.operators import Operator


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What the authenticator takes: as text to type, and as what its QR code says."""

    secret: str
    uri: str


async def begin_second_step(operator: Operator, *, sealer: Sealer) -> Enrolment:
    """Nothing is in force yet. Raises ConflictError where an authenticator is."""
    secret = new_totp_secret()
    sealed = seal_totp(operator.id, secret, sealer=sealer)
    if not await second_steps.begin(operator.id, sealed):
        raise ConflictError("an authenticator is set up already: remove it first")
    return Enrolment(secret=secret, uri=to_uri(secret, account=operator.email))


async def find_begun(operator: Operator, *, sealer: Sealer) -> Enrolment | None:
    """What was begun and not confirmed."""
    kept = await second_steps.find(operator.id)
    if kept is None or kept.is_confirmed:
        return None
    secret = open_totp(operator.id, kept.sealed, sealer=sealer)
    if secret is None:
        return None
    return Enrolment(secret=secret, uri=to_uri(secret, account=operator.email))


async def confirm_second_step(
    operator: Operator, code: str, *, token_hash: str, sealer: Sealer, caller: Caller, clock: Clock
) -> list[str]:
    """In force from now on; the recovery codes, which cannot be had again. Every other browser is
    signed out: who is in it has shown no code.

    token_hash: of the session that goes on. Raises InvalidInputError, ConflictError where nothing
    was begun.
    """
    kept = await second_steps.find(operator.id)
    if kept is None or kept.is_confirmed:
        raise ConflictError("nothing was begun: set the authenticator up anew")
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    async with transaction():
        is_right = await take_totp(operator.id, kept, code, sealer=sealer, clock=clock)
        if not is_right or not await second_steps.confirm(
            operator.id, kept.sealed, now=clock.now()
        ):
            raise InvalidInputError("code", "is not the one that the authenticator shows now")
        hashes = [hash_secret(each) for each in codes]
        await second_steps.replace_recovery_codes(operator.id, hashes)
        await operator_sessions.end_others(operator.id, but=token_hash)
        await leave_trace(caller, "operator.second_step_set", email=operator.email)
    return codes
