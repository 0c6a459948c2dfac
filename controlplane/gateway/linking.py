"""Whether the phone that a worker is linked to may serve its tenant: asked before anything of it is
recorded, at every link, and again whenever a worker that is linked connects.
"""

import re
from datetime import datetime

import structlog

from controlplane.gateway.connection import Connection
from shared.enums import SecurityKind, SecuritySite, SessionReason, SessionState
from shared.security import note
from shared.stores import accounts, sessions
from shared.stores.accounts import Account, Refusal
from shared.wire.frames import PhoneAccepted, PhoneRefused, SessionReport, is_judged

log = structlog.get_logger(__name__)

_LID = re.compile(r"\d{1,32}@lid")


async def take_report(connection: Connection, report: SessionReport, *, now: datetime) -> bool:
    """Records how the link is, and tells the worker whether its phone may serve. False when it may
    not, and its worker is one that would not heed it.

    Raises TransientError, and NotFoundError when the tenant is gone.
    """
    account = _find_account(report)
    # The same phone linked anew asks anew; one that only says that it is still linked does not.
    is_asking = report.reason is SessionReason.CHECKING_PHONE
    if account is None or (account == connection.account and not is_asking):
        await sessions.record_session(connection.tenant_id, report, now)
        return True
    refusal = await accounts.claim(connection.tenant_id, account, now=now)
    if refusal is not None:
        return await _refuse(connection, account, refusal, now)
    connection.account = account
    await sessions.record_session(connection.tenant_id, report, now)
    await connection.send(PhoneAccepted(phone=account.phone))
    return True


def _find_account(report: SessionReport) -> Account | None:
    if report.own_phone is None or not is_judged(report):
        return None
    lid = report.own_lid
    return Account(phone=report.own_phone, lid=lid if lid and _LID.fullmatch(lid) else None)


async def _refuse(
    connection: Connection, account: Account, refusal: Refusal, now: datetime
) -> bool:
    tenant_id, detail = connection.tenant_id, describe(account, refusal)
    connection.account = None
    note(SecuritySite.GATEWAY, SecurityKind.PHONE_REFUSED, tenant_id=tenant_id)
    log.warning("phone.refused", tenant_id=tenant_id, reason=refusal.reason, holder=refusal.holder)
    # Whatever the worker makes of it: this tenant has no phone that serves it.
    refused = SessionReport(
        state=SessionState.LOGGED_OUT,
        reason=refusal.reason,
        detail=detail,
        refused_phone=account.phone,
    )
    await sessions.record_session(tenant_id, refused, now, refused_lid=account.lid)
    await connection.send(
        PhoneRefused(phone=account.phone, reason=refusal.reason.value, detail=detail)
    )
    return connection.heeds_refusals


def describe(account: Account, refusal: Refusal) -> str:
    """For the tenant too: nobody else's name or number is in it."""
    if refusal.reason is SessionReason.PHONE_TAKEN:
        return f"the WhatsApp account of {account.phone} serves another tenant already"
    return f"{account.phone} was linked, and this tenant's number is {refusal.expected}"
