"""Which application a request is for."""

import pytest

from controlplane.doors import join


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("/", "dashboard"),
        ("/dashboard", "dashboard"),
        ("/dashboard/keys", "dashboard"),
        ("/static/0/flowhq.css", "dashboard"),
        ("/admin/tenants", "api"),
        ("/v1/messages", "api"),
        ("/schema", "api"),
        ("/readyz", "api"),
        ("/dashboards", "api"),
        ("/no-such-page", "api"),
    ],
)
async def test_pages_are_for_people_and_the_rest_for_programs(path, whose):
    asked = []

    def application(name):
        async def answer(*_):
            asked.append(name)

        return answer

    both = join(application("api"), application("dashboard"))
    await both({"type": "http", "path": path}, None, None)
    assert asked == [whose]


async def test_the_beginning_and_the_end_are_told_to_the_api_alone():
    asked = []

    async def api(scope, *_):
        asked.append(scope["type"])

    await join(api, None)({"type": "lifespan"}, None, None)
    assert asked == ["lifespan"]
