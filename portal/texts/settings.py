"""Words of the settings."""

from shared.web.texts import Text

SETTINGS = {
    "settings": Text("Settings", "Mipangilio"),
    "settings.bot": Text("The bot", "Boti"),
    "settings.hours": Text("Hours", "Saa za kazi"),
    "settings.texts": Text("Texts", "Maneno"),
    "settings.number": Text("Number", "Namba"),
    "number.now": Text("The number of your business:", "Namba ya biashara yako:"),
    "number.more": Text(
        "Only the phone with this number can be linked. If you change it, the phone that is linked"
        " now is unlinked at once, and nobody is answered until you link the phone with the new"
        " number. Messages and settings stay.",
        "Ni simu yenye namba hii pekee inayoweza kuunganishwa. Ukiibadilisha, simu iliyounganishwa"
        " sasa itaondolewa papo hapo, na hakuna atakayejibiwa hadi uunganishe simu yenye namba"
        " mpya. Ujumbe na mipangilio hubaki.",
    ),
    "number.new": Text("The new number", "Namba mpya"),
    "number.change": Text(
        "Change the number and unlink the phone", "Badilisha namba na uondoe simu"
    ),
    "settings.save": Text("Save", "Hifadhi"),
    "settings.try": Text("Show me", "Nionyeshe"),
    "settings.saved": Text(
        "Saved. The bot goes by it from the next answer on.",
        "Imehifadhiwa. Boti itaifuata kuanzia jibu lijalo.",
    ),
    "settings.tried": Text(
        "Not saved yet: below you see what a customer would get.",
        "Bado haijahifadhiwa: chini unaona mteja angepata nini.",
    ),
    "settings.staff": Text(
        "Only owners of the business change this.", "Wamiliki wa biashara pekee hubadilisha haya."
    ),
    "bot.name_hint": Text(
        "The bot greets customers with it.", "Boti huwasalimu wateja kwa jina hili."
    ),
    "bot.zone": Text("Time zone", "Ukanda wa saa"),
    "bot.zone_wrong": Text("Choose one of the list.", "Chagua mmoja kwenye orodha."),
    "hours.holidays": Text("Holidays", "Sikukuu na likizo"),
    "hours.holidays_hint": Text(
        "Days on which you are closed whatever the hours say. Empty a row to take it away.",
        "Siku mnazofunga hata kama saa za kazi zinasema vingine. Futa mstari kuuondoa.",
    ),
    "hours.holiday_number": Text("Holiday {number}", "Sikukuu ya {number}"),
    "hours.holiday_name": Text("Name", "Jina"),
    "hours.holiday_first": Text("First day", "Siku ya kwanza"),
    "hours.holiday_last": Text("Last day", "Siku ya mwisho"),
    "hours.holiday_name_wrong": Text(
        "Write a name of at most 60 characters.", "Andika jina lisilozidi herufi 60."
    ),
    "hours.holiday_date_wrong": Text(
        "Write the first day, like 2026-12-25.", "Andika siku ya kwanza, kama 2026-12-25."
    ),
    "hours.holiday_order": Text(
        "The last day is before the first.", "Siku ya mwisho iko kabla ya ya kwanza."
    ),
    "hours.holiday_long": Text("A holiday is at most a year long.", "Likizo haizidi mwaka mmoja."),
    "closed": Text("While you are closed", "Mkiwa mmefunga"),
    "closed.mode_menu": Text("The bot answers as always", "Boti hujibu kama kawaida"),
    "closed.mode_tell": Text(
        "It says that you are closed, and then answers as always",
        "Husema kuwa mmefunga, kisha hujibu kama kawaida",
    ),
    "closed.mode_tell_only": Text(
        "It says that you are closed, and nothing more until you open",
        "Husema kuwa mmefunga, na hakuna zaidi hadi mfungue",
    ),
    "closed.text": Text("What it says then", "Husema nini wakati huo"),
    "closed.text_hint": Text(
        "Left empty, it is what you see in grey. {opens} becomes the time at which you open again.",
        "Ukiacha wazi, ni haya ya kijivu. {opens} huwa wakati mtakapofungua tena.",
    ),
    "quiet": Text("Quiet hours", "Saa za utulivu"),
    "quiet.hint": Text(
        "In these hours no customer's phone rings because of you: what you reply in the portal, and"
        " what programs of yours send, waits until they are over. The bot's answers go out at any"
        " hour, and so does what you write on the phone. Leave both empty, and nothing waits.",
        "Katika saa hizi simu ya mteja hailii kwa sababu yenu: mnayojibu hapa, na yanayotumwa na"
        " programu zenu, husubiri hadi ziishe. Majibu ya boti hutumwa saa yoyote, na pia"
        " mnayoandika kwenye simu. Mkiacha wazi zote mbili, hakuna kinachosubiri.",
    ),
    "quiet.city": Text(
        "They are in the time of {city}; once you change them, in yours.",
        "Ni kwa saa za {city}; ukizibadilisha zitakuwa kwa saa zenu.",
    ),
    "quiet.begins": Text("They begin at", "Zinaanza saa"),
    "quiet.ends": Text("They end at", "Zinaisha saa"),
    "quiet.time_wrong": Text("Write a time, like 21:00.", "Andika saa, kama 21:00."),
    "quiet.same": Text("They would end when they begin.", "Zingeisha wakati huo huo wa kuanza."),
    "quiet.preview": Text(
        "What you write here at {written} goes out at {sent}.",
        "Mnachoandika hapa saa {written} kitatumwa saa {sent}.",
    ),
    "texts.lead": Text(
        "What you leave empty the bot says in our words, shown in grey.",
        "Unachoacha wazi boti husema kwa maneno yetu, ya rangi ya kijivu.",
    ),
    "texts.greeting": Text("Greeting", "Salamu"),
    "texts.greeting_hint": Text(
        "{business} becomes the name of your business.", "{business} huwa jina la biashara yako."
    ),
    "texts.title": Text("In the menu", "Kwenye menyu"),
    "texts.answer": Text("The answer", "Jibu"),
    "texts.asks": Text(
        "Here the bot asks the customer, step by step; you read the answers in the chat.",
        "Hapa boti humuuliza mteja hatua kwa hatua; majibu unayasoma kwenye mazungumzo.",
    ),
    "texts.hours": Text(
        "Here the bot tells your opening hours.", "Hapa boti hueleza saa zenu za kazi."
    ),
    "texts.unlisted": Text(
        "Not in the menu; the bot answers it when somebody asks.",
        "Halipo kwenye menyu; boti hujibu mtu akiuliza.",
    ),
    "texts.wrong": Text(
        "At most 1000 characters, and no control characters.",
        "Herufi zisizozidi 1000, bila herufi za udhibiti.",
    ),
    "texts.title_wrong": Text(
        "At most 60 characters, on one line.", "Herufi zisizozidi 60, mstari mmoja."
    ),
    "preview": Text("What a customer sees", "Mteja huona nini"),
    "preview.closed": Text(
        "On {day} at {time}, when you are closed", "{day} saa {time}, mkiwa mmefunga"
    ),
    "preview.customer": Text("Customer", "Mteja"),
    "preview.bot": Text("Bot", "Boti"),
    "problem.owners_only": Text("Only owners can do that", "Wamiliki pekee wanaweza kufanya hivyo"),
    "problem.owners_only_more": Text(
        "Ask an owner of the business to do it, or to make you one.",
        "Mwombe mmiliki wa biashara afanye, au akufanye mmiliki.",
    ),
}
