"""Words of what happened."""

from shared.web.texts import Text

ACTIVITY = {
    "activity": Text("Activity", "Matukio"),
    "activity.lead": Text(
        "Who did what here, the newest first.", "Nani alifanya nini hapa, mapya kwanza."
    ),
    "activity.none": Text("Nothing has happened yet.", "Bado hakuna tukio."),
    "activity.older": Text("Older", "Ya zamani zaidi"),
    "activity.newest": Text("Back to the newest", "Rudi kwenye mapya"),
    "activity.somebody": Text("Somebody who has left", "Mtu aliyeondoka"),
    "activity.signed_in": Text("{who} signed in", "{who} aliingia"),
    "activity.signed_in_new_device": Text(
        "{who} signed in from a new browser ({network})",
        "{who} aliingia kwa kivinjari kipya ({network})",
    ),
    "activity.sign_in_failed": Text(
        "Somebody tried to sign in as {who} with a wrong password ({network})",
        "Kuna aliyejaribu kuingia kama {who} kwa nenosiri lisilo sahihi ({network})",
    ),
    "activity.owners_only": Text(
        "{who} tried what only owners may do ({network})",
        "{who} alijaribu kufanya jambo linaloruhusiwa kwa wamiliki tu ({network})",
    ),
    "activity.password_reset": Text(
        "{who} chose a new password by mail", "{who} alichagua nenosiri jipya kwa barua pepe"
    ),
    "activity.business_described": Text(
        "{who} described the business and asked for the bot",
        "{who} alieleza biashara na kuomba boti",
    ),
    "activity.qr_round_asked": Text(
        "{who} asked for new codes to scan", "{who} aliomba misimbo mipya ya kuskani"
    ),
    "activity.pairing_code_asked": Text(
        "{who} asked for a code to type", "{who} aliomba msimbo wa kuandika"
    ),
    "activity.number_changed": Text(
        "{who} changed the number from {before} to {after}",
        "{who} alibadilisha namba kutoka {before} kuwa {after}",
    ),
    "activity.settings_changed": Text("{who} changed {what}", "{who} alibadilisha {what}"),
    "activity.invited": Text("{who} invited {email} {role}", "{who} alimwalika {email} {role}"),
    "activity.invitation_withdrawn": Text(
        "{who} took back the invitation of {email}", "{who} alifuta mwaliko wa {email}"
    ),
    "activity.joined": Text("{who} joined {role}", "{who} alijiunga {role}"),
    "activity.role_changed": Text(
        "{who} changed the role of {email}: now {role}",
        "{who} alibadilisha nafasi ya {email}: sasa {role}",
    ),
    "activity.member_removed": Text("{who} removed {email}", "{who} alimwondoa {email}"),
    "activity.password_changed": Text(
        "{who} changed their password", "{who} alibadilisha nenosiri lake"
    ),
    "activity.replied": Text("{who} wrote to {chat}", "{who} alimwandikia {chat}"),
    "activity.chat_taken": Text(
        "{who} took the chat with {chat} from the bot",
        "{who} alichukua mazungumzo na {chat} kutoka kwa boti",
    ),
    "activity.chat_handed_back": Text(
        "{who} handed the chat with {chat} back to the bot",
        "{who} alirudisha mazungumzo na {chat} kwa boti",
    ),
    "activity.messages_exported": Text(
        "{who} saved messages as a table", "{who} alihifadhi ujumbe kama jedwali"
    ),
    "activity.other": Text("{who} did something else", "{who} alifanya jambo jingine"),
    "activity.role_owner": Text("as an owner", "kama mmiliki"),
    "activity.role_staff": Text("as staff", "kama mfanyakazi"),
    "setting.template_type": Text("what the bot is for", "kazi ya boti"),
    "setting.business_name": Text("the name of the business", "jina la biashara"),
    "setting.language": Text("the language of the bot", "lugha ya boti"),
    "setting.hours": Text("the opening hours", "saa za kazi"),
    "setting.quiet_hours": Text("the quiet hours", "saa za utulivu"),
    "setting.time_zone": Text("the time zone", "ukanda wa saa"),
    "setting.holidays": Text("the holidays", "sikukuu"),
    "setting.when_closed": Text(
        "what the bot does while you are closed", "kile ambacho boti hufanya mkiwa mmefunga"
    ),
    "setting.texts": Text("the bot's texts", "maneno ya boti"),
}
