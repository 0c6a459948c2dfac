"""Makes the practice copy of the client library: another trust root, nothing else changed."""

import os
from pathlib import Path

from sandbox.crypto import curve
from sandbox.keys import SandboxKeys
from shared.errors import PermanentError

# whatsmeow's WACertPubKey: the public key that signs WhatsApp's Noise certificates.
WHATSAPP_TRUST_ROOT = bytes.fromhex(
    "142375574d0a587166aae71ebe516437c4a28b73e3695c6ce1f7f9545da8ee6b"
)


class TrustRootNotFoundError(PermanentError):
    """The file is not a client library of the known kind."""


def patched(library: bytes, trust_root: bytes) -> bytes:
    """`library` trusting the X25519 public key `trust_root`. Raises TrustRootNotFoundError."""
    found = library.count(WHATSAPP_TRUST_ROOT)
    if found != 1:
        raise TrustRootNotFoundError(
            f"WhatsApp's trust root stands {found} times in the library, not once"
        )
    return library.replace(WHATSAPP_TRUST_ROOT, trust_root)


def write_patched(library: Path, out: Path, keys: SandboxKeys) -> Path:
    """Writes the copy under the same name, and `ca.pem`, to `out`; returns the copy's path.

    Raises TrustRootNotFoundError, or OSError when a file cannot be read or written.
    """
    content = patched(library.read_bytes(), curve.public_of(keys.trust_root))
    out.mkdir(parents=True, exist_ok=True)
    _write(out / "ca.pem", keys.authority.read_bytes(), mode=0o600)
    _write(out / library.name, content, mode=0o700)
    return out / library.name


def _write(path: Path, content: bytes, *, mode: int) -> None:
    # Never half a library in place: neonize would download another one over it.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.chmod(mode)
    draft.replace(path)
