from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.enums import Language, MessageKind, TemplateType, Weekday
from shared.flows import keywords
from shared.flows.conversation import Conversation, Step
from shared.flows.engine import SILENT, TEXTS, decide, find_topic
from shared.flows.templates import TEMPLATES, Topic
from shared.flows.words import one_line, only_number, phrases, tokens
from shared.structs.tenants import BotTexts, OpeningHours, TenantConfig
from shared.wire.events import MessageReceived, Party

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
T = TemplateType


def config(template=T.BOOKING, language=Language.EN, **values):
    return TenantConfig(
        template_type=template, business_name="Salon Amani", language=language, **values
    )


def said(text, kind=MessageKind.TEXT):
    return MessageReceived(
        wa_message_id="1", kind=kind, contact=Party(phone="+255700000001"),
        own_phone="+255700000002", text=text, at=NOW,
    )  # fmt: skip


def talk(settings, *texts, start=None):
    """Every answer to a conversation, and where it stands at the end."""
    chat, replies = start or Conversation(), []
    for text in texts:
        decision = decide(settings, chat, said(text), NOW)
        chat = decision.conversation
        replies.append(decision.reply)
    return replies, chat


AT_MENU = Conversation(step=Step.MENU, last_at=NOW)

UNDERSTOOD = [
    pytest.param(T.BOOKING, "1", Topic.SERVICES, id="number"),
    pytest.param(T.BOOKING, " 4. ", Topic.BOOK, id="number with punctuation"),
    pytest.param(T.BOOKING, "2️⃣", Topic.PRICES, id="keycap"),
    pytest.param(T.BOOKING, "BEI", Topic.PRICES, id="upper case"),
    pytest.param(T.BOOKING, "Béi gani?!", Topic.PRICES, id="accent and punctuation"),
    pytest.param(T.BOOKING, "Nataka kuweka nafasi kesho", Topic.BOOK, id="word in a sentence"),
    pytest.param(T.BOOKING, "how much is it", Topic.PRICES, id="English to a Swahili bot"),
    pytest.param(T.BOOKING, "saa za kazi", Topic.HOURS, id="hours are understood everywhere"),
    pytest.param(T.BOOKING, "naongea na mtu", Topic.CONTACT, id="a person is wanted"),
    pytest.param(T.BOOKING, "nauza mtumba", None, id="mtumba is not mtu"),
    pytest.param(T.BOOKING, "beige", None, id="beige is not bei"),
    pytest.param(T.BOOKING, "9", None, id="no such number"),
    pytest.param(T.BOOKING, "12345", None, id="a long number is no choice"),
    pytest.param(T.ECOMMERCE, "3", Topic.ORDER, id="shop: order"),
    pytest.param(T.ECOMMERCE, "do you deliver?", Topic.DELIVERY, id="shop: delivery"),
    pytest.param(T.ECOMMERCE, "bidhaa", Topic.PRODUCTS, id="shop: products"),
    pytest.param(T.ECOMMERCE, "nafasi", None, id="shop: bookings are not offered"),
    pytest.param(T.SUPPORT, "nina tatizo na simu", Topic.ISSUE, id="support: issue"),
    pytest.param(T.SUPPORT, "I have a question", Topic.QUESTION, id="support: question"),
    pytest.param(T.SUPPORT, "4", Topic.HOURS, id="support: hours"),
    pytest.param(T.ECOMMERCE, "bei ya usafiri", Topic.PRICES, id="the first word decides"),
]


@pytest.mark.parametrize(("template", "text", "topic"), UNDERSTOOD)
def test_what_people_type_is_understood_by_whole_words(template, text, topic):
    assert find_topic(TEMPLATES[template], tokens(text)) == topic


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("template", TemplateType)
def test_a_first_message_is_greeted_by_name_with_the_whole_menu(template, language):
    settings = config(template, language)
    [reply], chat = talk(settings, "Habari")
    texts = TEXTS[language]
    assert "Salon Amani" in reply
    assert all(
        f"{n}. {texts.topics[topic]}" in reply
        for n, topic in enumerate(TEMPLATES[template].menu, 1)
    )
    assert chat.step is Step.MENU


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    ("template", "choice", "answers"),
    [
        (T.BOOKING, "4", ["Braids", "Friday at ten"]),
        (T.ECOMMERCE, "3", ["Kitenge", "2"]),
        (T.SUPPORT, "1", ["The screen is broken"]),
        (T.SUPPORT, "2", ["Do you repair radios?"]),
    ],
    ids=["booking", "order", "issue", "question"],
)
def test_a_form_asks_each_step_and_confirms_with_what_was_said(template, choice, answers, language):
    replies, chat = talk(config(template, language), "hi", choice, *answers)
    assert all(answer in replies[-1] for answer in answers)
    assert (chat.step, chat.answers) == (Step.MENU, {})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("template", TemplateType)
