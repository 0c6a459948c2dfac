"""A real provider of OpenID Connect, of a package of others (pyop), on a port of this machine.

What it gives can be spoilt on the way out, signed anew by its own key or by another.
"""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs, urlsplit

from Cryptodome.PublicKey import RSA
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwkest.jwk import RSAKey
from jwkest.jws import JWS
from oic.oic.message import IdToken
from pyop.authz_state import AuthorizationState
from pyop.exceptions import OAuthError
from pyop.provider import Provider
from pyop.subject_identifier import HashBasedSubjectIdentifierFactory
from pyop.userinfo import Userinfo

CLIENT, SECRET = "flowhq", "a/secret+of:the%client"
BACK = "http://portal.test/dashboard/sign-in/provider/back"
_KEY, _OTHER = (RSAKey(key=RSA.generate(2048), alg="RS256", kid=kid) for kid in ("one", "two"))


class OidcServer(ThreadingHTTPServer):
    """users: by name, their claims. user: who is signed in there. spoil: what each answer is made
    into. claims: of the ID token, in the place of its own, None for none. alg: it is signed with;
    `none`, or `other` for a key that is nobody's. fails: the status of each answer.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.issuer = f"https://127.0.0.1:{self.server_address[1]}"
        self.users: dict[str, dict[str, Any]] = {}
        self.user = "amina"
        self.claims: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self.alg = "RS256"
        self.fails = 0
        self.spoil: dict[str, Callable[[Any], Any]] = {}
        self.asked: list[str] = []
        self.exchanges: list[dict[str, list[str]]] = []
        self.key = _KEY
        self.provider = Provider(
            _KEY,
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
                "response_types_supported": ["code"],
                "scopes_supported": ["openid", "email", "profile"],
                "subject_types_supported": ["public"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            },
            AuthorizationState(HashBasedSubjectIdentifierFactory("salt")),
            {
                CLIENT: {
                    "client_id": CLIENT,
                    "client_secret": SECRET,
                    "redirect_uris": [BACK],
                    "response_types": ["code"],
                    "token_endpoint_auth_method": "client_secret_basic",
                }
            },
            Userinfo(self.users),
        )

        self.certificate, file = _certify()
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:
            path = Path(folder) / "both.pem"
            path.write_bytes(file)
            tls.load_cert_chain(path)
        self.socket = tls.wrap_socket(self.socket, server_side=True)

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.certificate)

    def authorize(self, query: str) -> str:
        """What the provider does once the user has signed in there: where the browser goes."""
        asked = self.provider.parse_authentication_request(query)
        return self.provider.authorize(asked, self.user).request(asked["redirect_uri"])

    def give_token(self, body: str, headers: dict[str, str]) -> dict[str, Any]:
        # pyop reads what stands in the header as it is, and encodes nothing: as RFC 6749 has it.
        self.exchanges.append(parse_qs(body))
        given = self.provider.handle_token_request(body, headers, dict(self.extra)).to_dict()
        if self.claims or self.alg != "RS256":
            given["id_token"] = self._sign_anew(given["id_token"])
        return given

    def _sign_anew(self, token: str) -> str:
        opened = IdToken().from_jwt(token, [self.key]).to_dict()
        claims = {k: v for k, v in {**opened, **self.claims}.items() if v is not None}
        if self.alg == "none":
            return JWS(json.dumps(claims), alg="none").sign_compact()
        if self.alg == "HS256":
            return JWS(json.dumps(claims), alg="HS256").sign_compact([_hmac_of(self.key)])
        # Under the name of the good one.
        other = RSAKey(key=_OTHER.key, alg="RS256", kid=self.key.kid)
        key = other if self.alg == "other" else self.key
        return JWS(json.dumps(claims), alg="RS256", kid=key.kid).sign_compact([key])


class _Handler(BaseHTTPRequestHandler):
    server: OidcServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(parts.path)
        if parts.path == "/authorize":
            self.send_response(302)
            self.send_header("location", self.server.authorize(parts.query))
            self.send_header("content-length", "0")
            self.end_headers()
        elif parts.path == "/.well-known/openid-configuration":
            self._send("description", self.server.provider.provider_configuration.to_dict())
        elif parts.path == "/keys":
            self._send("keys", self.server.provider.jwks)
        else:
            headers = {"Authorization": self.headers["authorization"]}
            found = self.server.provider.handle_userinfo_request("", headers)
            self._send("userinfo", found.to_dict())

    def do_POST(self) -> None:
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        headers = {"Authorization": self.headers["authorization"]}
        try:
            self._send("token", self.server.give_token(body, headers))
        except OAuthError as error:
            self._send("error", {"error": error.oauth_error}, status=400)

    def _send(self, what: str, answer: Any, *, status: int = 200) -> None:
        spoilt = self.server.spoil.get(what, lambda each: each)(answer)
        content = spoilt if isinstance(spoilt, bytes) else json.dumps(spoilt).encode()
        self.send_response(self.server.fails or status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


def _hmac_of(key: RSAKey) -> Any:
    """The public key as if it were a secret that is shared: an attack as old as tokens."""
    from jwkest.jwk import SYMKey

    return SYMKey(key=key.key.publickey().export_key().decode(), alg="HS256", kid=key.kid)


def _certify() -> tuple[str, bytes]:
    """Of this machine alone; and with its private key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251  TLS reads it
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=800))
        .not_valid_after(now + timedelta(days=800))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem.decode(), pem + private


@contextmanager
def serve_oidc() -> Iterator[OidcServer]:
    with OidcServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
