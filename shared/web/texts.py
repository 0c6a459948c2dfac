"""Words for people, each in every language that we speak."""

from collections.abc import Callable, Mapping

import msgspec
from markupsafe import Markup

from shared.enums import Language


class Text(msgspec.Struct, frozen=True):
    """Plain text; `{name}` is filled in. A text without one of its languages cannot be made."""

    en: str
    sw: str

    def in_(self, language: Language) -> str:
        return self.sw if language is Language.SW else self.en


def translator(texts: Mapping[str, Text], language: Language) -> Callable[..., Markup]:
    """For templates: `t("greeting", name=name)`. What is filled in is escaped."""

    def translate(key: str, **values: object) -> Markup:
        return Markup.escape(texts[key].in_(language)).format(**values)

    return translate


def in_english(words: Mapping[str, str]) -> dict[str, Text]:
    """For pages that operators alone see: in one language, whichever is asked for."""
    return {key: Text(en=word, sw=word) for key, word in words.items()}
