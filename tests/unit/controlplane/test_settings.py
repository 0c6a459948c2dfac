"""What the control plane says of its settings before it does anything."""

import pytest

from controlplane.settings import ControlPlaneSettings
from shared.enums import OperatorRole
from shared.errors import SettingsError

PORTAL = "https://bots.example.com"


def settings(public_url: str, portal_url: str = PORTAL) -> ControlPlaneSettings:
    return ControlPlaneSettings(
        database_url="", worker_image="", public_url=public_url, portal_url=portal_url
    )


@pytest.mark.parametrize(
    "public_url",
    [
        PORTAL,
        "https://bots.example.com:8443",
        "https://BOTS.example.com/dashboard",
        "https://somebody@bots.example.com",
    ],
)
def test_dashboard_and_portal_are_not_served_on_one_host(public_url):
    with pytest.raises(SettingsError, match=r"bots\.example\.com"):
        settings(public_url).check_hosts()


@pytest.mark.parametrize(
    ("public_url", "portal_url"),
    [
        ("https://ops.example.com", PORTAL),
        ("https://example.com", PORTAL),
        ("https://bots.example.com", ""),
        ("", PORTAL),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8080"),
    ],
)
def test_all_else_is_served(public_url, portal_url):
    settings(public_url, portal_url).check_hosts()


OIDC = {
    "oidc_issuer": "https://id.example.com",
    "oidc_client_id": "flowhq",
    "public_url": "https://ops.example.com/",
}


def with_oidc(**more) -> ControlPlaneSettings:
    return ControlPlaneSettings(database_url="", worker_image="", **(OIDC | more))


def test_a_provider_is_read_with_the_secret_of_its_file(tmp_path):
    file = tmp_path / "secret"
    file.write_text("s3cret\n", encoding="utf-8")
    found = with_oidc(
        oidc_client_secret_file=str(file), oidc_roles='{"boss": "ADMIN"}'
    ).read_provider()
    assert (found.issuer, found.client_secret) == (OIDC["oidc_issuer"], "s3cret")
    assert found.redirect_uri == "https://ops.example.com/dashboard/sign-in/provider/back"
    assert found.roles == {"boss": OperatorRole.ADMIN}


def test_without_an_issuer_there_is_no_provider():
    assert with_oidc(oidc_issuer="").read_provider() is None


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"oidc_issuer": "", "oidc_only": True}, "FLOWHQ_OIDC_ISSUER"),
        ({"oidc_issuer": "http://id.example.com"}, "https"),
        ({"oidc_client_id": ""}, "FLOWHQ_OIDC_CLIENT_ID"),
        ({"oidc_only": True}, "FLOWHQ_OIDC_BREAK_GLASS"),
        ({"oidc_roles": '{"boss": "OWNER"}'}, "FLOWHQ_OIDC_ROLES"),
        ({"oidc_roles": "boss"}, "FLOWHQ_OIDC_ROLES"),
        ({"oidc_client_secret_file": "/nowhere"}, "FLOWHQ_OIDC_CLIENT_SECRET_FILE"),
        ({"public_url": ""}, "FLOWHQ_PUBLIC_URL"),
    ],
)
def test_a_provider_that_could_let_nobody_in_is_refused_at_the_start(given, named):
    with pytest.raises(SettingsError, match=named):
        with_oidc(**given).read_provider()
