"""Words of the front page and below every page."""

from shared.web.texts import Text

GENERAL = {
    "foot": Text(
        "FlowHQ answers your customers on WhatsApp.",
        "FlowHQ huwajibu wateja wako kwenye WhatsApp.",
    ),
    "stale": Text(
        "This page does not change by itself at the moment. Load it again to see how things are.",
        "Ukurasa huu haubadiliki wenyewe kwa sasa. Pakia upya kuona hali ilivyo.",
    ),
    "front.title": Text("Your WhatsApp, always answered", "WhatsApp yako, inajibiwa kila wakati"),
    "front.lead": Text(
        "A helper that answers your customers at once, in Swahili or English, on the number"
        " that they already know.",
        "Msaidizi anayewajibu wateja wako papo hapo, kwa Kiswahili au Kiingereza, kwenye namba"
        " wanayoijua tayari.",
    ),
    "front.answers": Text("Answers at once", "Hujibu papo hapo"),
    "front.answers_more": Text(
        "Prices, bookings, opening hours: day and night, also while you serve somebody else.",
        "Bei, miadi, saa za kazi: usiku na mchana, hata ukiwa unamhudumia mtu mwingine.",
    ),
    "front.number": Text("Your own number", "Namba yako mwenyewe"),
    "front.number_more": Text(
        "Scan a code with your phone once. Your chats stay on your phone as before.",
        "Skani msimbo kwa simu yako mara moja. Mazungumzo yako hubaki kwenye simu kama awali.",
    ),
    "front.hand": Text("You stay in charge", "Wewe ndiye msimamizi"),
    "front.hand_more": Text(
        "Your phone shows every conversation, and you write yourself whenever you like.",
        "Simu yako inaonyesha kila mazungumzo, nawe unaandika mwenyewe wakati wowote.",
    ),
}
