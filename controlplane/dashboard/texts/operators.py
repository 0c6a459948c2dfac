"""Words of who runs the platform."""

OPERATORS = {
    "operators": "Operators",
    "operators.lead": "These people sign in here. What each may do is their role.",
    "operators.role": "Role",
    "operators.role_read_only": "Read-only: sees states and records, no messages and no codes",
    "operators.role_support": (
        "Support: reads messages, links phones, restarts, configures, decides requests"
    ),
    "operators.role_admin": "Admin: everything",
    "operators.new": "A new operator",
    "operators.email_hint": "They get a password from you, and set one of their own.",
    "operators.add": "Add the operator",
    "operators.made": "{email} may sign in.",
    "operators.made_once": "The password is shown this once: hand it over now.",
    "operators.change": "Another role",
    "operators.change_more": "They are signed out everywhere, and sign in with it again.",
    "operators.change_now": "Set the role",
    "operators.second_step": "Authenticator",
    "operators.has_second_step": "Set up",
    "operators.no_second_step": "None",
    "operators.reset": "Reset the authenticator",
    "operators.reset_more": (
        "For who has lost it and the recovery codes. They are signed out everywhere, and sign in"
        " with the password alone: make sure who it is that asks you."
    ),
    "operators.reset_now": "Reset the authenticator",
    "operators.remove": "Remove",
    "operators.remove_more": "They are signed out everywhere, and may not sign in again.",
    "operators.remove_now": "Remove and sign out",
}
