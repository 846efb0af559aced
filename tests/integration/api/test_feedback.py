"""Feedback over HTTP: texts and posts, the older path, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from tests.api import SECRET, calling
from tests.integration.store.samples import NOON, key, post, reading, write

from groundswell.api.app import create_app
from groundswell.api.parts import Parts
from groundswell.core.clock import SystemClock
from groundswell.core.identity import post_key
from groundswell.learning import snapshots
from groundswell.learning.holdout import held_out
from groundswell.store import erase
from groundswell.store.database import Database

PATH = "/api/v1/feedback"
SICK = {"text": "The update is sick!", "model_prediction": "negative", "user_label": "positive"}


@pytest.fixture
async def api(parts_of: Callable[..., Parts], database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with calling(create_app(parts_of(database=database))) as client:
        yield client


async def give(api: httpx.AsyncClient, path: str = PATH, **body: Any) -> dict[str, Any]:
    answer = await api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def refused(api: httpx.AsyncClient, status: int, **body: Any) -> dict[str, Any]:
    answer = await api.post(PATH, json=body)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()["error"]
    return found


async def test_what_is_said_of_a_text_is_kept(api: httpx.AsyncClient) -> None:
    given = await give(api, **SICK, emotion="joy", model="minilm@1", annotator=" ana ")
    assert {name: given[name] for name in SICK} == SICK
    assert (given["emotion"], given["model"], given["annotator"]) == ("joy", "minilm@1", "ana")
    assert (given["origin"], given["post_id"], given["superseded"]) == ("api", None, False)
    assert given["held_out"] is held_out(SICK["text"])
    assert (await api.get(PATH)).json()["data"] == [given]


async def test_of_a_bare_text_production_is_asked_if_it_is_at_hand(
    api: httpx.AsyncClient, parts_of: Callable[..., Parts], database: Database
) -> None:
    bare = await give(api, text="I love this wonderful day", user_label="neutral")
    assert bare["model_prediction"] == "positive" and bare["model"].startswith("vader")
    one = await give(api, text="I love it", user_label="neutral", model_prediction="negative")
    assert (one["model_prediction"], one["model"]) == ("negative", None)
    async with calling(create_app(parts_of(database=database, model=None))) as without:
        unread = await give(without, text="I love that wonderful day", user_label="neutral")
    assert (unread["model_prediction"], unread["model"]) == (None, None)


@pytest.mark.parametrize("label", ["Positive", "POSITIVE", " positive "])
async def test_the_older_path_takes_labels_in_any_case(api: httpx.AsyncClient, label: str) -> None:
    body = {"text": "fine", "model_prediction": "NEUTRAL", "user_label": label, "extra": "of an older client"}
    given = await give(api, "/feedback", **body)
    assert (given["user_label"], given["model_prediction"]) == ("positive", "neutral")


async def test_a_correction_of_a_post_takes_everything_from_the_store(
    api: httpx.AsyncClient, database: Database
) -> None:
    write(database, (post(1, "the launch is sick"), reading((0.7, 0.2, 0.1), model="minilm@7")))
    given = await give(api, post_id=str(key(1)), user_label="positive", model_prediction="neutral")
    assert given["text"] == "the launch is sick" and given["post_id"] == str(key(1))
    assert (given["model"], given["model_prediction"], given["origin"]) == ("minilm@7", "negative", "live")


async def test_a_post_is_known_by_the_id_of_its_source_too(
    api: httpx.AsyncClient, database: Database
) -> None:
    def found(source: str) -> Any:
        named = post(1, f"on {source}", source=source)
        return type(named)(
            **{name: getattr(named, name) for name in named.__dataclass_fields__}
            | {"key": post_key(SECRET, source, "1"), "post_id": "1"}
        )

    write(database, found("reddit"))
    assert (await give(api, post_id="1", user_label="neutral"))["text"] == "on reddit"
    write(database, found("bluesky"))
    assert "Several sources" in (await refused(api, 400, post_id="1", user_label="neutral"))["message"]
    assert (await refused(api, 404, post_id="2", user_label="neutral"))["code"] == "NOT_FOUND"


async def test_an_erased_post_takes_its_feedback_along(api: httpx.AsyncClient, database: Database) -> None:
    write(database, post(1))
    await give(api, post_id=str(key(1)), user_label="negative")
    with database.transaction() as connection:
        erase.erase_posts(connection, [key(1)], NOON)
    assert (await api.get(PATH, params={"superseded": True})).json()["data"] == []
    await refused(api, 404, post_id=str(key(1)), user_label="negative")


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        ({"text": "x"}, "user_label"),
        ({"text": "x", "user_label": "great"}, "user_label"),
        ({"text": "x", "user_label": "positive", "emotion": "hunger"}, "emotion"),
        ({"text": "x", "user_label": "positive", "model_prediction": "maybe"}, "model_prediction"),
        ({"text": "x", "user_label": "positive", "annotator": "  "}, "annotator"),
        ({"user_label": "positive"}, "text"),
        ({"text": " ", "user_label": "positive"}, "text"),
        ({"text": "a\0b", "user_label": "positive"}, "text"),
        ({"text": "x" * 101, "user_label": "positive"}, "text"),
        ({"text": "x", "post_id": "1", "user_label": "positive"}, "post_id"),
    ],
)
async def test_what_is_refused_is_named(api: httpx.AsyncClient, body: dict[str, Any], parameter: str) -> None:
    assert (await refused(api, 400, **body))["details"]["parameter"] == parameter
    assert (await api.get(PATH)).json()["metadata"]["total"] == 0


async def test_the_list_is_paged_and_filtered(api: httpx.AsyncClient) -> None:
    for number in range(5):
        await give(api, text=f"text {number}", user_label="neutral", annotator="ana" if number else "ben")
    await give(api, text="text 1", user_label="negative", annotator="ana")

    async def texts(**query: Any) -> tuple[list[str], dict[str, Any]]:
        page = (await api.get(PATH, params=query)).json()
        return [item["text"] for item in page["data"]], page["metadata"]

    first, metadata = await texts(limit=2)
    assert (first, metadata["total"]) == (["text 1", "text 4"], 5)
    second, metadata = await texts(limit=2, cursor=metadata["next_cursor"])
    assert second == ["text 3", "text 2"]
    assert await texts(limit=2, cursor=metadata["next_cursor"]) == (
        ["text 0"],
        {**metadata, "next_cursor": None},
    )
    assert (await texts(annotator="ben"))[0] == ["text 0"]
    assert (await texts(superseded=True))[0].count("text 1") == 2
    assert (await texts(origin="live"))[0] == []
    assert (await api.get(PATH, params={"cursor": "x"})).status_code == 400


async def test_what_is_taken_back_holds_no_longer_and_stays_listed(
    api: httpx.AsyncClient, database: Database
) -> None:
    kept = await give(api, text="a lovely day", user_label="positive", annotator="ana")
    swapped = [
        await give(api, text=f"a lovely day {n}", user_label="negative", annotator="ben") for n in range(3)
    ]
    with database.transaction() as connection:
        frozen = snapshots.freeze(connection, SystemClock())
    path = f"{PATH}/withdraw"
    unclear: list[dict[str, Any]] = [
        {},
        {"ids": []},
        {"annotator": "ben", "colour": "blue"},
        {"from": "2026"},
        {"from": 2026},
        {"ids": [2**63]},
    ]
    for wrong in unclear:
        assert (await api.post(path, json=wrong)).status_code == 400
    assert (await api.post(path, json={"annotator": "ben", "origin": "live"})).json() == {"withdrawn": 0}
    assert (await api.post(path, json={"annotator": "ben", "to": kept["created_at"]})).json() == {
        "withdrawn": 0
    }
    assert (await api.post(path, json={"ids": [swapped[0]["id"]]})).json() == {"withdrawn": 1}
    span = {"annotator": "ben", "from": kept["created_at"]}
    assert (await api.post(path, json=span)).json() == {"withdrawn": 2}
    assert (await api.post(path, json=span)).json() == {"withdrawn": 0}
    assert (await api.get(PATH)).json()["data"] == [kept]
    everything = (await api.get(PATH, params={"superseded": True})).json()["data"]
    assert [one["superseded"] for one in everything] == [True, True, True, False]
    with database.transaction() as connection:
        assert len(snapshots.load(connection, frozen.hash).items) == 4
        assert [item.content for item in snapshots.freeze(connection, SystemClock()).items] == [
            "a lovely day"
        ]
