"""All that an operator is shown of one tenant at a glance."""

from uuid import UUID

import msgspec

from controlplane.services.show_qr import show_qr
from shared.clock import Clock
from shared.enums import SessionReason, SessionState
from shared.ids import TenantId
from shared.stores import accounts, audit, incidents, setup_requests, tenants
from shared.structs.incidents import IncidentView
from shared.structs.keys import AuditView
from shared.structs.pages import Page
from shared.structs.sessions import QrView
from shared.structs.setup_requests import SetupRequestView
from shared.structs.tenants import TenantWithRelations

INCIDENTS = 8


class TenantGlance(msgspec.Struct, frozen=True, kw_only=True):
    """code: while a phone is awaited. request: the newest. act: what was done to it last. holder:
    the tenant that its phone's account serves, while the phone is refused for that.
    """

    tenant: TenantWithRelations
    code: QrView | None
    incidents: Page[IncidentView]
    request: SetupRequestView | None
    act: AuditView | None
    holder: UUID | None


async def show_tenant(tenant_id: TenantId, *, clock: Clock) -> TenantGlance:
    """Raises NotFoundError."""
    tenant = await tenants.get(tenant_id)
    acts = await audit.list_page(limit=1, tenant_id=tenant_id, acts_alone=True)
    is_taken = tenant.session.reason is SessionReason.PHONE_TAKEN
    account = await accounts.get_view(tenant_id) if is_taken else None
    is_awaited = tenant.session.state is SessionState.QR_READY
    return TenantGlance(
        tenant=tenant,
        code=await show_qr(tenant_id, clock=clock) if is_awaited else None,
        incidents=await incidents.list_page(tenant_id, limit=INCIDENTS),
        request=await setup_requests.find_newest(tenant_id),
        act=acts.items[0] if acts.items else None,
        holder=account.refused.holder if account and account.refused else None,
    )
