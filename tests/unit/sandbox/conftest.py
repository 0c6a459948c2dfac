"""The dictionary of the installed client, read once."""

import pytest

from sandbox.library import get_installed_library
from sandbox.wire.binary_xml import Codec
from sandbox.wire.dictionary import Dictionary, read_dictionary


@pytest.fixture(scope="session")
def dictionary() -> Dictionary:
    return read_dictionary(get_installed_library())


@pytest.fixture(scope="session")
def codec(dictionary: Dictionary) -> Codec:
    return Codec(dictionary)
