"""Templates, read at once and strict: a name that nobody filled in is an error, not a gap."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined

from shared.enums import Language
from shared.web.assets import Assets
from shared.web.texts import Text, translator

DIRECTORY = Path(__file__).parent / "templates"


class Pages:
    """directories: a later one's template takes the place of an earlier one's of its name."""

    def __init__(
        self, directories: Iterable[Path], *, assets: Assets, texts: Mapping[str, Text]
    ) -> None:
        sources = {
            str(file.relative_to(directory)): file.read_text(encoding="utf-8")
            for directory in directories
            for file in sorted(directory.rglob("*.html"))
        }
        self._texts = texts
        self._environment = Environment(
            loader=DictLoader(sources),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals["asset"] = assets.address
        for name in sources:
            self._environment.get_template(name)  # a mistake in one is found now

    def render(self, name: str, *, language: Language, **values: Any) -> str:
        t = translator(self._texts, language)
        return self._environment.get_template(name).render(t=t, language=language.value, **values)
