"""What an owner asks for while a phone is to be linked.

Not staff: whoever sees a code can link a phone of their own, and the bot would answer there.
"""

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Redirect

from portal.insider import Insider
from portal.services.ask_for_code import ask_for_code
from portal.visitor import house_of
from shared.enums import LinkWish
from shared.web.forms import read_form
from shared.web.rendering import go_to
from shared.web.requests import PageRequest


@post("/link")
async def ask(request: PageRequest, owner: NamedDependency[Insider]) -> Redirect:
    """What comes of it is pushed to the page; a wish that we do not know comes to nothing."""
    wish = (await read_form(request)).get("wish", "")
    if wish in LinkWish.__members__ and wish != LinkWish.NEW_NUMBER:
        await ask_for_code(owner, LinkWish(wish), clock=house_of(request).clock)
    return go_to("/home")
