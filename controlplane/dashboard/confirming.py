"""The operator's own password once more, and a code where there is an authenticator, before what a
borrowed browser must not do.
"""

from collections.abc import Mapping

from controlplane.dashboard.desk import desk_of
from controlplane.dashboard.visitor import provide_operator, session_of
from controlplane.services.sign_in_operator import check_again
from shared.web.origin import origin_of
from shared.web.requests import PageRequest, address_of


async def confirm(request: PageRequest, form: Mapping[str, str]) -> str:
    """What is kept of the password. Raises InvalidInputError for `current` or `code`,
    TooManyAttemptsError.
    """
    desk, token = desk_of(request), session_of(request)
    assert token is not None, "nobody else comes here"
    return await check_again(
        desk.door,
        provide_operator(request),
        form.get("current", ""),
        form.get("code", ""),
        token=token,
        network=origin_of(request, desk.cookies).network,
        address=address_of(request),
    )
