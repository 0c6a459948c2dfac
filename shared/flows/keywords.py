"""The words people choose a topic with. Both languages always count: many mix them."""

from shared.enums import Topic
from shared.flows.words import phrases

TOPICS = {
    Topic.SERVICES: phrases(
        "huduma", "huduma zenu", "mnatoa nini", "services", "service", "what do you offer"
    ),
    Topic.PRICES: phrases(
        "bei", "gharama", "shilingi ngapi", "ngapi", "kiasi gani", "price", "prices", "cost",
        "costs", "how much", "rates",
    ),
    Topic.CONTACT: phrases(
        "mawasiliano", "wasiliana", "namba ya simu", "piga simu", "mhudumu", "mtu", "binadamu",
        "contact", "contacts", "phone number", "call me", "human", "agent", "talk to someone",
    ),
    Topic.BOOK: phrases(
        "nafasi", "weka nafasi", "kuweka nafasi", "miadi", "book", "booking", "appointment",
        "reserve", "reservation",
    ),
    Topic.PRODUCTS: phrases(
        "bidhaa", "mnauza nini", "katalogi", "products", "product", "catalogue", "catalog", "items",
        "what do you sell",
    ),
    Topic.ORDER: phrases(
        "agiza", "kuagiza", "nataka kuagiza", "oda", "nunua", "kununua", "nanunua", "order",
        "buy", "purchase",
    ),
    Topic.DELIVERY: phrases(
        "usafirishaji", "kupelekewa", "mnapeleka", "mnaleta", "usafiri", "delivery", "deliver",
        "shipping",
    ),
    Topic.ISSUE: phrases(
        "tatizo", "shida", "haifanyi kazi", "imeharibika", "malalamiko", "issue", "problem",
        "not working", "broken", "complaint",
    ),
    Topic.QUESTION: phrases("swali", "maswali", "kuuliza", "naomba kuuliza", "question",
                            "questions", "ask"),
    Topic.HOURS: phrases(
        "saa za kazi", "masaa ya kazi", "mnafungua", "mnafunga", "mko wazi", "saa ngapi",
        "working hours", "opening hours", "hours", "open", "when do you open",
    ),
}  # fmt: skip

ESCAPE = phrases(
    "menu", "menyu", "mwanzo", "anza upya", "rudi", "ghairi", "acha", "start", "start over", "back",
    "cancel", "main menu",
)  # fmt: skip
ESCAPE_NUMBER = 0

GREETINGS = phrases(
    "habari", "habari yako", "habari zenu", "habari za leo", "habari za asubuhi", "habari za jioni",
    "mambo", "mambo vipi", "vipi", "hujambo", "hamjambo", "jambo", "salama", "salaam", "salamu",
    "shikamoo", "shkamoo", "hodi", "asalam aleykum", "assalamu alaikum", "hi", "hey", "hello",
    "good morning", "good afternoon", "good evening", "hi there", "hello there",
)  # fmt: skip

THANKS = phrases(
    "asante", "asante sana", "ahsante", "ahsante sana", "shukrani", "nashukuru", "sawa asante",
    "thanks", "thank you", "thank you very much", "thanks a lot", "ok thanks", "sawa", "ok", "okay",
    "poa",
)  # fmt: skip

NUMBER_WORDS = {
    "moja": 1, "mbili": 2, "tatu": 3, "nne": 4, "tano": 5, "sita": 6, "saba": 7, "nane": 8,
    "tisa": 9, "kumi": 10, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "dozen": 12, "dazeni": 12,
}  # fmt: skip
