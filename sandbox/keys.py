"""The sandbox's own keys: made on first use, kept in the state directory, read by nobody else."""

import os
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from sandbox.crypto import curve
from shared.errors import SettingsError

_NAMES = ("web.whatsapp.com", "*.whatsapp.com", "*.whatsapp.net")
_VALID = timedelta(days=3650)
_BACKDATED = timedelta(days=1)
_TRUST_ROOT, _AUTHORITY, _CERTIFICATE, _KEY = "trust-root.key", "ca.pem", "tls.pem", "tls.key"


class SandboxKeys(msgspec.Struct, frozen=True):
    """trust_root: the X25519 private key whose public half the patched client trusts."""

    trust_root: bytes
    authority: Path
    certificate: Path
    certificate_key: Path


def load_keys(state_dir: Path, *, now: datetime) -> SandboxKeys:
    """Reads the keys, or makes them. Raises SettingsError when the directory is of no use."""
    directory = state_dir / "keys"
    try:
        if not directory.is_dir():
            _make(directory, now=now)
        trust_root = (directory / _TRUST_ROOT).read_bytes()
    except OSError as error:
        raise SettingsError(f"the sandbox's keys in {directory}: {error.strerror}") from error
    return SandboxKeys(
        trust_root=trust_root,
        authority=directory / _AUTHORITY,
        certificate=directory / _CERTIFICATE,
        certificate_key=directory / _KEY,
    )


def _make(directory: Path, *, now: datetime) -> None:
    # All or nothing, by one rename: `patch` and the server may both be here first.
    directory.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=".keys-", dir=directory.parent))
    try:
        for name, content in _contents(now).items():
            _write_private(draft / name, content)
        draft.rename(directory)
    except OSError:
        if not directory.is_dir():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _contents(now: datetime) -> dict[str, bytes]:
    # The authority's key signs once and is forgotten: nobody can make more certificates with it.
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = _authority(authority_key, now)
    names = x509.SubjectAlternativeName([x509.DNSName(name) for name in _NAMES])
    issued = (
        _builder("FlowHQ sandbox", authority.subject, server_key, now)
        .add_extension(names, critical=False)
        .sign(authority_key, SHA256())
    )
    plain = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        _TRUST_ROOT: curve.new_private(),
        _AUTHORITY: authority.public_bytes(Encoding.PEM),
        _CERTIFICATE: issued.public_bytes(Encoding.PEM),
        _KEY: server_key.private_bytes(*plain),
    }


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = "FlowHQ sandbox authority"
    return (
        _builder(name, _name(name), key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )


def _builder(
    subject: str, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _VALID)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
