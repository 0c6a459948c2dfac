"""What was tried against the platform, and how often."""

from datetime import timedelta

from litestar import Response, get

from controlplane.api.parameters import DEFAULT_LIMIT, Timing
from controlplane.dashboard.texts.security import KINDS
from controlplane.rights import Right, needs
from shared.enums import SecurityKind
from shared.errors import InvalidInputError, NotFoundError
from shared.stores import security_events
from shared.web.rendering import page
from shared.web.requests import PageRequest

SPAN = timedelta(days=1)
_LONGEST = 64


@get("/security", opt=needs(Right.LOOK))
async def show(request: PageRequest, clock: Timing) -> Response[str]:
    asked = {
        name: request.query_params.get(name, "")[:_LONGEST].strip() for name in ("kind", "source")
    }
    kind = SecurityKind(asked["kind"]) if asked["kind"] in SecurityKind.__members__ else None
    try:
        found = await security_events.list_page(
            limit=DEFAULT_LIMIT,
            cursor=request.query_params.get("cursor") or None,
            kind=kind,
            source=asked["source"] or None,
        )
    except InvalidInputError as error:
        raise NotFoundError("there is no such part of the list") from error
    return page(
        request,
        "security.html",
        found=found,
        asked=asked,
        totals=await security_events.total(since=clock.now() - SPAN),
        kinds=KINDS,
    )
