"""With a collector, one request is one trace to the commit, through all processes; a dead one harms nothing."""

from __future__ import annotations

from pathlib import Path

from tests.collector import collector
from tests.system import START_SECONDS, System, free_port, until

from groundswell.observe import SPANS

TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WAY = ("POST /api/v1/posts", "stream.publish", "worker.batch", "model.read", "store.commit", "stream.settle")


def post(number: int) -> dict[str, str]:
    return {"post_id": f"secret_{number}", "source": "test", "content": "a wonderful secret", "author": "Ana"}


def test_a_request_with_a_traceparent_is_one_trace_from_the_answer_to_the_commit(folder: Path) -> None:
    with (
        collector() as traces,
        System(folder / "data", environment={"OTEL_EXPORTER_OTLP_ENDPOINT": traces.url}) as system,
    ):
        parent = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        assert system.http.post("/api/v1/posts", json=post(1), headers=parent).status_code == 202
        until(lambda: set(WAY) <= set(traces.of(TRACE)), START_SECONDS, "the trace")
        found = traces.of(TRACE)
        assert set(found) == set(WAY)
        request, published, batch, *within = (found[name] for name in WAY)
        assert (request.parent, request.service) == (CALLER, "groundswell-api")
        assert request.attributes == {
            "http.request.method": "POST",
            "http.route": "/api/v1/posts",
            "http.response.status_code": 202,
        }
        assert (published.parent, batch.parent, batch.service) == (
            request.id,
            published.id,
            "groundswell-worker",
        )
        assert {span.parent for span in within} == {batch.id}
        assert found["model.read"].attributes["groundswell.texts"] == 1

        assert system.http.get("/api/v1/posts/nothing?author=Ana").status_code in {400, 404, 422}
        until(lambda: any(span.name.startswith("GET") for span in traces.spans), what="a trace begun here")
        assert not any(
            "/health" in span.name or "secret" in repr(span) or "Ana" in repr(span) for span in traces.spans
        )
        declared = {name for traced in SPANS.values() for name in traced.attributes} | {"error.type"}
        assert {name for span in traces.spans for name in span.attributes} <= declared


def test_a_dead_collector_loses_no_post_and_holds_up_no_end(folder: Path) -> None:
    nobody = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    with System(folder / "data", environment=nobody) as system:
        for start in range(0, 3000, 500):
            answer = system.http.post("/api/v1/posts", json=[post(start + number) for number in range(500)])
            assert answer.status_code == 202
        for number in range(3000, 3200):
            assert system.http.post("/api/v1/posts", json=post(number)).status_code == 202
        until(
            lambda: system.get("/api/v1/posts", limit=1)["metadata"]["total"] == 3200,
            START_SECONDS,
            "all posts",
        )
        until(lambda: "export" in system.log.read_text(), what="a line that says so")
        assert system.stop() == 0
    assert "secret" not in system.log.read_text()
