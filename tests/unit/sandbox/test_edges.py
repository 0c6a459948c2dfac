"""Keys on disk, the proxy's one destination, sockets and settings."""

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.control.inputs import digits
from sandbox.keys import load_keys
from sandbox.patch import TrustRootNotFoundError, write_patched
from sandbox.people.app_state import answer_collection, key_share
from sandbox.people.person import make_phone_side
from sandbox.proxy import wanted_host
from sandbox.settings import SandboxSettings
from sandbox.sockets import listen
from sandbox.wire.nodes import Node
from sandbox.wire.protobuf import Fields
from shared.errors import InvalidInputError, SettingsError
from shared.settings import read_settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_keys_are_made_once_and_are_nobody_elses_to_read(tmp_path: Path) -> None:
    first, second = (load_keys(tmp_path / "state", now=NOW) for _ in range(2))

    assert first == second
    for path in (tmp_path / "state" / "keys").iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_certificate_names_every_host_of_the_client(tmp_path: Path) -> None:
    keys = load_keys(tmp_path, now=NOW)
    certificate = x509.load_pem_x509_certificate(keys.certificate.read_bytes())
    authority = x509.load_pem_x509_certificate(keys.authority.read_bytes())

    certificate.verify_directly_issued_by(authority)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [
        "web.whatsapp.com",
        "*.whatsapp.com",
        "*.whatsapp.net",
    ]


def test_a_refused_patch_writes_nothing(tmp_path: Path) -> None:
    library = tmp_path / "other.so"
    library.write_bytes(b"without the key")

    with pytest.raises(TrustRootNotFoundError):
        write_patched(library, tmp_path / "out", load_keys(tmp_path / "state", now=NOW))

    assert not (tmp_path / "out").exists()


def test_keys_in_a_place_that_is_a_file_are_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="keys in"):
        load_keys(tmp_path / "file", now=NOW)


@pytest.mark.parametrize(
    ("request_line", "host"),
    [
        ("CONNECT web.whatsapp.com:443 HTTP/1.1", "web.whatsapp.com"),
        ("CONNECT MMG.WhatsApp.net:443 HTTP/1.1", "mmg.whatsapp.net"),
        ("CONNECT web.whatsapp.com:80 HTTP/1.1", None),
        ("CONNECT example.com:443 HTTP/1.1", None),
        ("CONNECT evilwhatsapp.com:443 HTTP/1.1", None),
        ("CONNECT web.whatsapp.com.example.com:443 HTTP/1.1", None),
        ("GET http://web.whatsapp.com/ HTTP/1.1", None),
        ("CONNECT", None),
        ("", None),
    ],
)
def test_the_proxy_knows_one_destination(request_line: str, host: str | None) -> None:
    assert wanted_host(f"{request_line}\r\n\r\n".encode()) == host


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(SettingsError, match=f"127.0.0.1:{port}"):
            listen("127.0.0.1", port)


def test_an_address_that_is_not_up_yet_can_be_listened_on() -> None:
    listen("192.0.2.77", 0).close()  # an address for documentation: nobody has it


def test_an_unknown_setting_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="FLOWHQ_PROT"):
        read_settings(SandboxSettings, {"FLOWHQ_PROT": "8070"})


@pytest.mark.parametrize(
    "text", ["", "255741000001", "+0741000001", "+2557410000011111", "+25574x"]
)
def test_a_number_that_is_not_e164_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        digits(text)


def test_a_number_with_a_line_feed_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        digits("+255741000001\n")


def test_a_companion_that_knows_the_settings_gets_nothing_new() -> None:
    known = Node("collection", {"name": "critical_block", "version": "1"})

    assert answer_collection(known, make_phone_side(), "Juma", now=NOW).children == ()


def test_the_settings_key_that_is_shared_is_the_one_the_settings_are_sealed_with() -> None:
    phone = make_phone_side()
    share = Fields.decode(key_share(phone, now=NOW)).get_message(12).get_message(7).get_message(1)
    asked = Node("collection", {"name": "critical_block", "version": "0"})

    patch = answer_collection(asked, phone, "Juma", now=NOW).get("patches").get("patch")

    key_id = share.get_message(1).get_bytes(1)
    assert Fields.decode(patch.data).get_message(6).get_bytes(1) == key_id
    assert share.get_message(2).get_bytes(1) == phone.app_state_key
