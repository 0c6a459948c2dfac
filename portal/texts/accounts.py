"""Words of accounts: signing up and in, passwords, mails."""

from shared.web.texts import Text

ACCOUNTS = {
    "sign_in": Text("Sign in", "Ingia"),
    "sign_up": Text("Sign up", "Jisajili"),
    "sign_out": Text("Sign out", "Toka"),
    "account": Text("Account", "Akaunti"),
    "email": Text("E-mail address", "Barua pepe"),
    "email.wrong": Text(
        "Write an e-mail address, like asha@example.com.",
        "Andika anwani ya barua pepe, kama asha@example.com.",
    ),
    "password": Text("Password", "Nenosiri"),
    "password.new": Text("New password", "Nenosiri jipya"),
    "password.hint": Text(
        "At least 10 characters. Three or four words that you remember do well.",
        "Angalau herufi 10. Maneno matatu au manne unayoyakumbuka yanafaa.",
    ),
    "password.short": Text(
        "Too short: take at least 10 characters.", "Fupi mno: tumia angalau herufi 10."
    ),
    "password.long": Text(
        "Too long: take at most 200 characters.", "Refu mno: tumia herufi zisizozidi 200."
    ),
    "password.email": Text(
        "Take something else than your address.", "Tumia kitu kingine, si anwani yako."
    ),
    "password.named": Text(
        "Too easy: it is made of your name, your business's or ours. Take three or four words.",
        "Ni rahisi mno: limetokana na jina lako, la biashara yako au letu. Tumia maneno matatu au"
        " manne.",
    ),
    "password.common": Text(
        "Too easy to guess: many people use this or something like it. Take three or four words.",
        "Ni rahisi kukisia: watu wengi hutumia hili au linalofanana nalo. Tumia maneno matatu au"
        " manne.",
    ),
    "password.wrong": Text("That is not your password.", "Hilo si nenosiri lako."),
    "sign_in.wrong": Text(
        "Address and password do not belong together.",
        "Barua pepe na nenosiri havilingani.",
    ),
    "sign_in.held_up": Text(
        "There were many attempts for this account. Wait {minutes} min, or choose a new password"
        " by mail: that works at once.",
        "Kumekuwa na majaribio mengi kwenye akaunti hii. Subiri dakika {minutes}, au chagua"
        " nenosiri jipya kwa barua pepe: hiyo hufanya kazi mara moja.",
    ),
    "sign_in.lead": Text("Welcome back.", "Karibu tena."),
    "sign_in.forgotten": Text("Forgot your password?", "Umesahau nenosiri?"),
    "sign_in.none": Text("No account yet?", "Huna akaunti bado?"),
    "sign_up.lead": Text(
        "We send you a link. With it you choose a password, and your account is there.",
        "Tutakutumia kiungo. Kwa kiungo hicho utachagua nenosiri, na akaunti yako itakuwa tayari.",
    ),
    "sign_up.have": Text("You have an account?", "Una akaunti tayari?"),
    "forgotten": Text("Forgotten password", "Umesahau nenosiri"),
    "forgotten.lead": Text(
        "We send you a link with which you choose a new one.",
        "Tutakutumia kiungo cha kuchagua jipya.",
    ),
    "ask.send": Text("Send me the link", "Nitumie kiungo"),
    "mailed": Text("Look into your mail", "Angalia barua pepe yako"),
    "mailed.lead": Text(
        "We have written to {email}. The link in it is good for at least one hour.",
        "Tumekutumia barua pepe kwa {email}. Kiungo kilichomo kinatumika kwa angalau saa moja.",
    ),
    "mailed.nothing": Text(
        "Nothing there after some minutes? Look among the unwanted mail. After several such mails"
        " we wait with the next one: the link in the newest that you have is good.",
        "Hakuna kitu baada ya dakika chache? Angalia kwenye barua taka. Baada ya barua kadhaa za"
        " aina hii tunasubiri kabla ya kutuma nyingine: kiungo kilicho kwenye barua ya mwisho"
        " uliyonayo bado kinatumika.",
    ),
    "new_password.sign_up": Text("Choose a password", "Chagua nenosiri"),
    "new_password.reset": Text("Choose a new password", "Chagua nenosiri jipya"),
    "new_password.lead": Text("For the account {email}.", "Kwa akaunti ya {email}."),
    "new_password.others": Text(
        "Every other browser in which you are signed in will be signed out.",
        "Utatolewa kwenye vivinjari vingine vyote ulivyoingia.",
    ),
    "new_password.save": Text("Save and sign in", "Hifadhi na uingie"),
    "link_over": Text("This link is no longer good", "Kiungo hiki hakitumiki tena"),
    "link_over.lead": Text(
        "A link works once, and for as long as its mail says. Ask for a new one, or sign in.",
        "Kiungo hufanya kazi mara moja, na kwa muda uliotajwa kwenye barua yake. Omba kipya, au"
        " ingia.",
    ),
    "confirm_email": Text("Use this address?", "Tumia anwani hii?"),
    "confirm_email.lead": Text(
        "From now on you sign in with {email}, and our mails go there.",
        "Kuanzia sasa utaingia kwa {email}, na barua zetu zitaenda huko.",
    ),
    "confirm_email.yes": Text("Yes, use it", "Ndiyo, itumie"),
    "account.language": Text("Language", "Lugha"),
    "account.language_name": Text("English", "Kiswahili"),
    "account.change_email": Text("Another e-mail address", "Barua pepe nyingine"),
    "account.change_email_lead": Text(
        "We send a link to the new address. It counts once you have opened it.",
        "Tutatuma kiungo kwa anwani mpya. Itatumika ukishakifungua.",
    ),
    "account.old_password": Text("Current password", "Nenosiri la sasa"),
    "account.save_password": Text("Save the new one", "Hifadhi jipya"),
    "account.password_changed": Text("Your password is changed.", "Nenosiri lako limebadilishwa."),
    "account.change_password": Text("Change the password", "Badilisha nenosiri"),
    "home": Text("Home", "Mwanzo"),
    "mail.greeting": Text("Hello,", "Habari,"),
    "mail.end": Text(
        "You did not ask for this? Then do nothing: nothing happens.\n\nFlowHQ",
        "Hukuomba hili? Basi usifanye chochote: hakuna kitakachotokea.\n\nFlowHQ",
    ),
    "mail.one_hour": Text("one hour", "saa moja"),
    "mail.hours": Text("{hours} hours", "saa {hours}"),
    "mail.sign_up_subject": Text("Your FlowHQ account", "Akaunti yako ya FlowHQ"),
    "mail.sign_up": Text(
        "choose a password here, within {life}:\n\n{link}",
        "chagua nenosiri hapa, ndani ya {life}:\n\n{link}",
    ),
    "mail.known_subject": Text("You have a FlowHQ account", "Una akaunti ya FlowHQ"),
    "mail.known": Text(
        "somebody, perhaps you, wanted a new account for this address. It has one already."
        " Sign in here, or ask there for a new password:\n\n{link}",
        "mtu fulani, huenda wewe, alitaka akaunti mpya kwa anwani hii. Tayari ina akaunti."
        " Ingia hapa, au omba nenosiri jipya hapo:\n\n{link}",
    ),
    "mail.unknown_subject": Text("No FlowHQ account", "Hakuna akaunti ya FlowHQ"),
    "mail.unknown": Text(
        "somebody, perhaps you, wanted a new password for this address. It has no account here."
        " Sign up with it, or try another address:\n\n{link}",
        "mtu fulani, huenda wewe, alitaka nenosiri jipya kwa anwani hii. Haina akaunti hapa."
        " Jisajili nayo, au jaribu anwani nyingine:\n\n{link}",
    ),
    "mail.reset_subject": Text("A new FlowHQ password", "Nenosiri jipya la FlowHQ"),
    "mail.reset": Text(
        "choose a new password here, within {life}:\n\n{link}",
        "chagua nenosiri jipya hapa, ndani ya {life}:\n\n{link}",
    ),
    "mail.change_email_subject": Text("Your new address", "Anwani yako mpya"),
    "mail.change_email": Text(
        "confirm here, within {life} and where you are signed in, that your FlowHQ account uses"
        " this address:\n\n{link}",
        "thibitisha hapa, ndani ya {life} na pale ulipoingia kwenye akaunti, kuwa akaunti yako"
        " ya FlowHQ inatumia anwani hii:\n\n{link}",
    ),
    "mail.changed_subject": Text("Your address was changed", "Anwani yako imebadilishwa"),
    "mail.changed": Text(
        "your FlowHQ account uses another address from now on. If that was not you, write at once"
        " to whoever runs your FlowHQ. It is at:\n\n{link}",
        "akaunti yako ya FlowHQ inatumia anwani nyingine kuanzia sasa. Kama si wewe, mwandikie"
        " mara moja anayeendesha FlowHQ yako. Iko hapa:\n\n{link}",
    ),
}
