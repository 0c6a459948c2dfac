"""The attack knows every route: the applications list them, and their names are filled with ids."""

import sys

import msgspec
import pytest

import controlplane.__main__ as controlplane
import portal.__main__ as portal
from attack.routes.bodies import Bodies
from attack.routes.listing import PUBLIC
from attack.routes.naming import fill, fill_with_each, is_about_one
from shared.web.routes import Route


@pytest.mark.parametrize(
    ("main", "sites"), [(controlplane.main, {"api", "dashboard"}), (portal.main, {"portal"})]
)
def test_a_process_prints_its_routes_without_any_setting(main, sites, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["python", "routes"])
    assert main() == 0
    routes = msgspec.json.decode(capsys.readouterr().out, type=list[Route])
    assert {route.site for route in routes} == sites
    for site in sites:
        names = {route.name for route in routes if route.site == site}
        assert names >= PUBLIC[site], "what is public is a route"
        assert len(names) > 2 * len(PUBLIC[site])


def route(path: str, *parameters: str) -> Route:
    return Route(site="api", method="GET", path=path, parameters=[*parameters], needs=[])


def test_ids_stand_where_the_address_names_them():
    one = route("/messages/{person}/{message_id}", "person", "message_id")
    assert fill(one, {"person": "+2557", "message_id": "m1"}) == "/messages/%2B2557/m1"


def test_a_name_that_is_new_is_tried_with_each_id_of_the_business():
    paths = fill_with_each(route("/new/{thing_id}", "thing_id"), {"log_id": "l", "key_id": "k"})
    assert sorted(paths) == ["/new/k", "/new/l"]


def test_the_secret_of_a_mailed_link_names_no_row():
    assert not is_about_one(route("/reset/{token}", "token"))
    assert is_about_one(route("/team/{member_id}", "member_id"))


def test_bodies_are_made_of_the_schema_that_names_them():
    document = {
        "paths": {
            "/a": {
                "post": {
                    "requestBody": {
                        "content": {"application/json": {"schema": {"$ref": "#/x/schemas/In"}}}
                    }
                }
            }
        },
        "components": {
            "schemas": {
                "In": {
                    "type": "object",
                    "required": ["to", "kind", "many", "at"],
                    "properties": {
                        "to": {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}"},
                        "kind": {"oneOf": [{"type": "null"}, {"enum": ["A", "B"]}]},
                        "many": {"type": "array", "minItems": 2, "items": {"type": "integer"}},
                        "at": {"type": "string", "format": "date-time"},
                        "left_out": {"type": "string"},
                    },
                }
            }
        },
    }
    assert Bodies(document).find("POST", "/a") == {
        "to": "+255754999000",
        "kind": "A",
        "many": [1, 1],
        "at": "2099-01-01T00:00:00Z",
    }
    assert Bodies(document).find("GET", "/a") is None
