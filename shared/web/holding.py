"""What an application holds for its handlers: it may be exchanged while the application stands."""

from collections.abc import Iterable
from typing import Any

from litestar.datastructures import State
from litestar.di import Provide


def provide_held(names: Iterable[str]) -> dict[str, Provide]:
    """A dependency for each name, which is what the application's state holds under it."""
    return {name: Provide(_taking(name), sync_to_thread=False) for name in names}


def _taking(name: str) -> Any:
    def take(state: State) -> Any:
        return state[name]

    return take
