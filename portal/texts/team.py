"""Words of the team, and of who joins it."""

from shared.web.texts import Text

TEAM = {
    "team": Text("Team", "Timu"),
    "team.lead": Text(
        "Staff read messages and reply. Owners also change settings and the team.",
        "Wafanyakazi husoma ujumbe na kujibu. Wamiliki pia hubadilisha mipangilio na timu.",
    ),
    "team.you": Text("you", "wewe"),
    "team.role_owner": Text("Owner", "Mmiliki"),
    "team.role_staff": Text("Staff", "Mfanyakazi"),
    "team.waits_owner": Text(
        "Invited as an owner, not here yet", "Amealikwa kama mmiliki, bado hajajiunga"
    ),
    "team.waits_staff": Text(
        "Invited as staff, not here yet", "Amealikwa kama mfanyakazi, bado hajajiunga"
    ),
    "team.make_owner": Text("Make owner", "Mfanye mmiliki"),
    "team.make_staff": Text("Make staff", "Mfanye mfanyakazi"),
    "team.remove": Text("Remove", "Ondoa"),
    "team.withdraw": Text("Withdraw", "Futa mwaliko"),
    "team.invite": Text("Invite somebody", "Alika mtu"),
    "team.invite_lead": Text(
        "A link goes to the address; with it the person chooses a password and is in.",
        "Kiungo kitatumwa kwa anwani; kwa hicho mtu huchagua nenosiri na kuingia.",
    ),
    "team.as": Text("As", "Kama"),
    "team.send": Text("Send the invitation", "Tuma mwaliko"),
    "team.invited": Text(
        "The invitation is on its way. It is good for three days.",
        "Mwaliko umetumwa. Unatumika kwa siku tatu.",
    ),
    "team.not_accepted": Text(
        "You can invite colleagues once your request is accepted.",
        "Utaweza kualika wenzako ombi lako likishakubaliwa.",
    ),
    "team.known": Text("This person is in the team already.", "Mtu huyu yuko kwenye timu tayari."),
    "team.last_owner": Text(
        "A business needs an owner: make somebody else one first.",
        "Biashara inahitaji mmiliki: mfanye mwingine kuwa mmiliki kwanza.",
    ),
    "team.remove_title": Text("Remove from the team?", "Ondoa kwenye timu?"),
    "team.remove_lead": Text(
        "The account goes, and whoever is signed in with it is out at once. What was written"
        " stays.",
        "Akaunti itaondolewa, na aliyeingia kwayo atatoka mara moja. Yaliyoandikwa yatabaki.",
    ),
    "team.remove_yes": Text("Yes, remove", "Ndiyo, ondoa"),
    "team.remove_no": Text("No, go back", "Hapana, rudi"),
    "join": Text("Join", "Jiunge"),
    "join.title": Text("Join {business}", "Jiunge na {business}"),
    "join.as_owner": Text(
        "You are invited as an owner: you read and reply, and change settings and the team.",
        "Umealikwa kama mmiliki: unasoma na kujibu, na kubadilisha mipangilio na timu.",
    ),
    "join.as_staff": Text(
        "You are invited as staff: you read messages and reply.",
        "Umealikwa kama mfanyakazi: unasoma ujumbe na kujibu.",
    ),
    "join.known": Text(
        "With your account {email}: enter its password.",
        "Kwa akaunti yako {email}: andika nenosiri lake.",
    ),
    "join.elsewhere": Text(
        "{email} belongs to a business here already. Ask to be invited with another address.",
        "{email} tayari ni ya biashara nyingine hapa. Omba ualikwe kwa anwani nyingine.",
    ),
    "mail.invite_subject": Text("An invitation to FlowHQ", "Mwaliko wa FlowHQ"),
    "mail.invite": Text(
        "{who} invites you to a business on FlowHQ. Its name there is:\n\n    “{business}”\n\n"
        "Join here, within three days:\n\n{link}",
        "{who} anakualika kujiunga na biashara kwenye FlowHQ. Jina lake hapo ni:\n\n"
        "    “{business}”\n\nJiunge hapa, ndani ya siku tatu:\n\n{link}",
    ),
    "mail.invite_end": Text(
        "You do not know who invites you? Then do nothing: nothing happens.\n\nFlowHQ",
        "Kama humjui aliyekualika, puuza barua pepe hii.\n\nFlowHQ",
    ),
}
