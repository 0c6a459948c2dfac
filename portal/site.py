"""Puts the portal's pages together."""

from collections.abc import Mapping
from pathlib import Path

from litestar import Litestar
from litestar.datastructures import State
from litestar.di import Provide

from portal.file_window import FileWindow, NoFileError
from portal.house import House
from portal.insider import (
    OwnersOnlyError,
    answer_foreign,
    answer_staff,
    provide_insider,
    provide_owner,
)
from portal.mail import Mailer
from portal.pages import (
    account,
    activity,
    bot_settings,
    by_mail,
    files,
    front,
    home,
    language,
    link,
    live,
    messages,
    number,
    search,
    sign_in,
    team,
)
from portal.settings import PortalSettings
from portal.texts import TEXTS
from portal.visitor import (
    BusinessNeededError,
    frame_of,
    meet_visitor,
    provide_member,
    provide_tenant_id,
)
from shared.clock import Clock
from shared.enums import SecuritySite
from shared.errors import NotFoundError
from shared.stores.members import NotAnOwnerError
from shared.web import assets, pages
from shared.web.assets import Assets, serve_asset
from shared.web.changes import Changes
from shared.web.csrf import guard_forms
from shared.web.headers import page_headers
from shared.web.health import Check, healthz, readyz
from shared.web.holding import provide_held
from shared.web.pages import Pages
from shared.web.passwords import Passwords
from shared.web.problems import HANDLERS
from shared.web.rendering import go_to
from shared.web.requests import SignInNeededError

TEMPLATES = Path(__file__).parent / "templates"
# Forms are small.
MAX_BODY_BYTES = 64 * 1024
PAGES = (
    front.front,
    language.choose,
    sign_in.show,
    sign_in.enter,
    sign_in.leave,
    by_mail.sign_up,
    by_mail.ask_sign_up,
    by_mail.forgotten,
    by_mail.ask_reset,
    by_mail.show_sign_up,
    by_mail.end_sign_up,
    by_mail.show_reset,
    by_mail.end_reset,
    by_mail.show_email_change,
    by_mail.end_email_change,
    home.show_own,
    live.stream,
    link.ask,
    home.show_form,
    home.start,
    messages.list_chats,
    messages.stream_chats,
    search.search,
    search.export,
    messages.open_chat,
    messages.write,
    messages.stream_chat,
    messages.say_who_answers,
    messages.read_whole,
    files.give_file,
    bot_settings.show_bot,
    bot_settings.change_bot,
    bot_settings.show_hours,
    bot_settings.change_hours,
    bot_settings.show_texts,
    bot_settings.change_texts,
    number.show,
    number.change,
    team.show,
    team.ask_to_join,
    team.withdraw,
    team.set_role,
    team.ask_removal,
    team.remove,
    team.show_invitation,
    team.join,
    activity.show,
    account.show,
    account.replace_password,
    account.change_email,
)


def create_site(
    settings: PortalSettings,
    *,
    clock: Clock,
    mailer: Mailer,
    passwords: Passwords,
    changes: Changes,
    checks: Mapping[str, Check],
) -> Litestar:
    """The ASGI application; reads its templates and static files now.

    changes: where open pages wait for news.
    checks: for `/readyz`, by name; each raises when its part does not answer.
    """
    house = House(
        settings=settings,
        clock=clock,
        mailer=mailer,
        passwords=passwords,
        files=FileWindow(settings.slip_window),
    )
    static = Assets([assets.DIRECTORY])
    return Litestar(
        route_handlers=[healthz, readyz, serve_asset, *PAGES],
        dependencies={
            **provide_held(["checks"]),
            "member": Provide(provide_member),
            "tenant_id": Provide(provide_tenant_id),
            "insider": Provide(provide_insider),
            "owner": Provide(provide_owner),
        },
        exception_handlers={
            **HANDLERS,
            NotFoundError: answer_foreign,
            SignInNeededError: lambda *_: go_to("/sign-in"),
            BusinessNeededError: lambda *_: go_to("/start"),
            OwnersOnlyError: answer_staff,
            NotAnOwnerError: answer_staff,
            NoFileError: files.answer_no_file,
        },
        before_request=meet_visitor,
        before_send=[page_headers(is_secure=settings.is_secure)],
        middleware=[guard_forms(house.cookies, settings.secret, site=SecuritySite.PORTAL)],
        openapi_config=None,
        request_max_body_size=MAX_BODY_BYTES,
        state=State(
            {
                "assets": static,
                "pages": Pages([pages.DIRECTORY, TEMPLATES], assets=static, texts=TEXTS),
                "frame": frame_of,
                "house": house,
                "clock": clock,
                "changes": changes,
                "checks": checks,
            }
        ),
        logging_config=None,
    )
