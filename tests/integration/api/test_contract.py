"""The OpenAPI document is true: every route answers as it says, to what it allows and to what it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode
from tests.access import bearer, locked
from tests.api import served
from tests.integration.views.made import NOON, make, store

from groundswell.api.app import create_app, description
from groundswell.api.parts import Parts
from groundswell.core.clock import ManualClock
from groundswell.store import topics
from groundswell.store.database import Database

EXAMPLES = 2
"""For each route and each mode; the same ones each time."""

BOUNDED = hypothesis.settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
schemathesis.checks.load_all_checks()
CHECKS = [
    schemathesis.checks.CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    )
]


@pytest.fixture
def port(parts_of: Callable[..., Parts], database_url: str) -> Iterator[int]:
    """An API with posts and topics in it, on a real port."""
    database = Database(database_url)
    with database.transaction() as connection:
        topics.create(connection, name="launch", any=["launch"])
        topics.create(connection, name="rain", any=["rain"])
    store(database, make(5, 60))
    clock = ManualClock(NOON + timedelta(days=2))
    with served(create_app(parts_of(database=database, clock=clock, max_entries=100_000))) as port:
        yield port
    database.close()


def operations() -> Iterator[Any]:
    for found in schemathesis.openapi.from_dict(description()).get_all_operations():
        yield found.ok()  # type: ignore[union-attr] # an error is raised


# the server's threads use `random` while hypothesis draws
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value
)
def test_no_route_answers_what_it_does_not_document(port: int, mode: GenerationMode) -> None:
    tried: set[str] = set()
    for operation in operations():
        _try(operation, mode, port, tried)
    assert len(tried) > 20


@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
def test_no_documented_route_ignores_its_key(
    database_url: str, redis_url: str, parts_of: Callable[..., Parts]
) -> None:
    tried: set[str] = set()
    with locked(database_url, redis_url, parts_of) as house, served(house.app) as port:
        key = bearer(house.admin)
        for operation in operations():
            _try(operation, GenerationMode.POSITIVE, port, tried, checks=AUTH_CHECKS, headers=key)
    assert len(tried) > 20


AUTH_CHECKS = [schemathesis.checks.CHECKS.get_one(name) for name in ("not_a_server_error", "ignored_auth")]
"""`ignored_auth` calls again without a key, and with a wrong one, and wants 401."""


def _try(
    operation: Any,
    mode: GenerationMode,
    port: int,
    tried: set[str],
    *,
    checks: Sequence[Any] = (),
    headers: dict[str, str] | None = None,
) -> None:
    try:
        strategy = operation.as_strategy(generation_mode=mode)
    except schemathesis.errors.SchemathesisError:
        return

    @hypothesis.seed(4)
    @BOUNDED
    @hypothesis.given(case=strategy)
    def answers_as_documented(case: Any) -> None:
        tried.add(operation.label)
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{port}", checks=list(checks) or CHECKS, headers=headers
        )

    try:
        answers_as_documented()
    except hypothesis.errors.Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label


def examples() -> list[tuple[str, str, Any]]:
    """Every example of a body in the document: method, path, body."""
    document = description()
    found: list[tuple[str, str, Any]] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                found += [(method, path, body) for body in _examples_of(content, document)]
    return found


def _examples_of(content: dict[str, Any], document: dict[str, Any]) -> Iterator[Any]:
    yield from content.get("schema", {}).get("examples", [])
    yield from ([content["example"]] if "example" in content else [])
    yield from (example["value"] for example in content.get("examples", {}).values())
    reference = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    yield from document["components"]["schemas"].get(reference, {}).get("examples", [])


def test_every_example_is_true(port: int) -> None:
    rule = {"name": "Angry", "type": "negative_share", "threshold": 0.5}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=30) as api:
        api.post("/api/v1/alert-rules", json=rule).raise_for_status()
        api.get("/api/v1/labels/next", params={"annotator": "ana"}).raise_for_status()
        for number, (method, path, body) in enumerate(examples()):
            if isinstance(body, dict) and "name" in body:
                body = {**body, "name": f"{body['name']} {number}"}  # noqa: PLW2901 names are used once
            answer = api.request(method, path.format(id=1), params=_span(path), **_sent(body))
            assert answer.status_code < 300, (method, path, answer.text)


def _span(path: str) -> dict[str, str]:
    """The parameters without which a back-test cannot be asked for."""
    return {"from": "2026-01-01", "to": "2026-01-02"} if path.endswith("/backtest") else {}


def _sent(body: Any) -> dict[str, Any]:
    if isinstance(body, str):
        return {"content": body.encode(), "headers": {"Content-Type": "application/x-ndjson"}}
    return {"json": body}


def test_there_are_examples() -> None:
    assert {path for _, path, _ in examples()} >= {"/api/v1/predict", "/api/v1/topics", "/api/v1/posts"}


def test_every_parameter_and_answer_is_described() -> None:
    for path, methods in description()["paths"].items():
        for operation in methods.values():
            where = f"{operation['operationId']} at {path}"
            assert operation.get("summary"), where
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), f"{parameter['name']} of {where}"
            assert all(answer.get("description") for answer in operation["responses"].values()), where
