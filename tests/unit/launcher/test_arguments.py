"""What a person typed, and what follows from it."""

from pathlib import Path

import msgspec
import pytest

from controlplane.media.space import Limits
from controlplane.settings import ControlPlaneSettings
from launcher import environment, parts, pip_settings
from launcher.__main__ import _parser, main, settings_of
from launcher.base_image import mirrors_of, package_lines
from launcher.errors import LauncherError
from launcher.paths import ROOT, Paths
from launcher.settings import LauncherSettings
from portal.settings import PortalSettings
from shared.settings import read_settings

PATHS = Paths(root=ROOT, state=Path("/state dir"))


def settings(arguments: list[str], environ: dict[str, str]) -> LauncherSettings:
    return settings_of(_parser().parse_args(arguments), environ)


def test_the_defaults_are_the_documented_ports() -> None:
    chosen = settings(["up"], {})
    assert (chosen.port, chosen.sandbox_port, chosen.state_dir) == (8000, 8070, ROOT / ".flowhq")


def test_an_option_wins_over_the_environment() -> None:
    assert settings(["up", "--port", "9001"], {"FLOWHQ_PORT": "9000"}).port == 9001


def test_the_environment_wins_over_the_default() -> None:
    assert settings(["up"], {"FLOWHQ_PORT": "9000"}).port == 9000


def test_a_misspelt_variable_is_refused_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["up"], {"FLOWHQ_PROT": "9000"}) == 1
    assert capsys.readouterr().err == "FLOWHQ_PROT is not a setting of this process\n"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "many"])
def test_a_number_that_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        _parser().parse_args(["up", f"--port={port}"])
    assert ended.value.code == 2
    assert "--port" in capsys.readouterr().err


def test_down_where_nothing_is_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down", "--purge", "--state-dir", str(tmp_path / "none")], {}) == 0
    assert capsys.readouterr().out == f"Nothing of FlowHQ is at {tmp_path}/none.\n"
    assert not (tmp_path / "none").exists()


def test_a_process_gets_its_own_settings_and_none_of_the_shells() -> None:
    given = environment.for_process(
        {"PATH": "/bin", "FLOWHQ_PORT": "1", "FLOWHQ_TYPO": "x"}, {"port": "2"}
    )
    assert given == {"PATH": "/bin", "FLOWHQ_PORT": "2"}


def test_in_practice_a_worker_goes_through_the_sandboxs_proxy() -> None:
    written = parts.worker_environment(LauncherSettings(sandbox_proxy_port=9072), live=False)
    assert msgspec.json.decode(written) == {"HTTPS_PROXY": "http://{gateway_host}:9072"}


def test_with_the_real_whatsapp_a_worker_has_no_proxy() -> None:
    assert parts.worker_environment(LauncherSettings(), live=True) == "{}"


def test_workers_can_be_given_more_variables() -> None:
    given = LauncherSettings(worker_environment='{"FLOWHQ_OUTBOUND_A_MINUTE": "60"}')
    written = msgspec.json.decode(parts.worker_environment(given, live=False))
    assert written.keys() == {"HTTPS_PROXY", "FLOWHQ_OUTBOUND_A_MINUTE"}
    assert msgspec.json.decode(parts.worker_environment(given, live=True)).keys() == {
        "FLOWHQ_OUTBOUND_A_MINUTE"
    }


def test_variables_for_workers_that_are_no_json_object_are_refused() -> None:
    with pytest.raises(LauncherError, match="FLOWHQ_WORKER_ENVIRONMENT"):
        parts.worker_environment(LauncherSettings(worker_environment="A=1"), live=False)


def test_the_sandbox_listens_for_workers_on_their_own_bridge_only() -> None:
    spec = parts.sandbox(PATHS, LauncherSettings(), gateway="172.18.0.1", environ={})
    assert spec.environ["FLOWHQ_PROXY_HOST"] == "172.18.0.1"
    assert spec.environ["FLOWHQ_HOST"] == "127.0.0.1"


def test_the_directory_of_the_caller_cannot_take_a_modules_place() -> None:
    assert "-P" in parts.sandbox(PATHS, LauncherSettings(), gateway="x", environ={}).command


