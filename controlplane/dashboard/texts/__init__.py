"""All words of the dashboard, by key."""

from controlplane.dashboard.texts.audit import AUDIT
from controlplane.dashboard.texts.fleet import FLEET
from controlplane.dashboard.texts.general import GENERAL
from controlplane.dashboard.texts.keys import KEYS
from controlplane.dashboard.texts.limits import LIMITS
from controlplane.dashboard.texts.members import MEMBERS
from controlplane.dashboard.texts.operators import OPERATORS
from controlplane.dashboard.texts.provider import PROVIDER
from controlplane.dashboard.texts.security import SECURITY
from controlplane.dashboard.texts.tenant import TENANT
from controlplane.dashboard.texts.tenants import TENANTS
from shared.web.texts import Text, in_english
from shared.web.words import WORDS

TEXTS: dict[str, Text] = {
    **WORDS,
    **in_english(
        GENERAL
        | FLEET
        | TENANT
        | TENANTS
        | MEMBERS
        | OPERATORS
        | LIMITS
        | PROVIDER
        | KEYS
        | AUDIT
        | SECURITY
    ),
}