def test_every_choice_of_every_menu_has_an_answer(template, language):
    for number in range(1, len(TEMPLATES[template].menu) + 1):
        [reply], _ = talk(config(template, language), str(number), start=AT_MENU)
        assert reply
        assert "{" not in reply


@pytest.mark.parametrize("word", ["menu", "0", "MWANZO", "Menu!", "cancel", "ghairi"])
def test_an_escape_leads_out_of_every_step(word):
    replies, chat = talk(config(), "hi", "4", word)
    assert "1. Our services" in replies[-1]
    assert chat.step is Step.MENU


def test_an_escape_inside_a_sentence_works_at_the_menu_only():
    replies, _ = talk(config(), "hi", "show me the menu", "4", "menu planning course")
    assert "1. Our services" in replies[1]
    assert replies[3] == TEXTS[Language.EN].questions[Step.DATE]


def test_a_first_message_that_says_what_it_wants_is_answered_at_once():
    replies, _ = talk(config(), "hello, what are your prices?")
    assert replies[0] == TEXTS[Language.EN].answers[Topic.PRICES]


def test_a_bare_number_before_any_menu_is_greeted():
    [reply], _ = talk(config(), "1")
    assert "welcome to Salon Amani" in reply


def test_something_unknown_gets_a_hint_and_the_menu():
    [reply], _ = talk(config(), "qwerty", start=AT_MENU)
    assert reply.startswith(TEXTS[Language.EN].not_understood)
    assert "4. Book an appointment" in reply


@pytest.mark.parametrize("text", ["", "   ", "???", "😀", "\u200f\u202e"])
def test_a_text_without_a_word_is_answered_too(text):
    [reply], _ = talk(config(), text, start=AT_MENU)
    assert reply


def test_thanks_are_welcome():
    [reply], _ = talk(config(), "asante sana!", start=AT_MENU)
    assert reply == TEXTS[Language.EN].you_are_welcome


@pytest.mark.parametrize(
    ("text", "quantity"), [("2", "2"), ("nataka tatu", "3"), ("5 please", "5"), ("ten", "10")]
)
def test_a_quantity_is_read_from_digits_and_words(text, quantity):
    replies, _ = talk(config(T.ECOMMERCE), "hi", "3", "Kitenge", text)
    assert f"Quantity: {quantity}" in replies[-1]


@pytest.mark.parametrize("text", ["nyingi", "-", "99999", "many"])
def test_what_is_no_quantity_is_asked_again(text):
    start = Conversation(step=Step.QUANTITY, answers={Step.PRODUCT: "Kitenge"}, last_at=NOW)
    [reply], chat = talk(config(T.ECOMMERCE), text, start=start)
    assert reply == TEXTS[Language.EN].ask_quantity_again
    assert chat.step is Step.QUANTITY


def test_a_long_answer_is_not_echoed_whole():
    replies, _ = talk(config(T.SUPPORT), "hi", "1", "x" * 60_000)
    assert len(replies[-1]) < 600


def test_an_answer_is_repeated_on_one_line_without_control_characters():
    replies, _ = talk(config(T.SUPPORT), "hi", "1", "a\n\n{b}\x00\u202ec")
    assert "Details: a {b} c\n" in replies[-1]


@pytest.mark.parametrize("kind", sorted(set(MessageKind) - SILENT - {MessageKind.TEXT}))
def test_a_run_of_other_kinds_gets_one_hint_together(kind):
    first = decide(config(), AT_MENU, said("", kind), NOW)
    second = decide(config(), first.conversation, said("", kind), NOW)
    after_text, chat = talk(config(), "hi", start=second.conversation)
    third = decide(config(), chat, said("", kind), NOW)
    assert first.reply
    assert second.reply is None
    assert after_text[0]
    assert third.reply == first.reply


@pytest.mark.parametrize("kind", sorted(SILENT))
def test_nobody_is_answered_for_a_reaction_an_edit_or_a_deletion(kind):
    assert decide(config(), AT_MENU, said("x", kind), NOW).reply is None


