"""What operators and keys of the platform may do that may not do everything.

By hand, and no copy of the platform's own table: a route that is new is for those who may do
everything, and is a breach until somebody says here that it is for more.
"""

_TENANT = "/admin/tenants/{tenant_id}"
_LOOKING = frozenset(
    {
        *("GET /admin/tenants", "GET /admin/setup-requests", "GET /admin/audit"),
        *("GET /admin/alarms", "GET /admin/fleet", "GET /admin/fleet/history"),
        *("GET /admin/security/events", "GET /admin/security/totals"),
        "GET /admin/setup-requests/{request_id}",
        *(f"GET {_TENANT}{rest}" for rest in ("", "/limits", "/incidents", "/members")),
        f"GET {_TENANT}/account",
    }
)
_READING = frozenset(
    {
        *(f"GET {_TENANT}/{name}" for name in ("contacts", "logs", "messages", "worker-log")),
        *(f"GET {_TENANT}/{name}" for name in ("logs/{log_id}/media", "messages/{message_id}")),
        f"GET {_TENANT}/worker-log/stream",
    }
)
_HELPING = frozenset(
    {
        *(f"GET {_TENANT}/qr", f"PUT {_TENANT}/config"),
        *(f"POST {_TENANT}/{act}" for act in ("pairing-code", "session/new-qr")),
        *(f"POST {_TENANT}/worker/{act}" for act in ("start", "stop", "restart", "force-restart")),
        *(f"{act} {_TENANT}/quiet-hours" for act in ("PUT", "DELETE")),
        "POST /admin/setup-requests",
        *(f"POST /admin/setup-requests/{{request_id}}/{act}" for act in ("approve", "reject")),
    }
)
# Of keys, by the scope that they have.
OF_SCOPE = {
    "read": _LOOKING
    | _READING
    | {
        *("GET /admin/operators", "GET /admin/api-keys", "GET /admin/api-keys/of-tenants"),
        f"GET {_TENANT}/api-keys",
    },
    "support": _LOOKING | _READING | _HELPING,
}

_PAGE = "/dashboard/tenants/{tenant_id}"
_READ_ONLY = frozenset(
    {
        *("GET /dashboard", "GET /dashboard/stream", "GET /dashboard/requests"),
        *("GET /dashboard/audit", "GET /dashboard/security", "GET /dashboard/account"),
        *("POST /dashboard/account/password", "POST /dashboard/sign-out"),
        *(f"POST /dashboard/account/second-step{rest}" for rest in ("", "/confirm", "/remove")),
        *(f"GET {_PAGE}{rest}" for rest in ("", "/stream", "/incidents", "/members", "/limits")),
    }
)
# At the dashboard.
OF_ROLE = {
    "READ_ONLY": _READ_ONLY,
    "SUPPORT": _READ_ONLY
    | {
        *(f"GET {_PAGE}{rest}" for rest in ("/messages", "/log", "/log/stream")),
        *(f"POST {_PAGE}/worker/{act}" for act in ("start", "stop", "restart", "force-restart")),
        f"POST {_PAGE}/session/new-qr",
        *(f"POST /dashboard/requests/{{request_id}}/{act}" for act in ("approve", "reject")),
    },
}
