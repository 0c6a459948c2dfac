"""The sandbox's page: the mails that the portal would have sent, with links that work."""

import asyncio
from pathlib import Path

from litestar import MediaType, Response, get
from litestar.datastructures import State
from litestar.di import NamedDependency

from sandbox.mailbox import Mail, read_mailbox
from shared.enums import Language
from shared.web import assets, pages
from shared.web.assets import Assets
from shared.web.pages import Pages
from shared.web.texts import in_english

TEMPLATES = Path(__file__).parent / "templates"
WORDS = in_english(
    {
        "skip": "Skip to the content",
        "foot": "Practice: nobody but this machine sees this.",
        "sandbox": "The sandbox",
        "sandbox.lead": "A WhatsApp on this machine. Its API moves phones and customers:",
        "mailbox": "Mailbox",
        "mailbox.lead": "What the portal would have mailed, newest first.",
        "mailbox.none": "No mail yet. The portal writes one when somebody signs up.",
        "mailbox.again": "Look again",
        "mailbox.to": "To {to}",
    }
)


def open_pages() -> State:
    """What the page is made with; reads templates and static files."""
    static = Assets([assets.DIRECTORY])
    made = Pages([pages.DIRECTORY, TEMPLATES], assets=static, texts=WORDS)
    return State({"assets": static, "pages": made})


@get("/", include_in_schema=False)
async def show(state: State, mail_dir: NamedDependency[Path]) -> Response[str]:
    mails = await asyncio.to_thread(read_mailbox, mail_dir)
    text = state.pages.render("mailbox.html", language=Language.EN, mails=mails)
    return Response(text, media_type=MediaType.HTML)


@get("/mails", summary="Mails of the portal, newest first", tags=["Mails"])
async def list_mails(mail_dir: NamedDependency[Path]) -> list[Mail]:
    return await asyncio.to_thread(read_mailbox, mail_dir)
