"""Whether a code is one of an operator's authenticator, or one of their recovery codes."""

from uuid import UUID

from controlplane.sealing import Sealer
from controlplane.services.acting import Caller, leave_trace
from controlplane.services.totp_secrets import open_totp
from controlplane.totp import find_step, to_recovery_code
from shared.clock import Clock
from shared.stores import second_steps
from shared.stores.secrets import hash_secret
from shared.structs.operators import SecondStep


async def take_code(
    operator_id: UUID, code: str, *, sealer: Sealer, caller: Caller, clock: Clock
) -> bool:
    """Good once each: False for one that was taken before. A recovery code leaves a trace."""
    kept = await second_steps.find(operator_id)
    if kept is None or not kept.is_confirmed:
        return False
    if await take_totp(operator_id, kept, code, sealer=sealer, clock=clock):
        return True
    code_hash = hash_secret(to_recovery_code(code))
    if not await second_steps.take_recovery_code(operator_id, code_hash, now=clock.now()):
        return False
    left = await second_steps.count_recovery_codes(operator_id)
    await leave_trace(caller, "operator.recovery_code_used", email=caller.name, left=left)
    return True


async def take_totp(
    operator_id: UUID, kept: SecondStep, code: str, *, sealer: Sealer, clock: Clock
) -> bool:
    secret = open_totp(operator_id, kept.sealed, sealer=sealer)
    step = find_step(secret, code, now=clock.now()) if secret else None
    return step is not None and await second_steps.take_step(operator_id, kept.sealed, step)
