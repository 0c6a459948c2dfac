"""What operators and keys of the platform may do: the one table of it. Pure.

Every route of the dashboard and of `/admin` declares the right that it needs: `opt=needs(Right.…)`.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from shared.enums import OperatorRole
from shared.structs.keys import AdminScope

_OPT = "right"


class Right(StrEnum):
    """OWN: one's own account, and to leave.

    LOOK: the fleet, tenants with states, incidents, limits and members, requests, the audit log,
    security events. READ: what customers and bots wrote, files, contacts, workers' logs.
    SEE_ACCESS: who has access: keys without their secrets, operators. LINK: the codes that link a
    phone. RUN: start, stop and restart workers. CONFIGURE: what a bot is told. DECIDE: setup
    requests. SEND: messages in a tenant's name. ADMINISTER: whatever gives or takes access, or
    cannot be undone: operators, keys, members, tokens, limits, numbers, new tenants, removal,
    session reset.
    """

    OWN = "OWN"
    LOOK = "LOOK"
    READ = "READ"
    SEE_ACCESS = "SEE_ACCESS"
    LINK = "LINK"
    RUN = "RUN"
    CONFIGURE = "CONFIGURE"
    DECIDE = "DECIDE"
    SEND = "SEND"
    ADMINISTER = "ADMINISTER"


_SUPPORT = frozenset({Right.LOOK, Right.READ, Right.LINK, Right.RUN, Right.CONFIGURE, Right.DECIDE})
OF_ROLE: Mapping[OperatorRole, frozenset[Right]] = {
    OperatorRole.READ_ONLY: frozenset({Right.OWN, Right.LOOK}),
    OperatorRole.SUPPORT: _SUPPORT | {Right.OWN},
    OperatorRole.ADMIN: frozenset(Right),
}
# A key that may look reads messages too, as it always could: programs that export them hold it.
OF_SCOPE: Mapping[AdminScope, frozenset[Right]] = {
    AdminScope.READ: frozenset({Right.LOOK, Right.READ, Right.SEE_ACCESS}),
    AdminScope.SUPPORT: _SUPPORT,
    AdminScope.ADMIN: frozenset(Right) - {Right.OWN},
}


def needs(right: Right) -> dict[str, Any]:
    """The `opt` of a route."""
    return {_OPT: right}


def right_of(opt: Mapping[str, Any]) -> Right | None:
    """None of a route that declares nothing: nobody is let in there."""
    found = opt.get(_OPT)
    return found if isinstance(found, Right) else None


def rights_of_scopes(scopes: Iterable[str]) -> frozenset[Right]:
    """Of a key; a word that is no scope of ours gives none."""
    known = [AdminScope(scope) for scope in scopes if scope in set(AdminScope)]
    return frozenset[Right]().union(*(OF_SCOPE[scope] for scope in known))
