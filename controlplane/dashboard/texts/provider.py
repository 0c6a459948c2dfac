"""Words of signing in by a provider."""

PROVIDER = {
    "provider.sign_in": "Sign in with {name}",
    "provider.only": "A password is good for the account alone that is kept for its absence.",
    "provider.confirms": (
        "You signed in by the provider: that you did so in the last ten minutes is asked for, in"
        " the place of a password."
    ),
    "provider.too_long": "It is too long ago that you signed in at the provider.",
    "provider.again": "Sign in there again",
    "provider.refused": "You are not signed in",
    "provider.nothing": "Nothing was changed. The log of the control plane says more.",
    "provider.refused_away": (
        "{name} does not answer, or not as it should. Try again in a moment; whoever keeps it can"
        " say more."
    ),
    "provider.refused_denied": "{name} did not let you in, or you went back.",
    "provider.refused_forgotten": (
        "This sign-in was not begun in this browser, took more than a quarter of an hour, or was"
        " done already. Begin it again."
    ),
    "provider.refused_code": "{name} did not take its own code back. Begin the sign-in again.",
    "provider.refused_signature": "What came back is not signed by {name}.",
    "provider.refused_token": "What came back from {name} is not what it must be.",
    "provider.refused_issuer": "What came back is of another provider than {name}.",
    "provider.refused_audience": "What came back from {name} is for another program than this one.",
    "provider.refused_nonce": "What came back from {name} is of another sign-in than yours.",
    "provider.refused_expired": (
        "What came back from {name} is too old, or from the future: is a clock wrong?"
    ),
    "provider.refused_mail": (
        "{name} names no e-mail address of yours, or one that it has not verified."
    ),
    "provider.refused_unknown": (
        "Nobody with your address is an operator here. An admin can add you."
    ),
    "provider.refused_role": "{name} gives you no role on this platform.",
    "provider.refused_last_admin": (
        "{name} gives you another role, and nobody else administers this platform: make another"
        " admin first."
    ),
    "provider.refused_stale": "{name} did not ask you to sign in anew. Sign out there first.",
}
