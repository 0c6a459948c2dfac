"""A mail server on loopback: takes mails over STARTTLS and after a login, and keeps them."""

import contextlib
import ipaddress
import socket
import ssl
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOGIN = b"\0portal\0secret"


class SmtpServer:
    """mails: as they came. trust: a context that takes its certificate. heard: every command."""

    def __init__(self, directory: Path) -> None:
        certificate, key = _make_certificate(directory)
        self.mails: list[str] = []
        self.heard: list[str] = []
        self.trust = ssl.create_default_context(cafile=str(certificate))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = Thread(target=self._serve, daemon=True)

    @contextlib.contextmanager
    def running(self) -> Iterator["SmtpServer"]:
        self._thread.start()
        try:
            yield self
        finally:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._thread.join(timeout=10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                with contextlib.suppress(OSError), connection:
                    self._talk(connection)

    def _talk(self, plain: socket.socket) -> None:
        plain.sendall(b"220 mail.test\r\n")
        if not self._dialogue(plain, is_secret=False):
            return
        with self._context.wrap_socket(plain, server_side=True) as secret:
            self._dialogue(secret, is_secret=True)

    def _dialogue(self, connection: socket.socket, *, is_secret: bool) -> bool:
        """True when the other side asks for TLS."""
        lines = connection.makefile("rb")
        for line in lines:
            word = line.decode().split()[0].upper()
            self.heard.append(f"{word} {'secret' if is_secret else 'plain'}")
            if word == "STARTTLS":
                connection.sendall(b"220 go on\r\n")
                return True
            if word == "DATA":
                connection.sendall(b"354 go on\r\n")
                self.mails.append(b"".join(iter(lines.readline, b".\r\n")).decode())
            connection.sendall(self._answer(word, line, is_secret=is_secret))
            if word == "QUIT":
                return False
        return False

    def _answer(self, word: str, line: bytes, *, is_secret: bool) -> bytes:
        if word == "EHLO":
            return (
                b"250-mail.test\r\n250 AUTH PLAIN\r\n"
                if is_secret
                else (b"250-mail.test\r\n250 STARTTLS\r\n")
            )
        if word == "AUTH":
            right = b64decode(line.split()[2]) == LOGIN
            return b"235 yes\r\n" if right else b"535 no\r\n"
        return b"221 bye\r\n" if word == "QUIT" else b"250 ok\r\n"


def _make_certificate(directory: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)  # noqa: TID251  a certificate is judged by the machine's clock
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = directory / "certificate.pem", directory / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
