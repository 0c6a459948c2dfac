"""Ground for single checks of the attack: real rows and real answers, without a whole platform."""

from collections.abc import Mapping, Sequence

import httpx

from attack.ground import Business, Ground, new_canary
from attack.platform.target import Address, Database, Target
from shared.db.engine import transaction
from shared.enums import Language, MessageKind, UserRole
from shared.ids import TenantId
from shared.stores import api_keys, members, messages, outbound, tenants
from shared.structs.content import TextContent
from shared.structs.members import Offer
from shared.structs.outbound import NewOutbound
from shared.web.routes import Route, render_routes
from tests.fakes.businesses import NOW, business, message

API = "http://api.test"


class StandingInstallation:
    """Processes that do not end. routes: what the applications are said to list."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def identify(self, part: str) -> str | None:
        return f"{part}, as ever"

    def find_pid(self, part: str) -> int | None:
        return None

    async def run_python(self, part: str, arguments: Sequence[str]) -> str:
        return render_routes(self.routes)

    def read_logs(self) -> Mapping[str, str]:
        return {}

    def list_log_modes(self) -> Mapping[str, int]:
        return {}


def make_ground(
    *,
    database: Database | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    admin_key: str = "",
) -> Ground:
    """transport: to the application that stands for the API and the dashboard."""
    target = Target(
        kind="test",
        api=API,
        portal="http://portal.test",
        sandbox=None,
        gateway=Address("127.0.0.1", 9),
        instance="test",
        admin_key=admin_key,
        database=database,
        state_dir=None,
        files_socket=None,
        engine_address="unix:///nothing",
        installation=StandingInstallation(),
    )
    ground = Ground(target)
    if transport is not None:
        ground.http = httpx.AsyncClient(transport=transport, base_url=API)
    return ground


async def settle(number: int) -> Business:
    """A tenant with rows of every kind that a check looks for, its canaries in them."""
    canary, said = new_canary(), new_canary()
    made = await tenants.create(business(number, name=f"Duka {canary}"))
    tenant_id = TenantId(made.id)
    row = message(f"WA{number}", message_text=f"About {said}", kind=MessageKind.TEXT)
    await messages.append_messages(tenant_id, [row])
    page = await messages.list_page(tenant_id, limit=1)
    owner = await members.create_invited(
        f"owner{number}@attack.example",
        Offer(tenant_id=tenant_id, role=UserRole.OWNER),
        password_hash="x",
        language=Language.EN,
    )
    key_view, key = await api_keys.create(f"Key {canary}", scopes=["messages"], tenant_id=tenant_id)
    wanted = NewOutbound(to="+255754000001", content=TextContent(text=said))
    async with transaction():
        (queued,) = await outbound.enqueue(
            tenant_id, [wanted], fingerprint="0" * 64, key=None, now=NOW
        )
    return Business(
        id=str(tenant_id),
        name=made.name,
        phone_number=made.phone_number,
        canary=canary,
        said=said,
        customer="+255754000001",
        key=key,
        ids={
            "tenant_id": str(tenant_id),
            "key_id": str(key_view.id),
            "owner_id": str(owner),
            "member_id": str(owner),
            "log_id": str(page.items[0].id),
            "message_id": str(queued.id),
            "person": "+255754000001",
        },
    )
