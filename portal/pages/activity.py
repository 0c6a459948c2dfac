"""Who did what in the business."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from portal.insider import Insider
from portal.services.show_activity import show_activity
from portal.visitor import house_of, visitor_of
from shared.web.rendering import page
from shared.web.requests import PageRequest


@get("/activity")
async def show(
    request: PageRequest, insider: NamedDependency[Insider], before: FromQuery[str | None] = None
) -> Response[str]:
    activity = await show_activity(
        insider,
        language=visitor_of(request).language,
        clock=house_of(request).clock,
        cursor=before,
    )
    return page(request, "activity.html", activity=activity, is_first=before is None)
