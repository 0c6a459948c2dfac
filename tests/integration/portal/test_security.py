"""What is tried at the portal is counted by the portal itself, which cannot read it."""

import asyncpg
import pytest

from shared import security
from shared.security import write_down
from shared.stores import security_events
from tests.integration.portal.conftest import ADDRESS, PASSWORD
from tests.integration.portal.test_accounts import EMAIL, OTHER, sign_in
from tests.integration.portal.test_messages import ASHA, business_of, write
from tests.integration.portal.test_start import describe, rows
from tests.integration.portal.test_team import staff_of


@pytest.fixture(autouse=True)
def nothing_noted() -> None:
    security._ledger.take()


async def noted(database_url) -> list[tuple]:
    await write_down(security_events.add_as_portal)
    return await rows(
        database_url,
        "SELECT kind, source, subject, sum(times)::int FROM security_events"
        " GROUP BY 1, 2, 3 ORDER BY 1",
    )


async def test_what_is_refused_is_noted(portal, database_url):
    await portal.sign_up()
    for _ in range(3):
        await sign_in(portal, password=OTHER)
    await portal.browser.post("/language", language="SW")
    await portal.browser.go("/reset/fhm_wrong")
    assert await noted(database_url) == [
        ("FORM_REFUSED", ADDRESS, "", 1),
        ("MAIL_LINK_REFUSED", ADDRESS, "", 1),
        ("SIGN_IN_FAILED", ADDRESS, "", 3),
    ]
    # And once it is written down, it is not written down again.
    assert len(await noted(database_url)) == 3


async def test_staff_who_try_what_owners_do_are_told_to_the_owner(portal, database_url):
    owner, tenant_id = await business_of(portal, database_url)
    staff = await staff_of(portal, owner)
    security._ledger.take()
    for _ in range(3):
        assert (await staff.force("/link", wish="QR_ROUND")).status_code == 403
    assert await noted(database_url) == [("SCOPE_REFUSED", ADDRESS, str(tenant_id), 3)]
    text = (await owner.go("/activity")).text
    assert text.count("juma@example.com tried what only owners may do") == 1


async def test_who_asks_for_another_businesss_ids_is_noted(portal, database_url):
    _, theirs = await business_of(portal, database_url)
    written = await write(database_url, theirs, "Bei gani?")
    thief = await portal.sign_up("thief@example.com")
    await describe(thief, name="Neema Salon", phone="+255712345679")
    [(ours,)] = await rows(
        database_url, "SELECT tenant FROM users WHERE email = 'thief@example.com'"
    )
    [(member,)] = await rows(database_url, f"SELECT id FROM users WHERE email = '{EMAIL}'")  # noqa: S608
    security._ledger.take()
    for path in (
        f"/messages/{ASHA}/{written}",
        f"/messages/{ASHA}/{written}/file",
        f"/team/{member}/remove",
        f"/messages/{ASHA}/00000000-0000-0000-0000-000000000001",
    ):
        assert (await thief.go(path)).status_code == 404
    assert await noted(database_url) == [("FOREIGN_ID", ADDRESS, str(ours), 3)]


async def test_the_portal_reads_none_of_it(portal, database_url):
    await sign_in(portal, password=PASSWORD)
    await noted(database_url)
    connection = await asyncpg.connect(portal.settings.database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT 1 FROM security_events")
    finally:
        await connection.close()
