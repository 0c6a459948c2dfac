"""Words of what was tried against the platform."""

# In the words of who did it.
KINDS = {
    "SIGN_IN_FAILED": "tried a wrong password",
    "SIGN_IN_HELD_UP": "had to wait, after too many passwords",
    "PASSWORD_REFUSED": "was signed in, and did not know the password when asked again",
    "NEW_DEVICE": "signed in from a new browser",
    "MAIL_HELD_UP": "asked for too many mails",
    "MAIL_LINK_REFUSED": "followed a mailed link that is over, or was never ours",
    "KEY_UNKNOWN": "used an API key that is none of ours",
    "KEY_OVER": "used an API key that is revoked or over",
    "KEY_HELD_UP": "was refused, after too many wrong API keys",
    "SCOPE_REFUSED": "asked for what they may not do",
    "FORM_REFUSED": "sent a form that was not of their session",
    "FOREIGN_ID": "asked for what is another tenant's",
    "FRAME_REFUSED": "a worker sent what no worker sends",
    "WORKER_REFUSED": "came as a worker with a token that is not good",
    "PHONE_REFUSED": "linked a phone that is not the tenant's, or serves another tenant",
}
SECURITY = {
    "security": "Security",
    "security.lead": (
        "What was tried and not let through, counted by the minute; nothing here needs to be done"
        " at once. Kept for 30 days."
    ),
    "security.day": "In the last 24 hours",
    "security.quiet": "Nothing was refused in the last 24 hours.",
    "security.kind": "Who",
    "security.times": "How often",
    "security.sources": "Networks",
    "security.last": "Last",
    "security.each": "By the minute",
    "security.minute": "Minute",
    "security.where": "Where",
    "security.from": "From",
    "security.nobody": "unknown",
    "security.others": "others, too many to tell apart",
    "security.tenant": "Tenant",
    "security.all": "Show everything",
    "security.none": "Nothing of that kind was noted.",
    "security.site_portal": "portal",
    "security.site_dashboard": "dashboard",
    "security.site_api": "API",
    "security.site_gateway": "gateway",
    **{f"security.kind_{kind.lower()}": words for kind, words in KINDS.items()},
}
