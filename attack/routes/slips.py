"""The socket where the portal asks the control plane for files, with slips that are none."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx

from attack.checks import Check, Outcome
from attack.errors import NotTriedError
from attack.ground import Ground
from attack.sites.answers import fetch
from shared.clock import SystemClock
from shared.file_slips import sign_slip
from shared.ids import TenantId

SCHEME = "FlowHQ-Slip"
OPEN_TO_OTHERS = 0o007


async def slips(ground: Ground) -> Outcome:
    socket = _find_socket(ground)
    alpha, log_id = ground.alpha.id, ground.alpha.ids.get("log_id", str(uuid4()))
    now = SystemClock().now()
    forged = sign_slip("a secret of nobody", TenantId(UUID(alpha)), UUID(log_id), now=now)
    until = int((now + timedelta(hours=1)).timestamp())
    slip_by_name = {
        "no slip": "",
        "words": f"{SCHEME} let me in",
        "another secret": f"{SCHEME} {forged}",
        "no seal": f"{SCHEME} {until}.",
        "the admin key": f"Bearer {ground.target.admin_key}",
        "odd bytes": f"{SCHEME} {until}.\u00ff",
    }
    paths = [f"/files/{alpha}/{log_id}", "/admin/tenants", "/healthz", f"/files/{alpha}/../admin"]
    breaches = []
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://files") as client:
        for name, slip in slip_by_name.items():
            for path in paths:
                answer = await fetch(client, "GET", path, headers={"authorization": slip.encode()})
                if answer.status not in {400, 401, 403, 404} or answer.canaries():
                    breaches.append(f"GET {path} with {name}: answered {answer.status}")
    if socket.stat().st_mode & OPEN_TO_OTHERS:
        breaches.append("every user of the machine may ask there")
    return Outcome(
        saw=f"{len(slip_by_name) * len(paths)} requests at the socket", breaches=breaches
    )


def _find_socket(ground: Ground) -> Path:
    """Raises NotTriedError."""
    socket = ground.target.files_socket
    if socket is None or not socket.exists():
        raise NotTriedError("the socket of files is not within reach")
    return socket


CHECKS = [
    Check(
        name="routes.slips",
        fence="slips for one file (shared/file_slips.py)",
        expects="nothing without a slip that the portal signed",
        attack=slips,
    ),
]
