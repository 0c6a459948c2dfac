"""What one tenant may use: the form writes MiB, the rows hold bytes, the API's bounds hold."""

import re

import pytest

from shared.enums import CallerKind
from shared.stores import limits
from shared.structs.limits import DEFAULTS, MIB
from tests.fakes.traces import list_newest
from tests.integration.dashboard.conftest import EMAIL


@pytest.fixture
def path(tenant_id) -> str:
    return f"/dashboard/tenants/{tenant_id}/limits"


async def test_a_limit_is_set_and_an_empty_field_follows_the_default(browser, tenant_id, path):
    assert "Messages that wait" in (await browser.go(path)).text
    seen = await browser.send(path, memory_bytes="128", cpus="0.25", queued_messages="")
    assert 'value="128"' in seen.text
    found = await limits.find_overrides(tenant_id)
    assert (found.memory_bytes, found.cpus, found.queued_messages) == (128 * MIB, 0.25, None)
    await browser.send(path, memory_bytes="")
    assert (await limits.get(tenant_id)).memory_bytes == DEFAULTS.memory_bytes
    [entry] = await list_newest(limit=1)
    assert (entry.kind, entry.who, entry.action) == (CallerKind.OPERATOR, EMAIL, "limits.set")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memory_bytes", "1"), ("memory_bytes", "much"), ("cpus", "nan"), ("cpus", "1e9"),
        ("pids", "-1"), ("disk_bytes", "9" * 30), ("queued_messages", "1.5"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_at_its_field(browser, tenant_id, path, field, value):
    await browser.go(path)
    answer = await browser.send(path, **{field: value})
    assert answer.status_code == 422
    assert re.findall(r'class="wrong" id="([a-z_]+)-more"', answer.text) == [field]
    assert await limits.get(tenant_id) == DEFAULTS
