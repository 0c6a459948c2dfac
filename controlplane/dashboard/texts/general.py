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
    "code": "Code of your authenticator",
    "code.hint": "Six digits; each is taken once. Or one of your recovery codes.",
    "sign_in.code": "Second step",
    "sign_in.code_lead": "Your password was right.",
    "second_step": "Authenticator",
    "second_step.demanded": (
        "Every operator of this platform needs an authenticator. Set yours up: nothing else is open"
        " to you before."
    ),
    "second_step.none": (
        "You sign in with your password alone. An app on your phone can show a code that is asked"
        " for as well, then and before whatever lets somebody in or cannot be undone."
    ),
    "second_step.begin": "Set up an authenticator",
    "second_step.set": "You sign in with your password and a code. Recovery codes left: {left}.",
    "second_step.scan": "Scan this with the app, or type what stands below it.",
    "second_step.qr": "The code for your authenticator",
    "second_step.secret": "To type",
    "second_step.confirm": "Then type the code that the app shows.",
    "second_step.confirm_now": "Turn it on",
    "second_step.remove": "Remove the authenticator",
    "second_step.remove_more": (
        "You are signed out everywhere, and sign in with your password alone. To use another"
        " phone, remove it and set it up anew."
    ),
    "second_step.codes": "Your recovery codes",
    "second_step.codes_lead": (
        "The authenticator is on, and every other browser of yours is signed out. Each of these"
        " lets you in once where you do not have it. They are shown this once: keep them where"
        " your phone is not."
    ),
    "second_step.codes_kept": "I have kept them",
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
