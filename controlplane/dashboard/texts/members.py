"""Words of who may sign in to the portal."""

MEMBERS = {
    "members": "Members",
    "members.lead": "These people sign in to the portal for this tenant.",
    "members.none": "Nobody may sign in to the portal for this tenant.",
    "members.new": "A new member",
    "members.email_hint": (
        "They choose a password themselves: with “Forgot your password?” in the portal."
    ),
    "members.role": "Role",
    "members.role_owner": "Owner: changes everything",
    "members.role_staff": "Staff: reads and replies",
    "members.language": "Language",
    "members.add": "Add the member",
    "members.remove": "Remove",
    "members.remove_now": "Remove and sign out",
}
