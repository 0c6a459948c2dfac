"""The words that binary XML abbreviates, read from the client library that will speak them.

Go keeps the two tables as arrays of (pointer, length) pairs. In a shared library every such
pointer is a relative relocation, so the relocations are the index by which the words are found.
"""

import struct
from contextlib import suppress
from pathlib import Path

import msgspec
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.relocation import RelocationSection

from shared.errors import PermanentError

SINGLE_WORDS = 236
DOUBLE_TABLES = 4
DOUBLE_WORDS = 256
# The first six of the single-byte table, after its empty entry 0.
_OPENING = ("xmlstreamstart", "xmlstreamend", "s.whatsapp.net", "type", "participant", "from")
_PAIR = 16
_RELATIVE = {"x64": 8, "AArch64": 1027}  # R_X86_64_RELATIVE, R_AARCH64_RELATIVE
_LONGEST_WORD = 256


class DictionaryError(PermanentError):
    """The library does not carry the dictionary in the shape that is known."""


class Dictionary(msgspec.Struct, frozen=True):
    """singles: 236 words, the first one empty. doubles: 4 tables of 256."""

    singles: tuple[str, ...]
    doubles: tuple[tuple[str, ...], ...]


def read_dictionary(library: Path) -> Dictionary:
    """Raises DictionaryError when the tables are not found or not of the known sizes."""
    image = _Image(library)
    first = image.find_opening()
    singles = ("", *image.words(first, SINGLE_WORDS - 1))
    start = first + _PAIR * (SINGLE_WORDS - 1)
    flat = image.words(start, DOUBLE_TABLES * DOUBLE_WORDS)
    doubles = tuple(tuple(flat[at : at + DOUBLE_WORDS]) for at in range(0, len(flat), DOUBLE_WORDS))
    if "" in singles[1:] or len(set(singles)) != SINGLE_WORDS:
        raise DictionaryError(f"{library}: the table of single words is not whole")
    return Dictionary(singles, doubles)


class _Image:
    """The library as it would lie in memory, as far as pointers to text need it."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._data = library.read_bytes()
        with library.open("rb") as stream:
            try:
                self._read(ELFFile(stream))
            except ELFError as error:
                raise DictionaryError(f"{library}: not a shared library") from error

    def _read(self, elf: ELFFile) -> None:
        self._segments: list[tuple[int, int, int]] = [
            (part["p_vaddr"], part["p_offset"], part["p_filesz"])
            for part in elf.iter_segments("PT_LOAD")
        ]
        relative = _RELATIVE.get(elf.get_machine_arch())
        section = elf.get_section_by_name(".rela.dyn")
        if relative is None or not isinstance(section, RelocationSection):
            raise DictionaryError(f"{self._library}: not a shared library of a known machine")
        # Elf64_Rela read in one sweep: 80,000 objects would take pyelftools seconds.
        self._targets: dict[int, int] = {
            slot: target
            for slot, info, target in struct.iter_unpack("<QQq", section.data())
            if info & 0xFFFFFFFF == relative
        }

    def find_opening(self) -> int:
        """The address of the pair that holds the first word of the single table."""
        wanted = _OPENING[0].encode()
        for slot, target in self._targets.items():
            if self._at(target, len(wanted)) != wanted:
                continue
            with suppress(DictionaryError):
                if tuple(self.words(slot, len(_OPENING))) == _OPENING:
                    return slot
        raise DictionaryError(f"{self._library}: no dictionary found")

    def words(self, start: int, count: int) -> list[str]:
        return [self._word(start + _PAIR * n) for n in range(count)]

    def _word(self, slot: int) -> str:
        raw = self._at(slot + 8, 8)
        length = int.from_bytes(raw, "little") if len(raw) == 8 else -1
        # A pointer to nothing is no relocation: Go's empty string.
        if length == 0:
            return ""
        target = self._targets.get(slot)
        if target is None or not 0 < length <= _LONGEST_WORD:
            raise DictionaryError(f"{self._library}: the dictionary ends too early")
        try:
            return self._at(target, length).decode()
        except UnicodeDecodeError as error:
            raise DictionaryError(f"{self._library}: a word is not text") from error

    def _at(self, address: int, length: int) -> bytes:
        for start, offset, size in self._segments:
            if start <= address and address + length <= start + size:
                where = offset + address - start
                return self._data[where : where + length]
        return b""
