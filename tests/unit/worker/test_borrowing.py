"""Files that are brought from the gateway, with the gateway's end played by a dictionary."""

import asyncio

import pytest

from shared.enums import FileProblem
from shared.questions import NoAnswerError
from shared.wire.files import PIECE_BYTES, FileMissing, Piece
from worker.files.borrowing import Borrowing
from worker.whatsapp.file_client import FileError

CONTENT = bytes(range(256)) * 2000
NAME = "ab" * 32


class Shelf:
    """The gateway's end; `asking` counts the questions that wait at the same moment."""

    def __init__(self):
        self.at = {NAME: CONTENT}
        self.answers = []  # instead of the next pieces
        self.asking = self.most_asking = 0

    async def ask(self, request):
        self.asking += 1
        self.most_asking = max(self.most_asking, self.asking)
        await asyncio.sleep(0)
        self.asking -= 1
        if self.answers:
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer
        data = self.at[request.id][request.offset : request.offset + PIECE_BYTES]
        return Piece(id=request.id, offset=request.offset, data=data)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def borrowing(shelf, tmp_path):
    return Borrowing(shelf.ask, tmp_path)


async def borrow(borrowing):
    async with borrowing.borrow(NAME, size=len(CONTENT)) as path:
        return await asyncio.to_thread(path.read_bytes)


async def test_a_file_is_on_the_volume_while_it_is_used(borrowing, tmp_path):
    assert await borrow(borrowing) == CONTENT
    assert list(tmp_path.iterdir()) == []


async def test_two_messages_may_send_the_same_file_at_once(borrowing, shelf):
    assert await asyncio.gather(borrow(borrowing), borrow(borrowing)) == [CONTENT, CONTENT]
    assert shelf.most_asking == 1


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        pytest.param(
            FileMissing(id=NAME, problem=FileProblem.UNKNOWN, detail="removed"),
            FileProblem.UNKNOWN, id="the control plane has it no longer",
        ),
        pytest.param(NoAnswerError("gone"), FileProblem.OFFLINE, id="no connection"),
        pytest.param(Piece(id=NAME, offset=7, data=b"x"), FileProblem.FAILED, id="another piece"),
        pytest.param(Piece(id=NAME, offset=0, data=b""), FileProblem.FAILED, id="an empty piece"),
        pytest.param(
            Piece(id=NAME, offset=0, data=CONTENT + b"x"), FileProblem.CORRUPT, id="too much"
        ),
    ],
)  # fmt: skip
async def test_what_keeps_a_file_from_coming_is_named_and_leaves_nothing(
    borrowing, shelf, tmp_path, answer, problem
):
    shelf.answers = [answer]
    with pytest.raises(FileError) as raised:
        await borrow(borrowing)
    assert raised.value.problem is problem
    assert list(tmp_path.iterdir()) == []
