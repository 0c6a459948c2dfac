"""Words of a business and its bot."""

from shared.web.texts import Text

BUSINESS = {
    "business": Text("Your business", "Biashara yako"),
    "business.lead": Text(
        "Tell us a little, and we prepare your bot.",
        "Tueleze kidogo, nasi tutaandaa boti yako.",
    ),
    "business.wrong": Text(
        "Something is missing or wrong: see below.", "Kuna kinachokosekana au kosa: tazama chini."
    ),
    "business.name": Text("Name of the business", "Jina la biashara"),
    "business.name_wrong": Text("Write the name.", "Andika jina."),
    "business.name_long": Text(
        "Too long: take at most 80 characters.", "Refu mno: tumia herufi zisizozidi 80."
    ),
    "business.name_link": Text(
        "Write the name alone: no web address, e-mail address or phone number. After a dot write a"
        " space.",
        "Andika jina peke yake: bila anwani ya tovuti, barua pepe wala namba ya simu. Baada ya"
        " nukta acha nafasi.",
    ),
    "business.phone": Text("WhatsApp number", "Namba ya WhatsApp"),
    "business.phone_hint": Text(
        "The number that your customers write to, with its country: +255 712 345 678.",
        "Namba ambayo wateja wako huandikia, pamoja na nchi: +255 712 345 678.",
    ),
    "business.phone_wrong": Text(
        "Write the whole number, with its country: +255 712 345 678.",
        "Andika namba nzima, pamoja na nchi: +255 712 345 678.",
    ),
    "business.phone_taken": Text(
        "This number has a bot already. If it is yours, write to whoever runs this FlowHQ.",
        "Namba hii tayari ina boti. Kama ni yako, mwandikie anayeendesha FlowHQ hii.",
    ),
    "business.template": Text("What the bot is for", "Kazi ya boti"),
    "business.template_none": Text("Choose …", "Chagua …"),
    "business.template_wrong": Text("Choose one.", "Chagua moja."),
    "business.template_booking": Text("Bookings and appointments", "Miadi na nafasi"),
    "business.template_ecommerce": Text("A shop: prices and orders", "Duka: bei na oda"),
    "business.template_support": Text("Questions and support", "Maswali na huduma kwa wateja"),
    "business.language": Text("Language of the bot", "Lugha ya boti"),
    "business.language_wrong": Text("Choose one.", "Chagua moja."),
    "business.hours": Text("Opening hours", "Saa za kazi"),
    "business.hours_hint": Text(
        "The bot tells them to customers. Leave a day empty when you are closed; closing after"
        " midnight is fine.",
        "Boti huwaeleza wateja. Acha siku wazi kama mmefunga; kufunga baada ya usiku wa manane"
        " kunaruhusiwa.",
    ),
    "business.opens": Text("opens", "kufungua"),
    "business.closes": Text("closes", "kufunga"),
    "business.hours_wrong": Text(
        "Both times, like 08:00 and 18:00, or none.",
        "Nyakati zote mbili, kama 08:00 na 18:00, au hakuna.",
    ),
    "business.hours_order": Text(
        "You would close when you open.", "Mngefunga wakati huo huo wa kufungua."
    ),
    "business.send": Text("Ask for my bot", "Omba boti yangu"),
    "day.mon": Text("Monday", "Jumatatu"),
    "day.tue": Text("Tuesday", "Jumanne"),
    "day.wed": Text("Wednesday", "Jumatano"),
    "day.thu": Text("Thursday", "Alhamisi"),
    "day.fri": Text("Friday", "Ijumaa"),
    "day.sat": Text("Saturday", "Jumamosi"),
    "day.sun": Text("Sunday", "Jumapili"),
    "standing.submitted": Text("Your request is with us", "Ombi lako tumelipokea"),
    "standing.submitted_more": Text(
        "Somebody looks at it, mostly within a working day. Once it is approved, your bot starts"
        " by itself, and this page says what to do: you will scan a code with your phone.",
        "Mtu ataliangalia, mara nyingi ndani ya siku moja ya kazi. Likikubaliwa, boti yako"
        " itaanza yenyewe, na ukurasa huu utaeleza la kufanya: utaskani msimbo kwa simu yako.",
    ),
    "standing.rejected": Text("Your request was turned down", "Ombi lako limekataliwa"),
    "standing.rejected_more": Text(
        "Write to whoever runs this FlowHQ to learn why.",
        "Mwandikie anayeendesha FlowHQ hii kujua sababu.",
    ),
    "standing.active": Text("Answering since {at}", "Inajibu tangu {at}"),
    "standing.active_more": Text(
        "It is linked to your phone, and answers who writes to you.",
        "Imeunganishwa na simu yako, na humjibu anayekuandikia.",
    ),
    "standing.starting": Text("Your bot is starting", "Boti yako inaanza"),
    "standing.starting_more": Text(
        "That takes a few seconds, and needs nothing of you. This page shows it by itself.",
        "Huchukua sekunde chache, na hakuna unachotakiwa kufanya. Ukurasa huu utaonyesha wenyewe.",
    ),
    "standing.scan": Text("Your phone must be linked", "Simu yako inahitaji kuunganishwa"),
    "standing.scan_more": Text(
        "The code to scan appears here in a moment, by itself.",
        "Msimbo wa kuskani utaonekana hapa baada ya muda mfupi, wenyewe.",
    ),
    "standing.round": Text("The codes have run out", "Misimbo imekwisha"),
    "standing.round_more": Text(
        "No scan came in time. Take your phone, and ask for new ones. If it says that it has too"
        " many linked devices, remove one there first.",
        "Hakuna msimbo ulioskaniwa kwa wakati. Chukua simu yako, kisha uombe mingine. Kama inasema"
        " ina vifaa vingi vilivyounganishwa, ondoa kimoja kwanza.",
    ),
    "link.owners": Text(
        "An owner of the business links it: the code is on their page.",
        "Mmiliki wa biashara huiunganisha: msimbo uko kwenye ukurasa wake.",
    ),
    "link.ask_round": Text("Show new codes", "Onyesha misimbo mipya"),
    "link.ask_typed": Text(
        "The camera does not work? Ask for a code to type",
        "Kamera haifanyi kazi? Omba msimbo wa kuandika",
    ),
    "link.typed": Text(
        "Or type this code on the phone, below “Link with phone number instead”:",
        "Au andika msimbo huu kwenye simu, chini ya “Unganisha kwa namba ya simu”:",
    ),
    "link.qr": Text("The code to scan", "Msimbo wa kuskani"),
    "link.step_open": Text(
        "Open WhatsApp on the phone of this number.", "Fungua WhatsApp kwenye simu ya namba hii."
    ),
    "link.step_menu": Text(
        "Open the menu, then “Linked devices”, then “Link a device”.",
        "Fungua menyu, kisha “Vifaa vilivyounganishwa”, kisha “Unganisha kifaa”.",
    ),
    "link.step_scan": Text(
        "Hold the phone's camera over this code.", "Elekeza kamera ya simu kwenye msimbo huu."
    ),
    "link.attempt": Text("Code {attempt} of {attempts}", "Msimbo {attempt} kati ya {attempts}"),
    "link.left": Text("The next one comes in", "Unaofuata utakuja baada ya"),
    "home.reload": Text(
        "Load the page again to see what has changed.",
        "Pakia ukurasa tena kuona kilichobadilika.",
    ),
    "standing.passkey": Text(
        "WhatsApp asks for a passkey on your phone", "WhatsApp inaomba passkey kwenye simu yako"
    ),
    "standing.passkey_more": Text(
        "Confirm it on the phone when it asks, and link once more.",
        "Thibitisha kwenye simu inapouliza, kisha unganisha tena.",
    ),
    "standing.removed": Text("Your phone has unlinked the bot", "Simu yako imeondoa boti"),
    "standing.removed_more": Text(
        "It answers nobody until the phone is linked again.",
        "Haimjibu mtu hadi simu iunganishwe tena.",
    ),
    "standing.wrong_phone": Text(
        "The phone {refused} was linked, and your number is {number}",
        "Simu {refused} iliunganishwa, lakini namba yako ni {number}",
    ),
    "standing.wrong_phone_more": Text(
        "It was unlinked at once; nothing that came to it was kept or answered. Link the phone with"
        " your own number.",
        "Iliondolewa papo hapo; hakuna kilichokuja kwake kilichohifadhiwa wala kujibiwa. Unganisha"
        " simu yenye namba yako.",
    ),
    "standing.taken": Text(
        "The WhatsApp of {refused} is in use elsewhere on this FlowHQ",
        "WhatsApp ya {refused} inatumika kwingine kwenye FlowHQ hii",
    ),
    "standing.taken_more": Text(
        "So the phone was unlinked at once. Whoever runs this FlowHQ sees this too, and can sort it"
        " out.",
        "Kwa hiyo simu iliondolewa papo hapo. Anayeendesha FlowHQ hii anaona hili pia, na anaweza"
        " kulitatua.",
    ),
    "standing.checking": Text("Linked: checking the number", "Imeunganishwa: inakagua namba"),
    "standing.checking_more": Text(
        "That takes a moment. What is written meanwhile is answered afterwards.",
        "Huchukua muda mfupi. Yanayoandikwa kwa sasa yatajibiwa baadaye.",
    ),
    "link.change_number": Text(
        "Is that your new number? Change it here.",
        "Je, hiyo ndiyo namba yako mpya? Ibadilishe hapa.",
    ),
    "link.number": Text(
        "Use the phone with the number {number}; another one is not linked.",
        "Tumia simu yenye namba {number}; nyingine haitaunganishwa.",
    ),
    "standing.logging_in": Text("Scanned: logging in", "Imeskaniwa: inaingia"),
    "standing.logging_in_more": Text(
        "That takes a few seconds. Keep WhatsApp open on the phone until it is done.",
        "Huchukua sekunde chache. Acha WhatsApp wazi kwenye simu hadi ikamilike.",
    ),
    "standing.away": Text(
        "No connection to WhatsApp since {at}", "Hakuna muunganisho na WhatsApp tangu {at}"
    ),
    "standing.away_more": Text(
        "It is tried again by itself, and needs nothing of you. What is written meanwhile waits"
        " at WhatsApp, and is answered then.",
        "Inajaribu tena yenyewe, na hakuna unachotakiwa kufanya. Yanayoandikwa kwa sasa yanasubiri"
        " WhatsApp, na yatajibiwa baadaye.",
    ),
    "standing.silent": Text(
        "Nothing heard of your bot since {at}", "Hakuna habari za boti yako tangu {at}"
    ),
    "standing.silent_more": Text(
        "It may be answering all the same. Whoever runs this FlowHQ sees this too.",
        "Huenda bado inajibu. Anayeendesha FlowHQ hii anaona hili pia.",
    ),
    "standing.failed": Text("Linking did not work", "Kuunganisha hakukufanikiwa"),
    "standing.failed_more": Text(
        "WhatsApp did not take the scan. If the phone says that it has too many linked devices,"
        " remove one there; then ask for new codes.",
        "WhatsApp haikukubali. Kama simu inasema ina vifaa vingi vilivyounganishwa, ondoa kimoja"
        " hapo; kisha uombe misimbo mipya.",
    ),
    "standing.again": Text("Your phone must be linked again", "Simu inahitaji kuunganishwa tena"),
    "standing.again_more": Text(
        "The link of before is over. The code to scan appears here in a moment, by itself.",
        "Muunganisho wa awali umeisha. Msimbo wa kuskani utaonekana hapa punde, wenyewe.",
    ),
    "standing.banned_until": Text(
        "WhatsApp has paused this number until {at}", "WhatsApp imesimamisha namba hii hadi {at}"
    ),
    "standing.banned_until_more": Text(
        "The bot goes on by itself then. Do not link it anew meanwhile.",
        "Boti itaendelea yenyewe wakati huo. Usiiunganishe upya kwa sasa.",
    ),
    "standing.banned": Text("WhatsApp has paused this number", "WhatsApp imesimamisha namba hii"),
    "standing.banned_more": Text(
        "The bot waits until WhatsApp lets it go on. Do not link it anew meanwhile.",
        "Boti inasubiri hadi WhatsApp iruhusu iendelee. Usiiunganishe upya kwa sasa.",
    ),
    "standing.outdated": Text("The bot must be updated", "Boti inahitaji kusasishwa"),
    "standing.outdated_more": Text(
        "WhatsApp wants a newer version. Whoever runs this FlowHQ must see to it.",
        "WhatsApp inataka toleo jipya. Anayeendesha FlowHQ hii anapaswa kulishughulikia.",
    ),
    "standing.replaced": Text(
        "Something else has taken the bot's place", "Kitu kingine kimechukua nafasi ya boti"
    ),
    "standing.replaced_more": Text(
        "The same link is used elsewhere. Whoever runs this FlowHQ must see to it.",
        "Muunganisho huo unatumika kwingine. Anayeendesha FlowHQ hii anapaswa kulishughulikia.",
    ),
    "standing.paused": Text("Your bot is switched off", "Boti yako imezimwa"),
    "standing.paused_more": Text(
        "It answers nobody until whoever runs this FlowHQ starts it again.",
        "Haimjibu mtu hadi anayeendesha FlowHQ hii aiwashe tena.",
    ),
    "standing.error": Text("Your bot is not well", "Boti yako ina hitilafu"),
    "standing.error_more": Text(
        "It answers nobody at the moment. Whoever runs this FlowHQ must see to it.",
        "Haimjibu mtu kwa sasa. Anayeendesha FlowHQ hii anapaswa kulishughulikia.",
    ),
}
