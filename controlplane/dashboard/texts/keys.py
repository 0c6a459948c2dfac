"""Words of API keys."""

KEYS = {
    "keys": "API keys",
    "keys.lead": "With these, programs of the platform's operators use /admin.",
    "keys.lead_tenant": (
        "With these, the tenant's own programs queue messages and read the log, at /v1."
    ),
    "keys.none": "There is none.",
    "keys.of_tenants": "Keys of tenants",
    "keys.name": "Name",
    "keys.name_hint": "Who or what uses it. The audit log says this name.",
    "keys.scopes": "May",
    "keys.scope_admin": "do everything",
    "keys.scope_support": "help: read, link, restart, configure, decide requests",
    "keys.scope_read": "look, and change nothing",
    "keys.scope_messages": "send messages",
    "keys.created": "Made",
    "keys.used": "Last used",
    "keys.unused": "Never",
    "keys.expires": "Ends",
    "keys.never": "Never",
    "keys.over": "(over)",
    "keys.new": "A new key",
    "keys.last_day": "Last day",
    "keys.last_day_hint": "It ends with that day. Empty: never.",
    "keys.make": "Make the key",
    "keys.made": "The key {name} is made.",
    "keys.made_once": "It is shown this once: copy it now.",
    "keys.revoke": "Revoke",
    "keys.revoke_now": "Revoke at once",
}
