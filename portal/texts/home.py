"""Words of what a business sees of its day."""

from shared.web.texts import Text

HOME = {
    "today": Text("Today", "Leo"),
    "today.received": Text("Messages in", "Ujumbe ulioingia"),
    "today.sent": Text("Messages out", "Ujumbe uliotoka"),
    "today.median": Text("Half are answered within", "Nusu hujibiwa ndani ya"),
    "today.nearly_all": Text("19 of 20 within", "19 kati ya 20 ndani ya"),
    "today.no_answers": Text("No answers yet today.", "Bado hakuna majibu leo."),
    "plot": Text("Messages", "Ujumbe"),
    "plot.hours": Text("By the hour, these seven days", "Kwa saa, siku hizi saba"),
    "plot.days": Text("By the day, these 90 days", "Kwa siku, siku hizi 90"),
    "plot.in": Text("came in", "uliingia"),
    "plot.out": Text("went out", "ulitoka"),
    "plot.desc": Text(
        "{received} came in, {sent} went out. The most at once: {peak}, {when}.",
        "{received} uliingia, {sent} ulitoka. Mwingi zaidi kwa pamoja: {peak}, {when}.",
    ),
    "plot.now": Text("now", "sasa"),
    "plot.none": Text("Nothing was written yet.", "Bado hakuna kilichoandikwa."),
    "recent": Text("Lately", "Hivi karibuni"),
    "recent.all": Text("All activity", "Matukio yote"),
    "befell.stopped": Text(
        "The bot stopped by itself, and was started again.", "Boti ilisimama yenyewe, ikaanza tena."
    ),
    "befell.not_started": Text("The bot could not be started.", "Boti haikuweza kuanza."),
    "befell.disk_full": Text(
        "The bot was stopped: its storage is full. We are looking into it.",
        "Msaidizi amesimamishwa: nafasi ya kuhifadhi imejaa. Tunalishughulikia.",
    ),
    "befell.misread": Text(
        "Something that the bot reported could not be recorded as it came. We were told.",
        "Kitu kilichoripotiwa na boti hakikuweza kurekodiwa kama kilivyokuja. Tumearifiwa.",
    ),
    "befell.our_fault": Text(
        "A fault on our side may have delayed the bot. We were told.",
        "Hitilafu upande wetu huenda ilichelewesha boti. Tumearifiwa.",
    ),
    "befell.link_ended": Text("The link to the phone ended.", "Muunganisho na simu uliisha."),
    "befell.lost": Text(
        "The connection to WhatsApp was lost.", "Muunganisho na WhatsApp ulipotea."
    ),
    "befell.wrong_phone": Text(
        "A phone with another number was linked, and unlinked at once.",
        "Simu yenye namba nyingine iliunganishwa, ikaondolewa papo hapo.",
    ),
    "befell.taken": Text(
        "A phone was linked whose WhatsApp is in use elsewhere, and unlinked at once.",
        "Iliunganishwa simu ambayo WhatsApp yake inatumika kwingine, ikaondolewa papo hapo.",
    ),
    "befell.removed": Text("The phone unlinked the bot.", "Simu iliondoa boti."),
    "befell.banned": Text("WhatsApp paused the number.", "WhatsApp ilisimamisha namba."),
    "befell.passkey": Text("WhatsApp asked for a passkey.", "WhatsApp iliomba passkey."),
    "befell.silent": Text("Nothing was heard of the bot.", "Hakukuwa na habari za boti."),
    "befell.outdated": Text(
        "WhatsApp wanted a newer version of the bot.", "WhatsApp ilitaka toleo jipya la boti."
    ),
    "befell.replaced": Text(
        "Something else took the bot's place.", "Kitu kingine kilichukua nafasi ya boti."
    ),
    "befell.back": Text("Back {at}.", "Ilirudi {at}."),
}
