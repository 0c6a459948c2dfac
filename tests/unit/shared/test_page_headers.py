"""What every answer of a site of pages tells the browser."""

import pytest

from shared.web.headers import page_headers


@pytest.mark.parametrize("is_secure", [True, False])
async def test_only_a_site_on_https_holds_browsers_to_it(is_secure):
    start = {"type": "http.response.start", "status": 200, "headers": []}
    await page_headers(is_secure=is_secure)(start, {})
    given = dict(start["headers"])
    assert (b"strict-transport-security" in given) is is_secure
    assert given[b"x-content-type-options"] == b"nosniff"
