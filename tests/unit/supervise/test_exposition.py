"""The port beside a role's work: who may read there, what it says, and that it cannot be filled up."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from tests.patience import PATIENCE
from tests.system import free_port

from groundswell.core.errors import BadSettings, CannotStart
from groundswell.observe import Metrics
from groundswell.roles import run_up
from groundswell.settings import load_settings
from groundswell.supervise.exposition import MOST_AT_ONCE, Exposed, Shown, exposition

Eventually = Callable[[Callable[[], object], float], None]


def shown(metrics: Metrics | None = None, *, ready: bool = True) -> Shown:
    found = metrics or Metrics()
    return Shown(metrics=found, refresh=found.show_memory, is_ready=lambda: ready)


@contextmanager
def at_work(where: Exposed, what: Shown) -> Iterator[httpx.Client]:
    stop, part = threading.Event(), exposition(where, what)
    thread = threading.Thread(target=part.run, args=(stop,), daemon=True)
    thread.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{where.port}", trust_env=False, timeout=30) as client:
        yield client
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def here(token: str = "") -> Exposed:
    return Exposed(host="127.0.0.1", port=free_port(), token=token)


def test_it_shows_what_was_counted_and_is_refreshed_before() -> None:
    metrics = Metrics()
    metrics.count("groundswell_settled_total", 3, outcome="stored")
    with at_work(here(), shown(metrics)) as client:
        text = client.get("/metrics").text
    assert 'groundswell_settled_total{outcome="stored"} 3.0' in text
    assert float(text.partition("\ngroundswell_memory_bytes ")[2].split("\n")[0]) > 1_000_000


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
def test_health_says_whether_it_can_work_and_life_does_not_ask(ready: bool, status: int) -> None:
    with at_work(here(), shown(ready=ready)) as client:
        assert client.get("/health").status_code == status
        assert client.get("/health/live").status_code == 200
        assert client.get("/somewhere").status_code == 404


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic " + "t" * 32}]
)
def test_without_the_token_nobody_reads(header: dict[str, str]) -> None:
    with at_work(here("t" * 32), shown()) as client:
        answer = client.get("/metrics", headers=header)
        assert answer.status_code == 401 and "groundswell" not in answer.text
        assert client.get("/health/live").status_code == 200
        assert client.get("/metrics", headers={"Authorization": "Bearer " + "t" * 32}).status_code == 200


def test_a_page_that_gives_itself_a_name_here_reads_nothing() -> None:
    with at_work(here(), shown()) as client:
        assert client.get("/metrics", headers={"Host": "evil.example:80"}).status_code == 401
        assert client.get("/metrics", headers={"Host": "localhost:80"}).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "metrics.example"])  # noqa: S104
@pytest.mark.parametrize("token", ["", "t" * 19])
def test_where_others_reach_it_a_token_is_required(host: str, token: str) -> None:
    with pytest.raises(BadSettings, match="GROUNDSWELL_METRICS_TOKEN"):
        exposition(Exposed(host=host, port=0, token=token), shown())


def test_up_says_so_before_it_starts_anything(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data", metrics_port=free_port(), metrics_host="0.0.0.0")  # noqa: S104
    with pytest.raises(BadSettings, match="GROUNDSWELL_METRICS_TOKEN"):
        run_up(settings, None, on_ready=pytest.fail)
    assert not (tmp_path / "data").exists()


def test_wrong_tokens_are_counted() -> None:
    metrics = Metrics()
    with at_work(here("t" * 32), shown(metrics)) as client:
        client.get("/metrics", headers={"Authorization": "Bearer " + "u" * 32})
        answer = client.get("/metrics", headers={"Authorization": "Bearer " + "t" * 32})
    assert 'groundswell_refused_total{code="UNAUTHORIZED"} 1.0' in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_port_that_is_taken_is_said_at_once() -> None:
    where = here()
    with at_work(where, shown()), pytest.raises(CannotStart, match=str(where.port)):
        exposition(where, shown())


def test_silent_clients_leave_room_for_the_next_ones(eventually: Eventually) -> None:
    where = here()
    with at_work(where, shown()) as client, ExitStack() as stack:
        for _ in range(MOST_AT_ONCE):
            stack.enter_context(socket.create_connection(("127.0.0.1", where.port), 5))

        def refused() -> bool:
            try:
                return client.get("/health/live").status_code == 0
            except httpx.TransportError:
                return True

        eventually(refused, 5)
        stack.close()
        eventually(lambda: not refused(), 5)
