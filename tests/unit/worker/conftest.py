from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from worker.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    made = Database(tmp_path / "worker.db")
    await made.open()
    yield made
    await made.aclose()
