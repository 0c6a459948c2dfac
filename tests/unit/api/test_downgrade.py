"""The description in OpenAPI 3.0."""

import pytest

from controlplane.api.downgrade import to_openapi_30

TEXT = {"type": "string"}
REF = {"$ref": "#/components/schemas/Tenant"}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(
            {"oneOf": [TEXT, {"type": "null"}]}, {**TEXT, "nullable": True}, id="text or null"
        ),
        pytest.param(
            {"oneOf": [{"type": "null"}, REF]},
            {"allOf": [REF], "nullable": True},
            id="reference or null",
        ),
        pytest.param(
            {"anyOf": [TEXT, REF, {"type": "null"}]},
            {"anyOf": [TEXT, REF], "nullable": True},
            id="several or null",
        ),
        pytest.param({"type": ["string", "null"]}, {**TEXT, "nullable": True}, id="type list"),
        pytest.param({"const": "ok"}, {"enum": ["ok"]}, id="constant"),
        pytest.param({"required": [], **TEXT}, TEXT, id="nothing required"),
        pytest.param({"oneOf": [TEXT, REF]}, {"oneOf": [TEXT, REF]}, id="nothing to do"),
    ],
)
def test_what_31_says_is_said_in_30(written, read):
    document = to_openapi_30({"openapi": "3.1.0", "components": {"schemas": {"A": written}}})
    assert document["openapi"] == "3.0.3"
    assert document["components"]["schemas"]["A"] == read
