"""A provider of OpenID Connect: where it sends browsers, and what it gives for a code."""

import asyncio
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import msgspec
import structlog
from joserfc import jwt
from joserfc.errors import BadSignatureError, DecodeError, JoseError
from joserfc.jwk import KeySet

from controlplane.oidc.claims import check_token
from controlplane.oidc.refusals import ProviderRefusedError, Refusal
from shared.clock import Clock
from shared.enums import OperatorRole

log = structlog.get_logger(__name__)

PATIENCE = timedelta(seconds=10)
# What is published changes seldom, and keys that are new are asked for by name.
GOOD_FOR = timedelta(minutes=10)
# A token with a made-up key id makes us ask for keys: not more often than this.
KEYS_AGAIN = timedelta(seconds=30)
MOST_BYTES = 256 * 1024
SCOPES = "openid email profile"
# Signed with a private key of the provider's: no `none`, and no secret that is shared.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """name: for people. redirect_uri: of the page here to which it sends browsers back.

    role_claim, roles: which claim says a role, by what it may hold; without roles only operators
    who are known here come in. is_only_way: passwords are for break_glass alone, an operator's
    address.
    """

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    name: str
    role_claim: str = "roles"
    roles: dict[str, OperatorRole] = {}
    is_only_way: bool = False
    break_glass: str = ""


class _Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """Of the provider's own description (OpenID Connect Discovery, 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class Provider:
    """tls: certificates that are trusted; reading them takes long, so it is done once."""

    def __init__(self, settings: ProviderSettings, *, tls: ssl.SSLContext, clock: Clock) -> None:
        self.settings = settings
        self._tls = tls
        self._clock = clock
        self._endpoints: tuple[_Endpoints, datetime] | None = None
        self._keys: tuple[KeySet, datetime] | None = None
        self._asking = asyncio.Lock()

    async def to_address(self, *, state: str, nonce: str, verifier: str, is_fresh: bool) -> str:
        """Where the browser goes. is_fresh: whoever is signed in there is asked again.

        Raises ProviderRefusedError.
        """
        endpoints = await self._find_endpoints()
        asked = {
            "response_type": "code",
            "scope": SCOPES,
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "state": state,
            "nonce": nonce,
            "code_challenge": _to_challenge(verifier),
            "code_challenge_method": "S256",
        }
        if is_fresh:
            asked |= {"prompt": "login", "max_age": "0"}
        joint = "&" if urlsplit(endpoints.authorization_endpoint).query else "?"
        return f"{endpoints.authorization_endpoint}{joint}{urlencode(asked)}"

    async def redeem(self, code: str, *, verifier: str, nonce: str) -> dict[str, Any]:
        """The claims of the token, checked, and those of the user beside them.

        Raises ProviderRefusedError.
        """
        endpoints = await self._find_endpoints()
        given = await self._exchange(endpoints, code, verifier)
        token, access = given.get("id_token"), given.get("access_token")
        if not isinstance(token, str):
            raise ProviderRefusedError(Refusal.TOKEN, "no ID token")
        claims = await self._open_token(endpoints, token)
        check_token(
            claims,
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            nonce=nonce,
            now=self._clock.now(),
        )
        has_all = "email" in claims and (
            not self.settings.roles or self.settings.role_claim in claims
        )
        if has_all or not endpoints.userinfo_endpoint or not isinstance(access, str):
            return claims
        user = await self._ask_user(endpoints, access)
        # Else the token of one could be shown for the address of another (Core, 5.3.2).
        if user.get("sub") != claims["sub"]:
            raise ProviderRefusedError(Refusal.TOKEN, "userinfo is of somebody else")
        return {**user, **claims}

    async def _exchange(self, endpoints: _Endpoints, code: str, verifier: str) -> dict[str, Any]:
        settings = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.redirect_uri,
            "code_verifier": verifier,
            "client_id": settings.client_id,
        }
        headers = {"accept": "application/json"}
        if settings.client_secret:
            if "client_secret_basic" in endpoints.token_endpoint_auth_methods_supported:
                headers["authorization"] = _to_basic(settings.client_id, settings.client_secret)
            else:
                form["client_secret"] = settings.client_secret
        status, answer = await self._ask(
            "POST", endpoints.token_endpoint, data=form, headers=headers
        )
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise ProviderRefusedError(Refusal.AWAY, f"token endpoint: {status}")
        if status != httpx.codes.OK:
            raise ProviderRefusedError(Refusal.CODE, _to_word(answer.get("error")))
        return answer

    async def _open_token(self, endpoints: _Endpoints, token: str) -> dict[str, Any]:
        """Its claims, once its signature is known to be the provider's."""
        keys = await self._find_keys(endpoints, older_than=GOOD_FOR)
        try:
            try:
                opened = jwt.decode(token, keys, algorithms=ALGORITHMS)
            except BadSignatureError:
                raise
            except (JoseError, ValueError):
                # Perhaps with a key that is newer than what we know.
                newer = await self._find_keys(endpoints, older_than=KEYS_AGAIN)
                if newer is keys:
                    raise
                opened = jwt.decode(token, newer, algorithms=ALGORITHMS)
        except DecodeError as error:
            raise ProviderRefusedError(Refusal.TOKEN, "no token") from error
        except (JoseError, ValueError) as error:
            raise ProviderRefusedError(Refusal.SIGNATURE, type(error).__name__) from error
        return dict(opened.claims)

    async def _ask_user(self, endpoints: _Endpoints, access: str) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {access}", "accept": "application/json"}
        status, answer = await self._ask("GET", endpoints.userinfo_endpoint, headers=headers)
        if status != httpx.codes.OK:
            raise ProviderRefusedError(Refusal.AWAY, f"userinfo: {status}")
        return answer

    async def _find_endpoints(self) -> _Endpoints:
        async with self._asking:
            if self._endpoints and self._clock.now() - self._endpoints[1] < GOOD_FOR:
                return self._endpoints[0]
            where = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            status, answer = await self._ask("GET", where)
            if status != httpx.codes.OK:
                raise ProviderRefusedError(Refusal.AWAY, f"description: {status}")
            try:
                found = msgspec.convert(answer, _Endpoints)
            except msgspec.ValidationError as error:
                raise ProviderRefusedError(Refusal.AWAY, f"description: {error}") from error
            if found.issuer != self.settings.issuer:
                raise ProviderRefusedError(Refusal.ISSUER, "description")
            for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                if not is_safe(url):
                    raise ProviderRefusedError(Refusal.AWAY, "description: an address without TLS")
            if not is_safe(found.userinfo_endpoint):
                found = msgspec.structs.replace(found, userinfo_endpoint="")
            self._endpoints = (found, self._clock.now())
            return found

    async def _find_keys(self, endpoints: _Endpoints, *, older_than: timedelta) -> KeySet:
        """Those that are known, unless they are older than that."""
        async with self._asking:
            if self._keys and self._clock.now() - self._keys[1] < older_than:
                return self._keys[0]
            status, answer = await self._ask("GET", endpoints.jwks_uri)
            if status != httpx.codes.OK:
                raise ProviderRefusedError(Refusal.AWAY, f"keys: {status}")
            try:
                found = KeySet.import_key_set({"keys": _to_keys(answer)})
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise ProviderRefusedError(Refusal.AWAY, "keys") from error
            self._keys = (found, self._clock.now())
            return found

    async def _ask(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """No redirect is followed: what is sent there is for that address alone."""
        try:
            async with asyncio.timeout(PATIENCE.total_seconds()):
                status, body = await self._read(method, url, **options)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise ProviderRefusedError(Refusal.AWAY, type(error).__name__) from error
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError as error:
            if status == httpx.codes.OK:
                raise ProviderRefusedError(Refusal.AWAY, "no JSON") from error
            answer = {}
        return status, answer if isinstance(answer, dict) else {}

    async def _read(self, method: str, url: str, **options: Any) -> tuple[int, bytes]:
        body = bytearray()
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=PATIENCE.total_seconds()) as client,
            client.stream(method, url, **options) as response,
        ):
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ProviderRefusedError(Refusal.AWAY, "an endless answer")
        return response.status_code, bytes(body)


def is_safe(url: str) -> bool:
    """By https; or on this machine, where nobody else listens."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _to_keys(answer: Mapping[str, Any]) -> list[Any]:
    """Keys of a kind that is not known are nobody's: a provider may publish some for others."""
    found = answer.get("keys")
    listed = found if isinstance(found, list) else []
    keys = [key for key in listed if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"}]
    if not keys:
        raise ValueError("no keys")
    return keys


def _to_challenge(verifier: str) -> str:
    """RFC 7636, 4.2."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _to_basic(client_id: str, secret: str) -> str:
    """Each encoded as in a form first (RFC 6749, 2.3.1)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
    return f"Basic {b64encode(pair).decode()}"


def _to_word(error: object) -> str:
    """The provider's word for what is wrong; nothing longer, and nothing that people wrote."""
    text = error if isinstance(error, str) else ""
    return "".join(char for char in text if char.isascii() and (char.isalnum() or char == "_"))[:40]
