"""Words of the frame, of signing in and of the own account."""

GENERAL = {
    "foot": "FlowHQ, for operators. Times are UTC.",
    "nav": "Places",
    "nav.fleet": "Fleet",
    "nav.requests": "Requests",
    "nav.new_tenant": "New tenant",
    "nav.keys": "API keys",
    "nav.operators": "Operators",
    "nav.audit": "Audit log",
    "nav.security": "Security",
    "nav.account": "Account",
    "sign_in": "Sign in",
    "sign_in.lead": "For the people who run this platform.",
    "sign_in.none": "An account is made on the server: ./scripts/operator add you@example.com",
    "sign_out": "Sign out",
    "email": "E-mail address",
    "password": "Password",
    "password.current": "Your password",
    "confirm.hint": "Once more, for this lets somebody in.",
    "password.new": "New password",
    "password.hint": "At least 10 characters. Three or four words that you remember do well.",
    "account": "Your account",
    "account.lead": "You are {email}.",
    "account.password": "Another password",
    "account.password_lead": "It signs you out everywhere, also here.",
    "account.save": "Set the password",
    "more": "Further ones",
    "stale": (
        "This page is not kept up to date at the moment. Load it again to see how it is now."
    ),
    "not_allowed": "You may not do this",
    "not_allowed.more": (
        "Your role is: {role}. This takes more, and nothing was done. An operator who administers"
        " the platform can give you another role. That you asked is in the audit log."
    ),
    "role.read_only": "read-only",
    "role.support": "support",
    "role.admin": "admin",
    "problem.conflict_more": (
        "Somebody, perhaps you in another window, was quicker. Load the page again to see."
    ),
    "problem.unavailable_more": (
        "The database does not answer at the moment. The bots go on answering meanwhile. Load this"
        " page again in a few seconds."
    ),
    "problem.defect_more": "This is a defect of the server; its log says more.",
}
