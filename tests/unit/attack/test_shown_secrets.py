"""What of a worker's token the engine's description of its container gives away."""

import pytest

from attack.inside.tokens import find_shown

TOKEN = "fhw_0123456789abcdefghijklmnopqrstuv"


def described(**changes):
    config = {"Env": ["PATH=/bin", "FLOWHQ_TENANT_ID=1"], "Labels": {}, "Cmd": ["python"]}
    return {"Config": {**config, **changes}, "Args": []}


def test_a_description_without_a_secret_is_no_breach():
    assert find_shown(described(), TOKEN) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"Env": ["FLOWHQ_TOKEN=whatever"]},
        {"Env": [f"FLOWHQ_IMAGE={TOKEN}"]},
        {"Env": ["X=fhw_another-tenants-token-of-some-length"]},
        {"Labels": {"flowhq.note": TOKEN}},
        {"Cmd": ["python", "-m", "worker", TOKEN]},
    ],
    ids=["a variable's name", "a variable", "another's", "a label", "the command"],
)
def test_a_secret_in_any_field_of_it_is_found(changes):
    assert find_shown(described(**changes), TOKEN)
