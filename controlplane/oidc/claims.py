"""Who the provider says it is, and whether that is said well. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from controlplane.oidc.refusals import ProviderRefusedError, Refusal
from shared.email import is_email
from shared.enums import OperatorRole

# Clocks that are not quite right.
LEEWAY = timedelta(seconds=60)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST_SUBJECT = 255
_OF_CLAIM = {"iss": Refusal.ISSUER, "aud": Refusal.AUDIENCE, "nonce": Refusal.NONCE}
_OF_TIME = {"exp", "iat", "nbf"}
# The most that somebody is given, where the provider says several.
_BY_POWER = (OperatorRole.ADMIN, OperatorRole.SUPPORT, OperatorRole.READ_ONLY)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """role: None where the provider does not say it. proved_at: when they last signed in there."""

    email: str
    role: OperatorRole | None
    proved_at: datetime


def check_token(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> None:
    """Of an ID token whose signature is good (OpenID Connect Core, 3.1.3.7).

    Raises ProviderRefusedError.
    """
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=int(LEEWAY.total_seconds()),
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        registry.validate(dict(claims))
    except ExpiredTokenError as error:
        raise ProviderRefusedError(Refusal.EXPIRED) from error
    except ClaimError as error:
        claim = getattr(error, "claim", "")
        kind = Refusal.EXPIRED if claim in _OF_TIME else _OF_CLAIM.get(claim, Refusal.TOKEN)
        raise ProviderRefusedError(kind, str(claim)) from error
    except (JoseError, TypeError, ValueError) as error:
        raise ProviderRefusedError(Refusal.TOKEN, type(error).__name__) from error
    _check_audience(claims, client_id)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise ProviderRefusedError(Refusal.TOKEN, "sub")


def read_identity(
    claims: Mapping[str, Any],
    *,
    role_claim: str,
    roles: Mapping[str, OperatorRole],
    asked_at: datetime | None,
    now: datetime,
) -> Identity:
    """claims: of the token, and of the user where that has more. roles: by what the claim of that
    name may hold; empty where roles are given here. asked_at: where they were to sign in anew at
    the provider, since when.

    Raises ProviderRefusedError.
    """
    email = claims.get("email")
    # Some providers write it as text.
    verified = claims.get("email_verified")
    is_verified = verified is True or verified == "true"
    if not isinstance(email, str) or not is_email(email) or not is_verified:
        raise ProviderRefusedError(Refusal.MAIL)
    proved_at = _read_proof(claims, now=now)
    if asked_at is not None and proved_at < asked_at - LEEWAY:
        raise ProviderRefusedError(Refusal.STALE)
    return Identity(
        email=email,
        role=_read_role(claims.get(role_claim), roles) if roles else None,
        proved_at=proved_at,
    )


def _check_audience(claims: Mapping[str, Any], client_id: str) -> None:
    """A token for several programs says whose sign-in it was."""
    audience = claims["aud"]
    is_for_others = isinstance(audience, list) and set(audience) != {client_id}
    if claims.get("azp", None if is_for_others else client_id) != client_id:
        raise ProviderRefusedError(Refusal.AUDIENCE, "azp")


def _read_proof(claims: Mapping[str, Any], *, now: datetime) -> datetime:
    """When the provider asked who it is, never after now. One that does not say it may have let in
    somebody who signed in there last week.
    """
    at = claims.get("auth_time", LONG_AGO.timestamp())
    if isinstance(at, bool) or not isinstance(at, int | float):
        raise ProviderRefusedError(Refusal.TOKEN, "auth_time")
    try:
        return max(LONG_AGO, min(now, datetime.fromtimestamp(at, UTC)))
    except (OverflowError, OSError, ValueError) as error:
        raise ProviderRefusedError(Refusal.TOKEN, "auth_time") from error


def _read_role(value: Any, roles: Mapping[str, OperatorRole]) -> OperatorRole:
    said = value if isinstance(value, list) else [value]
    given = {roles[each] for each in said if isinstance(each, str) and each in roles}
    for role in _BY_POWER:
        if role in given:
            return role
    raise ProviderRefusedError(Refusal.ROLE)
