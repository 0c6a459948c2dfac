"""What is said about a body that cannot be used."""

import msgspec
import pytest

from controlplane.api.bodies import FieldProblem, find_problems
from shared.structs.setup_requests import CreateSetupRequestInput
from shared.structs.tenants import CreateTenantInput

GOOD = {
    "name": "Duka",
    "phone_number": "+255712345678",
    "template_type": "SUPPORT",
    "language": "EN",
}
MONDAY = {"opens": "08:00", "closes": "17:00"}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        pytest.param({"name": ""}, "name", "must not be empty", id="empty"),
        pytest.param({"name": "x" * 201}, "name", "must be at most 200 characters long", id="long"),
        pytest.param({"name": 1}, "name", "must be str, not int", id="wrong type"),
        pytest.param(
            {"name": "a\n"},
            "name",
            "must not be blank, nor contain control characters or line breaks",
            id="line break",
        ),
        pytest.param(
            {"language": "FR"}, "language", "is not one of the known values", id="unknown value"
        ),
        pytest.param({"x": 1}, "x", "is not a field of this request", id="unknown field"),
        pytest.param(
            {"hours": {"MON": {**MONDAY, "opens": "8"}}},
            "hours[...].opens",
            "must be a time of day like 08:30",
            id="nested value",
        ),
        pytest.param(
            {"hours": {"MON": {**MONDAY, "note": ""}}},
            "hours[...]",
            "has an unknown field 'note'",
            id="nested unknown field",
        ),
        pytest.param(
            {"hours": {"MON": {"opens": "08:00"}}},
            "hours[...]",
            "lacks the field 'closes'",
            id="nested missing field",
        ),
        pytest.param(
            {"hours": {"XXX": MONDAY}}, "hours", "is not one of the known values", id="unknown key"
        ),
    ],
)
def test_a_problem_names_the_place_in_plain_words(changes, field, message):
    assert find_problems({**GOOD, **changes}, CreateTenantInput) == [FieldProblem(field, message)]


def test_a_good_body_has_no_problems():
    body = {**GOOD, "hours": {"MON": MONDAY}, "business_name": None}
    assert find_problems(body, CreateTenantInput) == []
    assert msgspec.convert(body, CreateTenantInput)


def test_a_malformed_id_is_told():
    assert find_problems({"tenant_id": "x"}, CreateSetupRequestInput) == [
        FieldProblem("tenant_id", "must be a UUID")
    ]
