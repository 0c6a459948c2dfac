"""Kiswahili."""

from shared.enums import TemplateType, Topic, Weekday
from shared.flows.conversation import Step
from shared.flows.texts.language import Texts

SWAHILI = Texts(
    greeting="Habari! Karibu {business}. Tukusaidie nini leo?",
    choose="Chagua moja:",
    how_to_choose="Jibu kwa namba au kwa neno. Andika *menu* wakati wowote kurudi hapa.",
    not_understood="Samahani, sijaelewa vizuri. Naweza kukusaidia kwa haya:",
    text_only=(
        "Asante! Kwa sasa naelewa ujumbe wa maandishi tu. "
        "Tafadhali andika unachohitaji, au andika *menu*."
    ),
    no_calls=(
        "Samahani, hatuwezi kupokea simu kwenye namba hii. "
        "Tafadhali andika unachohitaji, au andika *menu*."
    ),
    unreadable="Samahani, ujumbe wako umetufikia bila kusomeka. Tafadhali utume tena.",
    you_are_welcome="Karibu sana! Ukihitaji kitu kingine, andika *menu*.",
    topics={
        Topic.SERVICES: "Huduma zetu",
        Topic.PRICES: "Bei",
        Topic.CONTACT: "Mawasiliano",
        Topic.BOOK: "Weka nafasi",
        Topic.PRODUCTS: "Bidhaa zetu",
        Topic.ORDER: "Agiza bidhaa",
        Topic.DELIVERY: "Usafirishaji",
        Topic.ISSUE: "Ripoti tatizo",
        Topic.QUESTION: "Uliza swali",
        Topic.HOURS: "Saa za kazi",
    },
    answers={
        Topic.SERVICES: (
            "Asante kwa kuuliza kuhusu huduma zetu. Tuandikie unachohitaji na mhudumu wetu "
            "atakueleza zaidi. Ukiwa tayari, andika *nafasi* ili kuweka nafasi yako."
        ),
        Topic.PRICES: (
            "Bei inategemea huduma unayochagua. Andika *nafasi*, taja huduma unayotaka, "
            "nasi tutakutumia bei yake kabla ya kuthibitisha."
        ),
        (TemplateType.ECOMMERCE, Topic.PRICES): (
            "Bei inategemea bidhaa na idadi. Andika *agiza*, taja bidhaa na idadi unayotaka, "
            "nasi tutakutumia jumla kabla hujalipa."
        ),
        Topic.CONTACT: (
            "Unaweza kutuandikia hapa wakati wowote na mhudumu wetu atakujibu. "
            "Ukipenda tukupigie, tuandikie muda unaokufaa."
        ),
        Topic.PRODUCTS: (
            "Tuandikie jina la bidhaa unayotafuta na mhudumu wetu atakujulisha kama ipo. "
            "Ukiwa tayari kununua, andika *agiza*."
        ),
        Topic.DELIVERY: (
            "Tunaweza kukuletea bidhaa ulipo. Gharama na muda hutegemea mahali; "
            "tutakuthibitishia tukipokea oda yako. Andika *agiza* kuanza."
        ),
    },
    questions={
        Step.SERVICE: "Vizuri sana! Ungependa huduma gani?",
        Step.DATE: "Ungependa siku na saa gani? (mfano: Ijumaa saa nne asubuhi)",
        Step.PRODUCT: "Vizuri sana! Ungependa kuagiza bidhaa gani?",
        Step.QUANTITY: "Ungependa ngapi? Andika idadi, mfano: 2",
        Step.DETAILS: "Pole, tuko hapa kukusaidia. Tafadhali tueleze kwa kifupi.",
    },
    ask_quantity_again="Tafadhali andika idadi kwa namba, mfano: 2. Kuacha, andika *menu*.",
    fields={
        Step.SERVICE: "Huduma",
        Step.DATE: "Siku na saa",
        Step.PRODUCT: "Bidhaa",
        Step.QUANTITY: "Idadi",
        Step.DETAILS: "Maelezo",
    },
    confirmed={
        TemplateType.BOOKING: (
            "Asante! Tumepokea ombi lako la nafasi:\n{summary}\n"
            "Tutakuandikia hapa kuthibitisha. Kubadilisha, andika *menu*."
        ),
        TemplateType.ECOMMERCE: (
            "Asante! Tumepokea oda yako:\n{summary}\n"
            "Tutakuandikia hapa kuthibitisha bei na usafirishaji. Kubadilisha, andika *menu*."
        ),
        TemplateType.SUPPORT: (
            "Asante kwa kutueleza. Tumepokea:\n{summary}\n"
            "Mhudumu wetu atakujibu hapa. Ukihitaji kitu kingine, andika *menu*."
        ),
    },
    open_hours="Saa zetu za kazi:\n{hours}",
    hours_unknown="Tuandikie hapa wakati wowote, nasi tutakujibu mapema iwezekanavyo.",
    closed="Tumefunga",
    closed_days="Tumefunga kwa {holiday}: {dates}",
    closed_now=(
        "Kwa sasa tumefunga; tutafungua tena {opens}. "
        "Hata hivyo tuandikie, nasi tutakujibu tukirudi."
    ),
    closed_holiday=(
        "Leo tumefunga ({holiday}); tutafungua tena {opens}. "
        "Hata hivyo tuandikie, nasi tutakujibu tukirudi."
    ),
    opens_today="leo",
    opens_tomorrow="kesho",
    opens_day="{day}",
    opens_date="{day}, tarehe {date}",
    opens_unknown="hivi karibuni",
    at_time=" saa {time}",
    date="{day} {month}",
    days={
        Weekday.MON: "Jumatatu",
        Weekday.TUE: "Jumanne",
        Weekday.WED: "Jumatano",
        Weekday.THU: "Alhamisi",
        Weekday.FRI: "Ijumaa",
        Weekday.SAT: "Jumamosi",
        Weekday.SUN: "Jumapili",
    },
    months=(
        *("Januari", "Februari", "Machi", "Aprili", "Mei", "Juni"),
        *("Julai", "Agosti", "Septemba", "Oktoba", "Novemba", "Desemba"),
    ),
)
