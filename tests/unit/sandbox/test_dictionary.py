"""The client's dictionary."""

import sys
from pathlib import Path

import pytest

from sandbox.library import get_installed_library
from sandbox.patch import WHATSAPP_TRUST_ROOT, TrustRootNotFoundError, patched
from sandbox.wire.dictionary import Dictionary, DictionaryError, read_dictionary
from sandbox.wire.nodes import PHONE_SERVER


def test_the_tables_have_their_known_sizes(dictionary: Dictionary) -> None:
    assert len(dictionary.singles) == 236
    assert [len(table) for table in dictionary.doubles] == [256] * 4


def test_the_tables_hold_the_words_of_the_protocol(dictionary: Dictionary) -> None:
    assert dictionary.singles[:4] == ("", "xmlstreamstart", "xmlstreamend", PHONE_SERVER)
    assert {"iq", "message", "receipt", "enc"} <= set(dictionary.singles)
    assert all(word for table in dictionary.doubles for word in table)


def test_a_file_that_is_no_library_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "library.so"
    text.write_text("not a library")

    with pytest.raises(DictionaryError, match="not a shared library"):
        read_dictionary(text)


def test_another_program_is_refused() -> None:
    with pytest.raises(DictionaryError):
        read_dictionary(Path(sys.executable).resolve())


def test_a_library_whose_table_is_cut_short_is_refused(tmp_path: Path) -> None:
    content = get_installed_library().read_bytes()
    spoilt = tmp_path / "library.so"
    spoilt.write_bytes(content.replace(b"xmlstreamstart", b"xmlstreamsturt"))

    with pytest.raises(DictionaryError, match="no dictionary"):
        read_dictionary(spoilt)


def test_patching_changes_the_trust_root_and_nothing_else() -> None:
    library, root = get_installed_library().read_bytes(), bytes(range(32))

    copy = patched(library, root)

    at = library.index(WHATSAPP_TRUST_ROOT)
    assert copy == library[:at] + root + library[at + 32 :]


@pytest.mark.parametrize("times", [0, 2])
def test_patching_refuses_a_file_where_the_root_does_not_stand_once(times: int) -> None:
    with pytest.raises(TrustRootNotFoundError, match=f"{times} times"):
        patched(b"some" + WHATSAPP_TRUST_ROOT * times + b"file", bytes(32))
