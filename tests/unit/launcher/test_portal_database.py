"""The portal's way into the database."""

from pathlib import Path

from launcher.paths import ROOT, Paths
from launcher.portal_database import ensure_password, url_of

EXTERNAL = "postgresql://owner:secret@db.test:5433/flowhq?sslmode=require"


def test_the_embedded_server_is_reached_by_its_socket_with_a_password_of_the_portals_own(
    tmp_path: Path,
):
    paths = Paths(root=ROOT, state=tmp_path)
    url = url_of(paths, "postgresql://postgres@/flowhq?host=%2Fa%20b")
    assert url == f"postgresql://flowhq_portal:{ensure_password(paths)}@/flowhq?host=%2Fa%20b"
    assert paths.portal_password.stat().st_mode & 0o077 == 0


def test_an_external_server_gets_the_same(tmp_path: Path):
    paths = Paths(root=ROOT, state=tmp_path)
    assert url_of(paths, EXTERNAL) == (
        f"postgresql://flowhq_portal:{ensure_password(paths)}@db.test:5433/flowhq?sslmode=require"
    )
