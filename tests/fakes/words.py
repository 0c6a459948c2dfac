"""What the words of a site are checked against: its templates and its code."""

import re
import string
from collections.abc import Iterable
from pathlib import Path


class Sources:
    """texts: where words are listed, which is no place where they are said."""

    def __init__(self, directories: Iterable[Path]) -> None:
        self._texts = [
            file.read_text(encoding="utf-8")
            for directory in directories
            for pattern in ("*.html", "*.py")
            for file in directory.rglob(pattern)
            if "texts" not in file.parts and file.stem not in {"texts", "words"}
        ]

    def asked(self) -> set[str]:
        """What templates name in full."""
        return self._find(r'(?<![a-z_.])t\("([a-z_.]+)"[,)]')

    def unsaid(self, keys: Iterable[str]) -> set[str]:
        """Of `keys` those that nobody names, in full or by a part that is put together."""
        said = self._find(r'"([a-z]+(?:[._][a-z_]+)*)"')
        # "problem." and what happened.
        prefixes = tuple(self._find(r't\("([a-z]+\.[a-z_]*)" ~'))
        # Some are named by what they belong to, with this at their end.
        stems = {key: re.sub("(_subject|_more|[.]lead)$", "", key) for key in keys}
        return {key for key in keys if not ({key, stems[key]} & said or key.startswith(prefixes))}

    def _find(self, pattern: str) -> set[str]:
        return {key for text in self._texts for key in re.findall(pattern, text)}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
