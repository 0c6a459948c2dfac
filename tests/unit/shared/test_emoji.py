"""What counts as one emoji."""

import msgspec
import pytest

from shared.structs.text import Emoji


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👍",
        "❤️",
        "❤",
        "👍🏾",
        "✌🏽",
        "☺️",
        "‼️",
        "\u2139\ufe0f",
        "©️",
        "🇹🇿",
        "1️⃣",
        "#️⃣",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "🏳️‍🌈",
        "👨‍👩‍👧‍👦",
        "👩🏻‍❤️‍💋‍👨🏿",
        "🤷🏽‍♀️",
        "🫶",
    ],
)
def test_one_emoji_or_none_is_taken(text):
    assert msgspec.convert(text, Emoji) == text


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "1",
        " ",
        "👍 ",
        "👍👍",
        "👍x",
        "é",
        "中",
        "\n",
        "\u200d",
        "\ufe0f",
        "🇹🇿🇰🇪",
        "🇹",
        "👍\0",
        "ok",
        "x" * 99,
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(text, Emoji)
