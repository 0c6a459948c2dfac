"""The operator's own password once more, before what a borrowed browser must not do."""

from controlplane.dashboard.desk import desk_of
from controlplane.dashboard.visitor import provide_operator, session_of
from controlplane.services.sign_in_operator import check_own_password
from shared.web.origin import origin_of
from shared.web.requests import PageRequest


async def confirm(request: PageRequest, password: str) -> str:
    """What is kept of it. Raises InvalidInputError for `current`, TooManyAttemptsError."""
    desk, token = desk_of(request), session_of(request)
    assert token is not None, "nobody else comes here"
    return await check_own_password(
        provide_operator(request),
        password,
        token=token,
        network=origin_of(request, desk.cookies).network,
        passwords=desk.passwords,
        clock=desk.clock,
    )
