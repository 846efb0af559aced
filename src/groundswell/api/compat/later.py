"""Paths of earlier clients whose parts are still being built: each answers 501 with a sentence that says so.

When a part lands, its row goes, and the part answers the path itself.
"""

from typing import NoReturn

from fastapi import APIRouter

from groundswell.api.permissions import permission
from groundswell.core.errors import NotBuiltYet

TRAINING = "Training is not built yet."

LATER: tuple[tuple[str, str, str], ...] = (
    # method, path, what is said
    ("POST", "/evaluate", TRAINING),
    ("POST", "/retrain", TRAINING),
    ("GET", "/training-jobs", TRAINING),
    ("GET", "/training-jobs/{name}", TRAINING),
    ("POST", "/model-init/bootstrap", TRAINING),
    ("GET", "/model-init/endpoint-status", TRAINING),
)

router = APIRouter(include_in_schema=False)


def _answer(method: str, path: str, sentence: str) -> None:
    async def not_built_yet() -> NoReturn:
        raise NotBuiltYet(sentence)

    router.add_api_route(
        path, not_built_yet, methods=[method], dependencies=[permission("write")], response_model=None
    )


for _method, _path, _sentence in LATER:
    _answer(_method, _path, _sentence)
