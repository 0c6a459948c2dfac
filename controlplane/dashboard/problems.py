"""What is wrong with a form, in sentences beside its fields: the API's own words."""

from collections.abc import Iterable

from controlplane.api.bodies import FieldProblem
from controlplane.api.problems import TAKEN
from shared.errors import ConflictError, InvalidInputError

Wrong = dict[str, str]
# No field: what keeps the whole form from being done.
FORM = "form"


def to_wrong(problems: Iterable[FieldProblem]) -> Wrong:
    """By field; of several about one the first."""
    wrong: Wrong = {}
    for problem in problems:
        wrong.setdefault(problem.field, to_sentence(problem.message))
    return wrong


def wrong_of(error: InvalidInputError | ConflictError) -> Wrong:
    """By field; what is about none by FORM."""
    if isinstance(error, InvalidInputError):
        return {error.field: to_sentence(error.problem)}
    if type(error) in TAKEN:
        return to_wrong([TAKEN[type(error)]])
    return {FORM: to_sentence(str(error))}


def to_sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