def test_a_picture_does_not_keep_what_is_unreadable_from_being_asked_for_again():
    hinted = decide(config(), AT_MENU, said("", MessageKind.IMAGE), NOW)
    asked = decide(config(), hinted.conversation, said("", MessageKind.UNREADABLE), NOW)
    assert asked.reply == TEXTS[Language.EN].unreadable


def test_a_picture_in_the_middle_of_a_form_does_not_lose_it():
    _, chat = talk(config(), "hi", "4")
    hinted = decide(config(), chat, said("", MessageKind.IMAGE), NOW)
    replies, _ = talk(config(), "Braids", start=hinted.conversation)
    assert replies[0] == TEXTS[Language.EN].questions[Step.DATE]


def test_after_half_a_day_a_chat_begins_anew():
    old = Conversation(step=Step.DATE, last_at=NOW - timedelta(hours=13))
    [reply], _ = talk(config(), "hello", start=old)
    assert "welcome to Salon Amani" in reply


def test_a_template_changed_in_the_middle_of_a_form_leads_to_the_new_menu():
    _, chat = talk(config(T.BOOKING), "hi", "4")
    [reply], after = talk(config(T.SUPPORT), "Braids", start=chat)
    assert "1. Report a problem" in reply
    assert after.step is Step.MENU


def test_hours_are_told_day_by_day():
    hours = {Weekday.MON: OpeningHours("08:00", "17:30")}
    [reply], _ = talk(config(T.SUPPORT, Language.SW, hours=hours), "4", start=AT_MENU)
    assert "Jumatatu: 08:00-17:30" in reply
    assert "Jumapili: Tumefunga" in reply


def test_without_hours_none_are_claimed():
    [reply], _ = talk(config(T.SUPPORT), "4", start=AT_MENU)
    assert reply == TEXTS[Language.EN].hours_unknown


def test_a_business_with_braces_in_its_name_is_greeted_by_it():
    settings = TenantConfig(
        template_type=T.BOOKING, business_name="{business} & {0}", language=Language.SW
    )
    [reply], _ = talk(settings, "hi")
    assert "{business} & {0}" in reply


@given(
    st.lists(st.one_of(st.text(max_size=60), st.sampled_from("01234")), max_size=12),
    st.sampled_from(TemplateType),
    st.sampled_from(Language),
)
def test_every_text_gets_exactly_one_bounded_answer(texts, template, language):
    replies, _ = talk(config(template, language), *texts)
    assert all(reply and len(reply) < 1500 for reply in replies)


PIECES = ["{", "}", "{}", "{0}", "{business}", "{opens}", "{holiday}", "{0.__class__}", "%s", "$x"]
BRACES = st.one_of(
    st.text(min_size=1, max_size=80),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join),
)


@given(BRACES, BRACES, BRACES, st.sampled_from(Language))
def test_a_business_may_say_anything_in_its_own_words(greeting, name, customer, language):
    """Its braces are braces but for the name, and nobody's words are taken for a template."""
    own = BotTexts(greeting=greeting, closed=greeting, answers={Topic.PRICES: greeting})
    settings = TenantConfig(
        template_type=T.BOOKING, business_name=name, language=language, texts=own
    )
    [menu, prices, *_], _ = talk(settings, "hi", "2", customer)
    assert menu.startswith(greeting.replace("{business}", name))
    assert greeting in prices
    assert talk(settings, "4", "Asha", customer, customer)[0]


@pytest.mark.parametrize("language", Language)
def test_no_text_is_missing_in_any_language(language):
    texts = TEXTS[language]
    assert set(texts.topics) == set(Topic)
    assert set(texts.days) == set(Weekday)
    assert set(texts.confirmed) == set(TemplateType)
    steps = {step for t in TEMPLATES.values() for form in t.forms.values() for step in form}
    assert set(texts.questions) == steps == set(texts.fields)
    assert all("{summary}" in text for text in texts.confirmed.values())


def test_every_topic_can_be_named_by_a_word():
    assert set(keywords.TOPICS) == set(Topic)


def test_words_are_folded():
    assert tokens("  Béi, TAFADHALI!_x ") == ("bei", "tafadhali", "x")
    assert phrases("how much") == (("how", "much"),)


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), ("٣", 3), ("3 4", None), ("x3", None), ("²", 2)]
)
def test_a_message_that_is_a_number(text, number):
    assert only_number(tokens(text)) == number


@given(st.text(max_size=300), st.integers(1, 50))
def test_one_line_is_bounded_and_printable(text, limit):
    line = one_line(text, limit=limit)
    assert len(line) <= limit
    assert line.isprintable()
