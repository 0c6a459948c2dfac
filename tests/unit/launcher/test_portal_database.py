"""The portal's way into the database."""

from pathlib import Path

from launcher.paths import ROOT, Paths
from launcher.portal_database import ensure_password, url_of
from launcher.settings import LauncherSettings, UpOptions

EXTERNAL = "postgresql://owner:secret@db.test:5433/flowhq?sslmode=require"


def options(database_url: str | None) -> UpOptions:
    return UpOptions(settings=LauncherSettings(), database_url=database_url)


def test_the_embedded_server_is_reached_by_its_socket_and_without_a_password(tmp_path: Path):
    paths = Paths(root=ROOT, state=tmp_path)
    assert ensure_password(paths, options(None)) is None
    url = url_of(paths, "postgresql://postgres@/flowhq?host=%2Fa%20b")
    assert url == "postgresql://flowhq_portal@/flowhq?host=%2Fa%20b"


def test_an_external_server_gets_a_password_of_the_portals_own(tmp_path: Path):
    paths = Paths(root=ROOT, state=tmp_path)
    password = ensure_password(paths, options(EXTERNAL))
    assert password is not None
    assert url_of(paths, EXTERNAL) == (
        f"postgresql://flowhq_portal:{password}@db.test:5433/flowhq?sslmode=require"
    )
