"""The secret of an operator's authenticator, as it is kept: sealed for that operator alone."""

from uuid import UUID

import structlog

from controlplane.sealing import SealBrokenError, Sealer

log = structlog.get_logger(__name__)


def seal_totp(operator_id: UUID, secret: str, *, sealer: Sealer) -> str:
    return sealer.seal(secret, place=_place_of(operator_id))


def open_totp(operator_id: UUID, sealed: str, *, sealer: Sealer) -> str | None:
    """None after the key was lost: a recovery code lets them in still, and an admin resets it."""
    try:
        return sealer.open(sealed, place=_place_of(operator_id))
    except SealBrokenError as error:
        log.warning("second_step.unreadable", operator_id=operator_id, error=str(error))
        return None


def _place_of(operator_id: UUID) -> str:
    return f"operator/{operator_id}/totp"