class TestMirrors:
    def test_both_formats_of_lists_are_read(self) -> None:
        mirrors = mirrors_of(
            [
                "deb [signed-by=/k.gpg] http://near/debian bookworm main",
                "Types: deb\nURIs: http://near/debian-security/\nSuites: bookworm-security",
            ]
        )
        assert mirrors is not None
        assert (mirrors.archive, mirrors.security) == (
            "http://near/debian",
            "http://near/debian-security",
        )

    def test_a_comment_names_no_mirror(self) -> None:
        mirrors = mirrors_of(["# http://snapshot/archive/debian\ndeb http://near/debian x main"])
        assert mirrors is not None
        assert (mirrors.archive, mirrors.security) == (
            "http://near/debian",
            "http://near/debian-security",
        )

    def test_on_ubuntu_debians_own_mirror_is_taken(self) -> None:
        mirrors = mirrors_of(["deb http://near/ubuntu noble main"])
        assert package_lines(mirrors) == []


class TestPipSettings:
    def test_a_mirror_is_handed_on(self) -> None:
        listing = "global.index-url='https://mirror/simple'\nglobal.cert='/etc/ca.pem'\n"
        assert (
            pip_settings.render_config(listing) == "[global]\nindex-url = https://mirror/simple\n"
        )

    def test_a_directory_of_this_machine_is_not(self) -> None:
        assert pip_settings.render_config("global.extra-index-url='file:///opt/simple'") == ""

    def test_the_bundle_that_the_environment_names_is_taken(self, tmp_path: Path) -> None:
        bundle = tmp_path / "ca.pem"
        bundle.write_text("certificate")
        found = pip_settings.find_bundle({"PIP_CERT": str(bundle)})
        assert found == bundle
        assert pip_settings.files_of(found, "") == {".flowhq/build/ca-bundle.pem": b"certificate"}

    def test_a_named_bundle_that_is_not_there_is_passed_over(self, tmp_path: Path) -> None:
        found = pip_settings.find_bundle({"PIP_CERT": str(tmp_path / "none")})
        assert found in {None, pip_settings.SYSTEM_BUNDLE}


def control_plane(chosen: LauncherSettings) -> dict[str, str]:
    return parts.control_plane(
        PATHS,
        chosen,
        instance="i",
        database_url="postgresql://x",
        worker_image="w",
        engine_address="unix:///x",
        files_secret="f",
        live=False,
        environ={},
    ).environ


def test_what_a_person_says_of_files_reaches_the_control_plane_and_nothing_else_does() -> None:
    chosen = settings(["up"], {"FLOWHQ_MEDIA_FROM_URLS": "true"})
    given = control_plane(chosen)
    assert {name: value for name, value in given.items() if "MEDIA" in name} == {
        "FLOWHQ_MEDIA_FROM_URLS": "true"
    }
    assert read_settings(ControlPlaneSettings, given).media_from_urls


def test_the_control_planes_defaults_hold_where_nothing_is_said() -> None:
    given = read_settings(ControlPlaneSettings, control_plane(LauncherSettings()))
    assert (given.media_from_urls, given.media_limits) == (False, Limits())


def portal(chosen: LauncherSettings) -> dict[str, str]:
    return parts.portal(
        PATHS,
        chosen,
        database_url="postgresql://x",
        secret="s",
        files_secret="f",
        environ={},
    ).environ


def test_the_portal_gets_more_variables_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "portal.json"
    file.write_text('{"FLOWHQ_SMTP_HOST": "mail.test", "FLOWHQ_PUBLIC_URL": "https://a.test"}')
    chosen = settings(["up"], {"FLOWHQ_PORTAL_SETTINGS": str(file)})
    given = portal(chosen)
    assert given["FLOWHQ_SMTP_HOST"] == "mail.test"
    assert given["FLOWHQ_PUBLIC_URL"] == "https://a.test"
    assert given["FLOWHQ_PORT"] == "8080"


def test_the_portal_asks_for_files_where_the_control_plane_gives_them() -> None:
    ours = read_settings(PortalSettings, portal(LauncherSettings())).slip_window
    theirs = read_settings(ControlPlaneSettings, control_plane(LauncherSettings())).slip_window
    assert ours is not None
    assert ours == theirs


@pytest.mark.parametrize("content", ["", "[]", '{"FLOWHQ_SMTP_PORT": 587}'])
def test_a_file_for_the_portal_that_is_wrong_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "portal.json"
    file.write_text(content)
    with pytest.raises(LauncherError, match="FLOWHQ_PORTAL_SETTINGS"):
        parts.portal_environment(LauncherSettings(portal_settings=str(file)))


def test_a_file_for_the_portal_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = LauncherSettings(portal_settings=str(tmp_path / "none.json"))
    with pytest.raises(LauncherError, match=r"none\.json"):
        parts.portal_environment(missing)
