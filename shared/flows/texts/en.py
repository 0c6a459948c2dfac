"""English."""

from shared.enums import TemplateType, Topic, Weekday
from shared.flows.conversation import Step
from shared.flows.texts.language import Texts

ENGLISH = Texts(
    greeting="Hello and welcome to {business}! How can we help you today?",
    choose="Please choose:",
    how_to_choose="Reply with a number or a word. Write *menu* at any time to come back here.",
    not_understood="Sorry, I did not quite get that. Here is what I can help with:",
    text_only=(
        "Thank you! For now I only understand written messages. "
        "Please write what you need, or write *menu*."
    ),
    no_calls=(
        "Sorry, we cannot take calls on this number. Please write what you need, or write *menu*."
    ),
    unreadable=(
        "Sorry, your message reached us in a form that we cannot read. Please send it again."
    ),
    you_are_welcome="You are most welcome! If you need anything else, write *menu*.",
    topics={
        Topic.SERVICES: "Our services",
        Topic.PRICES: "Prices",
        Topic.CONTACT: "Contact us",
        Topic.BOOK: "Book an appointment",
        Topic.PRODUCTS: "Our products",
        Topic.ORDER: "Place an order",
        Topic.DELIVERY: "Delivery",
        Topic.ISSUE: "Report a problem",
        Topic.QUESTION: "Ask a question",
        Topic.HOURS: "Working hours",
    },
    answers={
        Topic.SERVICES: (
            "Thank you for asking about our services. Tell us what you need and one of our team "
            "will explain more. When you are ready, write *book* to make an appointment."
        ),
        Topic.PRICES: (
            "The price depends on the service. Write *book*, name the service you would like, "
            "and we will send you its price before anything is confirmed."
        ),
        (TemplateType.ECOMMERCE, Topic.PRICES): (
            "The price depends on the product and the quantity. Write *order*, name both, "
            "and we will send you the total before you pay."
        ),
        Topic.CONTACT: (
            "You can write to us here at any time and one of our team will answer. "
            "If you would like a call, tell us which time suits you."
        ),
        Topic.PRODUCTS: (
            "Write the name of the product you are looking for and one of our team will tell you "
            "whether we have it. When you are ready to buy, write *order*."
        ),
        Topic.DELIVERY: (
            "We can bring your order to you. Cost and time depend on the place; we confirm both "
            "once we have your order. Write *order* to begin."
        ),
    },
    questions={
        Step.SERVICE: "Wonderful! Which service would you like?",
        Step.DATE: "Which day and time would you like? (for example: Friday at 10 am)",
        Step.PRODUCT: "Wonderful! Which product would you like to order?",
        Step.QUANTITY: "How many would you like? Write a number, for example: 2",
        Step.DETAILS: "We are here to help. Please tell us briefly what it is about.",
    },
    ask_quantity_again="Please write the quantity as a number, for example: 2. "
    "To stop, write *menu*.",
    fields={
        Step.SERVICE: "Service",
        Step.DATE: "Day and time",
        Step.PRODUCT: "Product",
        Step.QUANTITY: "Quantity",
        Step.DETAILS: "Details",
    },
    confirmed={
        TemplateType.BOOKING: (
            "Thank you! We have your booking request:\n{summary}\n"
            "We will confirm it here. To change it, write *menu*."
        ),
        TemplateType.ECOMMERCE: (
            "Thank you! We have your order:\n{summary}\n"
            "We will confirm price and delivery here. To change it, write *menu*."
        ),
        TemplateType.SUPPORT: (
            "Thank you for telling us. We have noted:\n{summary}\n"
            "One of our team will answer here. If you need anything else, write *menu*."
        ),
    },
    open_hours="Our working hours:\n{hours}",
    hours_unknown="Write to us here at any time and we will answer as soon as we can.",
    closed="closed",
    closed_days="Closed for {holiday}: {dates}",
    closed_now=(
        "We are closed right now and open again {opens}. "
        "Write to us all the same: we answer when we are back."
    ),
    closed_holiday=(
        "We are closed today ({holiday}) and open again {opens}. "
        "Write to us all the same: we answer when we are back."
    ),
    opens_today="today",
    opens_tomorrow="tomorrow",
    opens_day="on {day}",
    opens_date="on {day}, {date}",
    opens_unknown="soon",
    at_time=" at {time}",
    date="{day} {month}",
    days={
        Weekday.MON: "Monday",
        Weekday.TUE: "Tuesday",
        Weekday.WED: "Wednesday",
        Weekday.THU: "Thursday",
        Weekday.FRI: "Friday",
        Weekday.SAT: "Saturday",
        Weekday.SUN: "Sunday",
    },
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
)
