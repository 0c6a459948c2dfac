"""Words that every site of pages needs: of the frame, and of what went wrong."""

from shared.web.texts import Text

WORDS = {
    "skip": Text("Skip to the content", "Ruka hadi kwenye maudhui"),
    "problem.back": Text("To the front page", "Rudi mwanzo"),
    "problem.number": Text("Number of this message: {number}", "Namba ya ujumbe huu: {number}"),
    "problem.not_found": Text("There is no such page", "Ukurasa huu haupo"),
    "problem.not_found_more": Text(
        "The address may be mistyped, or what was there is gone.",
        "Huenda anwani imekosewa, au kilichokuwepo kimeondolewa.",
    ),
    "problem.forbidden": Text("That did not work", "Haikufanikiwa"),
    "problem.forbidden_more": Text(
        "The page was open for too long, or cookies are switched off. Go back, load the page"
        " again and repeat.",
        "Ukurasa ulikaa wazi muda mrefu, au vidakuzi vimezimwa. Rudi nyuma, pakia ukurasa upya"
        " kisha ujaribu tena.",
    ),
    "problem.conflict": Text("That was done already", "Hilo limeshafanyika"),
    "problem.conflict_more": Text(
        "Somebody, perhaps you in another window, was quicker. Load the page again to see.",
        "Mtu fulani, huenda wewe kwenye dirisha jingine, amewahi. Pakia ukurasa tena kuona.",
    ),
    "problem.too_large": Text("That was too much", "Ni kubwa mno"),
    "problem.too_large_more": Text(
        "What was sent is larger than this page takes.",
        "Kilichotumwa ni kikubwa kuliko ukurasa huu unavyoweza kupokea.",
    ),
    "problem.too_many": Text("Please wait a little", "Tafadhali subiri kidogo"),
    "problem.too_many_more": Text(
        "There were too many attempts. Try again in some minutes.",
        "Kumekuwa na majaribio mengi mno. Jaribu tena baada ya dakika chache.",
    ),
    "problem.bad_request": Text("That could not be read", "Haikusomeka"),
    "problem.bad_request_more": Text(
        "The browser sent something that this page does not understand. Load it again and repeat.",
        "Kivinjari kimetuma kitu ambacho ukurasa huu haukielewi. Pakia upya kisha ujaribu tena.",
    ),
    "problem.unavailable": Text("One moment, please", "Subiri kidogo, tafadhali"),
    "problem.unavailable_more": Text(
        "FlowHQ is just starting again. Your bot goes on answering meanwhile. Load this page"
        " again in a few seconds.",
        "FlowHQ inaanza upya. Boti yako inaendelea kujibu wakati huu. Pakia ukurasa huu tena"
        " baada ya sekunde chache.",
    ),
    "problem.defect": Text("Something went wrong here", "Kuna hitilafu upande wetu"),
    "problem.defect_more": Text(
        "This is our mistake, and it has been written down. Try again; if it stays, tell us.",
        "Hili ni kosa letu, na limeandikwa. Jaribu tena; likiendelea, tuambie.",
    ),
}
