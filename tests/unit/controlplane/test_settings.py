"""What the control plane says of its settings before it does anything."""

import pytest

from controlplane.settings import ControlPlaneSettings
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
