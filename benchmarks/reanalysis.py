"""Posts a second that another head reads from stored vectors, commit included, beside reading their texts again."""

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import psycopg
from safetensors.numpy import load_file, save_file
from tests.servers import start_postgres, stop

from benchmarks.report import folder, machine, spread
from groundswell.analysis.reanalyse import Reanalyser
from groundswell.analysis.versions import Versions
from groundswell.core.clock import SystemClock
from groundswell.models.artefact import MANIFEST, SHIPPED, file_sha256
from groundswell.models.load import load
from groundswell.models.vault import Vault
from groundswell.store import reanalyses
from groundswell.store.database import Database
from groundswell.store.migrate import migrate
from groundswell.views.feed_query import FeedQuery
from groundswell.views.reanalysis import packed

POSTS, ROUNDS = 100_000, 3
ENOUGH = 20_000
NOW = datetime(2026, 11, 21, tzinfo=UTC)
TEXT = "the new update drains my phone in an hour, why does nobody test these things before they ship {}"


def main(posts: str = str(POSTS)) -> None:
    """Seed once, read it again with a new version each round."""
    machine("groundswell", "numpy", "psycopg")
    with folder() as place:
        postgres = start_postgres(place)
        try:
            url = f"postgresql:///postgres?host={place}&user=groundswell"
            migrate(url)
            _seed(url, int(posts))
            before = _processor_seconds(postgres.pid)
            rates = list(_rounds(url, place, int(posts)))
            spent = (_processor_seconds(postgres.pid) - before) / (ROUNDS * int(posts))
        finally:
            stop(postgres)
    texts = [TEXT.format(n) for n in range(500)]
    model = load("minilm")
    started = time.perf_counter()
    model.read(texts)
    through = len(texts) / (time.perf_counter() - started)
    kept = "kept" if sorted(rates)[len(rates) // 2] >= ENOUGH else "MISSED"
    print(f"   from vectors, committed: {spread(rates)} posts/s; at least {ENOUGH:,}: {kept}")
    print(f"   processor time of it, PostgreSQL's included: {spent * 1e6:,.0f} µs a post")
    print(f"   the same texts through the encoder, nothing stored: {through:,.0f} texts/s on one thread")


def _processor_seconds(postgres: int) -> float:
    """Return what this process and all of PostgreSQL have used: a figure that a busy machine spoils least.

    Connections that have ended are counted by the process that started them.
    """
    server = psutil.Process(postgres)
    whole = [server.cpu_times(), *(one.cpu_times() for one in server.children(recursive=True))]
    ended = server.cpu_times()
    return (
        sum(one.user + one.system for one in whole)
        + ended.children_user
        + ended.children_system
        + time.process_time()
    )


def _rounds(url: str, place: Path, posts: int) -> Iterator[float]:
    database = Database(url)
    versions = Versions(database, Vault(place / "vault"), SystemClock())
    for number in range(2, 2 + ROUNDS):
        name = versions.add(_version(place, str(number)), by="a benchmark").name
        with database.transaction() as connection:
            asked = reanalyses.create(
                connection, model=name, asked=packed(FeedQuery()), by="a benchmark", at=NOW
            )
        started = time.perf_counter()
        Reanalyser(database, versions, SystemClock()).run(asked.id)
        seconds = time.perf_counter() - started
        with database.reading() as connection:
            found = reanalyses.get(connection, asked.id)
        assert (found.status, found.from_vectors, found.skipped) == ("completed", posts, 0), found
        yield posts / seconds
    database.close()


def _version(place: Path, number: str) -> Path:
    """Return `minilm` with heads that are a little different."""
    target = place / f"minilm-{number}"
    shutil.copytree(SHIPPED / "minilm" / "1", target)
    tensors = load_file(target / "heads.safetensors")
    tensors["sentiment.bias"] = tensors["sentiment.bias"] + np.float32(0.01 * int(number))
    save_file(tensors, target / "heads.safetensors")
    manifest = json.loads((target / MANIFEST).read_text())
    manifest["files"]["heads.safetensors"] = file_sha256(target / "heads.safetensors")
    (target / MANIFEST).write_text(json.dumps(manifest | {"version": number}))
    return target


def _seed(url: str, posts: int) -> None:
    """Store posts as minilm@1 has read them; their vectors are those of the shipped rehearsal rows."""
    tensors = load_file(SHIPPED / "minilm" / "1" / "reference.safetensors")
    values, scales = tensors["rehearsal.values"], tensors["rehearsal.scales"]
    manifest = json.loads((SHIPPED / "minilm" / "1" / MANIFEST).read_text())
    encoder = manifest["files"]["encoder.onnx"]
    random = np.random.default_rng(7)
    ids = [uuid.UUID(bytes=random.bytes(16)) for _ in range(posts)]
    tables: dict[str, Iterator[tuple[Any, ...]]] = {
        "post_keys (key, revision, state, author, changed_at)": ((i, 0, "stored", None, NOW) for i in ids),
        "posts (id, source, post_id, content, created_at, created_clamped, ingested_at, analyzed_at, sentiment,"
        " scores, emotion, emotions, model, fallback, meta)": (
            (
                i, "bench", str(n), TEXT.format(n), at := NOW + timedelta(seconds=n), False, at, at, n % 3,
                [3000, 3000, 4000], 3, [0, 0, 0, 9000, 0, 0, 0], "minilm@1", False, "{}",
            )
            for n, i in enumerate(ids)
        ),
        "analyses (post, model, sentiment, scores, emotion, emotions, fallback, analyzed_at)": (
            (i, "minilm@1", n % 3, [3000, 3000, 4000], 3, [0, 0, 0, 9000, 0, 0, 0], False, NOW)
            for n, i in enumerate(ids)
        ),
        "vectors (post, encoder, scale, values)": (
            (i, encoder, float(scales[n % len(scales)]), values[n % len(values)].tobytes())
            for n, i in enumerate(ids)
        ),
    }  # fmt: skip
    with psycopg.connect(url) as connection:
        for table, rows in tables.items():
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
