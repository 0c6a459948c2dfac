"""Words of chats and messages."""

from shared.web.texts import Text

MESSAGES = {
    "messages": Text("Messages", "Ujumbe"),
    "search": Text("Search", "Tafuta"),
    "search.title": Text("Search in messages", "Tafuta kwenye ujumbe"),
    "search.words": Text("Word or number", "Neno au namba"),
    "search.more": Text("Direction and days", "Mwelekeo na siku"),
    "search.direction": Text("Direction", "Mwelekeo"),
    "search.direction_wrong": Text("Choose one.", "Chagua moja."),
    "search.both": Text("Received and sent", "Ulioingia na uliotumwa"),
    "search.in": Text("Received", "Ulioingia"),
    "search.out": Text("Sent", "Uliotumwa"),
    "search.first": Text("From", "Kuanzia"),
    "search.last": Text("To", "Hadi"),
    "search.day_wrong": Text("Write a day, like 2026-11-24.", "Andika siku, kama 2026-11-24."),
    "search.backwards": Text(
        "This day is before the first one.", "Siku hii iko kabla ya ile ya kwanza."
    ),
    "search.people": Text("People", "Watu"),
    "search.nothing": Text(
        "Nothing was found. Try fewer words, or other days.",
        "Hakuna kilichopatikana. Jaribu maneno machache zaidi, au siku nyingine.",
    ),
    "search.export": Text(
        "Save all of these as a table (CSV)", "Hifadhi ujumbe wote huu kama jedwali (CSV)"
    ),
    "search.column_date": Text("Date", "Tarehe"),
    "search.column_time": Text("Time", "Saa"),
    "search.column_direction": Text("Direction", "Mwelekeo"),
    "search.column_name": Text("Name", "Jina"),
    "search.column_number": Text("Number", "Namba"),
    "search.column_kind": Text("Kind", "Aina"),
    "search.column_text": Text("Text", "Maandishi"),
    "search.column_file": Text("File", "Faili"),
    "search.column_author": Text("Written by", "Aliyeandika"),
    "messages.none": Text("Nobody has written yet", "Bado hakuna aliyeandika"),
    "messages.none_more": Text(
        "Once somebody writes to your number, the conversation is here.",
        "Mtu akiandikia namba yako, mazungumzo yataonekana hapa.",
    ),
    "messages.waits": Text("Not answered yet", "Bado hajajibiwa"),
    "messages.you": Text("You:", "Wewe:"),
    "messages.bot": Text("Bot:", "Boti:"),
    "messages.by_customer": Text("Customer", "Mteja"),
    "messages.by_you": Text("You", "Wewe"),
    "messages.by_bot": Text("Bot", "Boti"),
    "messages.by_phone": Text("From the phone", "Kupitia simu"),
    "messages.by_queue": Text("A program (API)", "Programu (API)"),
    "messages.no_phone": Text("Number not known", "Namba haijulikani"),
    "messages.older": Text("Older ones", "Ya zamani zaidi"),
    "messages.newest": Text("Back to the newest", "Rudi kwenye mapya"),
    "messages.earlier": Text("Earlier messages", "Ujumbe wa awali"),
    "messages.all": Text("All conversations", "Mazungumzo yote"),
    "messages.write": Text("Your message", "Ujumbe wako"),
    "messages.send": Text("Send", "Tuma"),
    "messages.empty": Text("Write something first.", "Andika kitu kwanza."),
    "messages.queue_full": Text(
        "Too many messages wait to be sent. Try again when some of them have gone out.",
        "Jumbe nyingi zinasubiri kutumwa. Jaribu tena baadhi zikishatumwa.",
    ),
    "messages.day_used_up": Text(
        "This business has sent all the messages that it may send today.",
        "Biashara hii imetuma jumbe zote inazoruhusiwa leo.",
    ),
    "messages.too_long": Text(
        "Too long: take at most 4000 characters.", "Mrefu mno: tumia herufi zisizozidi 4000."
    ),
    "messages.unusable": Text(
        "It has a character in it that cannot be sent.", "Una herufi isiyoweza kutumwa."
    ),
    "messages.taken": Text("You answer", "Unajibu wewe"),
    "messages.taken_until": Text(
        "The bot is silent here until {time}. Each message of yours, here or on the phone, gives"
        " you eight hours more.",
        "Boti iko kimya hapa hadi saa {time}. Kila ujumbe wako, hapa au kwenye simu, unakupa saa"
        " nane zaidi.",
    ),
    "messages.quiet_until": Text(
        "Quiet hours: what you write now goes out at {time}.",
        "Saa za utulivu: utakachoandika sasa kitatumwa saa {time}.",
    ),
    "messages.hand_back": Text("Let the bot answer again", "Acha boti ijibu tena"),
    "messages.bot_answers": Text("The bot answers here.", "Boti inajibu hapa."),
    "messages.take_over": Text("Answer yourself", "Jibu mwenyewe"),
    "messages.see_all": Text("Read all of it", "Soma wote"),
    "messages.whole": Text("A long message", "Ujumbe mrefu"),
    "messages.whole_part": Text("Part {part} of {parts}", "Sehemu {part} kati ya {parts}"),
    "messages.whole_next": Text("Next part", "Sehemu inayofuata"),
    "messages.back": Text("Back to the conversation", "Rudi kwenye mazungumzo"),
    "messages.kind_text": Text("Text", "Maandishi"),
    "messages.kind_image": Text("Photo", "Picha"),
    "messages.kind_video": Text("Video", "Video"),
    "messages.kind_voice": Text("Voice message", "Ujumbe wa sauti"),
    "messages.kind_audio": Text("Sound", "Sauti"),
    "messages.kind_document": Text("Document", "Hati"),
    "messages.kind_sticker": Text("Sticker", "Stika"),
    "messages.open_image": Text("Open photo", "Fungua picha"),
    "messages.open_video": Text("Open video", "Fungua video"),
    "messages.open_voice": Text("Open voice message", "Fungua ujumbe wa sauti"),
    "messages.open_audio": Text("Open sound", "Fungua sauti"),
    "messages.open_document": Text("Open document", "Fungua hati"),
    "messages.open_sticker": Text("Open sticker", "Fungua stika"),
    "messages.kind_location": Text("Place", "Mahali"),
    "messages.kind_contact": Text("Contact", "Namba ya mtu"),
    "messages.kind_poll": Text("Poll", "Kura"),
    "messages.kind_reaction": Text("Reaction", "Hisia"),
    "messages.kind_edit": Text("Changed a message to", "Ujumbe ulibadilishwa kuwa"),
    "messages.kind_delete": Text("Deleted a message", "Ujumbe ulifutwa"),
    "messages.kind_call": Text("Call", "Simu"),
    "messages.kind_unreadable": Text(
        "A message that could not be read. It was asked for again",
        "Ujumbe ambao haukusomeka. Umeombwa tena",
    ),
    "messages.kind_view_once": Text(
        "To be looked at once: open it on the phone",
        "Wa kutazamwa mara moja: ufungue kwenye simu",
    ),
    "messages.kind_lost": Text(
        "A message that was lost when the bot broke down",
        "Ujumbe uliopotea boti ilipozimika ghafla",
    ),
    "messages.kind_other": Text(
        "Something that only the phone shows", "Kitu kinachoonekana kwenye simu pekee"
    ),
    "messages.state_queued": Text("Waiting to be sent", "Unasubiri kutumwa"),
    "messages.state_sending": Text("Being sent", "Unatumwa"),
    "messages.state_sent": Text("Sent", "Umetumwa"),
    "messages.state_delivered": Text("Delivered", "Umefika"),
    "messages.state_read": Text("Read", "Umesomwa"),
    "messages.state_failed": Text("Not sent", "Haukutumwa"),
    "messages.state_uncertain": Text(
        "Perhaps sent: look at the phone", "Huenda umetumwa: angalia kwenye simu"
    ),
    "messages.state_expired": Text("Not sent in time", "Haukutumwa kwa wakati"),
    "messages.state_cancelled": Text("Cancelled", "Umeghairiwa"),
    "messages.not_on_whatsapp": Text(
        "this number is not on WhatsApp.", "namba hii haipo kwenye WhatsApp."
    ),
    "messages.not_first": Text(
        "WhatsApp does not let you write to this person first.",
        "WhatsApp haikuruhusu kumwandikia mtu huyu kwanza.",
    ),
    "file.again": Text("Try again", "Jaribu tena"),
    "file.gone": Text("This file is kept no longer", "Faili hii haihifadhiwi tena"),
    "file.gone_more": Text(
        "WhatsApp keeps files for some weeks. The phone may still have it; or ask for it to be"
        " sent again.",
        "WhatsApp huhifadhi faili kwa wiki chache. Huenda bado ipo kwenye simu; au omba itumwe"
        " tena.",
    ),
    "file.too_large": Text("Too large to be opened here", "Ni kubwa mno kufunguliwa hapa"),
    "file.too_large_more": Text("Open it on the phone.", "Ifungue kwenye simu."),
    "file.broken": Text("This file did not arrive whole", "Faili hii haikufika ikiwa kamili"),
    "file.broken_more": Text(
        "What WhatsApp has is not what was sent. Open it on the phone, or ask for it to be sent"
        " again.",
        "Kilichopo WhatsApp si kile kilichotumwa. Ifungue kwenye simu, au omba itumwe tena.",
    ),
    "file.not_yet": Text("The file is not here yet", "Faili bado haijafika"),
    "file.not_yet_more": Text(
        "Your bot has to fetch it from WhatsApp, which takes a moment and needs the connection to"
        " your phone: Home shows whether that is there.",
        "Boti yako inapaswa kuileta kutoka WhatsApp. Inachukua muda kidogo na inahitaji"
        " muunganisho na simu yako: Mwanzo inaonyesha kama upo.",
    ),
    "file.range": Text("That part of the file does not exist", "Sehemu hiyo ya faili haipo"),
    "file.range_more": Text(
        "Go back to the conversation and open the file from there.",
        "Rudi kwenye mazungumzo kisha ufungue faili kutoka hapo.",
    ),
    "file.busy": Text("Too many files at once", "Faili nyingi kwa wakati mmoja"),
    "file.busy_more": Text(
        "Others of your business are still on their way. Try again when they are there.",
        "Nyingine za biashara yako bado zinakuja. Jaribu tena zikishafika.",
    ),
    "file.away": Text("Files cannot be opened just now", "Faili haziwezi kufunguliwa sasa hivi"),
    "file.away_more": Text(
        "A part of FlowHQ is just starting again. Your bot goes on answering meanwhile. Try again"
        " in a minute.",
        "Sehemu ya FlowHQ inaanza upya. Boti yako inaendelea kujibu wakati huu. Jaribu tena baada"
        " ya dakika moja.",
    ),
    "messages.refused": Text("WhatsApp did not take it.", "WhatsApp haikuupokea."),
}
