"""What a member asks for while a phone is to be linked."""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.services.ask_for_code import ask_for_code
from portal.visitor import house_of
from shared.enums import LinkWish
from shared.structs.members import Member
from shared.web.forms import read_form
from shared.web.rendering import go_to
from shared.web.requests import PageRequest


@post("/link")
async def ask(request: PageRequest, member: NamedDependency[Member]) -> Redirect:
    """What comes of it is pushed to the page; a wish that we do not know comes to nothing."""
    wish = (await read_form(request)).get("wish", "")
    if member.tenant_id is not None and wish in LinkWish.__members__:
        await ask_for_code(
            member.tenant_id, LinkWish(wish), member=member, clock=house_of(request).clock
        )
    return go_to("/home")
