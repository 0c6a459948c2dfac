"""Contents as rows hold them: JSON, with what PostgreSQL cannot store replaced."""

from typing import Any

import msgspec

from shared.stores.text import to_storable
from shared.structs.content import Content

_decoder: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


def to_json(content: Content) -> str:
    return msgspec.json.encode(_storable(msgspec.to_builtins(content))).decode()


def parse_content(json: str) -> Content:
    return _decoder.decode(json)


def _storable(value: Any) -> Any:
    match value:
        case str():
            return to_storable(value)
        case dict():
            return {key: _storable(each) for key, each in value.items()}
        case list():
            return [_storable(each) for each in value]
        case _:
            return value
