"""The registry: versions never change, one answers, and a bad one never gets that far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.s3_server import KEY, s3_store
from tests.versions import version_folder

from groundswell.analysis.reader import Reader, ReaderRules
from groundswell.analysis.versions import Versions
from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadArtefact, Conflict, InvalidInput, NotFound
from groundswell.models.bucket import Bucket
from groundswell.models.vault import Vault
from groundswell.observe import Metrics
from groundswell.store import failsafe, registry
from groundswell.store.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "models")


@pytest.fixture
def versions(database: Database, vault: Vault) -> Versions:
    made = Versions(database, vault, SystemClock())
    made.ship()
    return made


@pytest.fixture
def reader(database: Database, vault: Vault, versions: Versions) -> Reader:
    """A process that reads with `tfidf`."""
    del versions
    made = Reader(
        ReaderRules(model="tfidf", vault=vault.root, calls=2, has_shadow=True, has_fallbacks=False),
        database=database,
        clock=SystemClock(),
        metrics=Metrics(),
    )
    made.begin()
    return made


def in_production(versions: Versions, key: str = "tfidf") -> str:
    (found,) = [one.version for one in versions.list(key) if one.stage == "production"]
    return found


def answering(reader: Reader) -> str:
    reader.look()
    return reader.failsafe.read(["a lovely day"]).readings[0].model_used


def test_what_ships_is_in_production_and_twice_is_once(versions: Versions) -> None:
    versions.ship()
    (shipped,) = versions.list("tfidf")
    assert (shipped.version, shipped.stage, shipped.location) == ("1", "production", "shipped")
    assert [one.action for one in versions.history("tfidf")] == ["promote", "add"]
    assert [one.problem for one in versions.verify("tfidf")] == [""]


def test_a_version_is_added_promoted_and_rolled_back_and_everyone_can_read_why(
    versions: Versions, reader: Reader, tmp_path: Path
) -> None:
    added = versions.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    assert added.stage == "candidate" and answering(reader) == "tfidf@1"
    with pytest.raises(InvalidInput):
        versions.promote("tfidf", "2", by="ada")

    versions.promote("tfidf", "2", by="ada", evidence={"macro_recall": 0.7})
    assert answering(reader) == "tfidf@2"
    stages = {one.version: one.stage for one in versions.list("tfidf")}
    assert stages == {"2": "production", "1": "archived"}
    with pytest.raises(Conflict):
        versions.promote("tfidf", "2", by="ada", reason="again")

    assert versions.rollback("tfidf", by="bob", reason="too many alarms").version == "1"
    assert answering(reader) == "tfidf@1"
    newest = versions.history("tfidf")[0]
    assert (newest.action, newest.by, newest.reason, newest.previous) == (
        "rollback",
        "bob",
        "too many alarms",
        "2",
    )
    assert versions.history("tfidf")[1].evidence == {"macro_recall": 0.7}
    with pytest.raises(Conflict):
        versions.rollback("tfidf", by="bob")
    versions.ship()
    assert in_production(versions) == "1"


def test_rollback_goes_back_step_by_step(versions: Versions, tmp_path: Path) -> None:
    for version in "234":
        versions.add(version_folder(tmp_path, version, bias=int(version) / 100), by="ada")
        versions.promote("tfidf", version, by="ada", reason="newer")
    assert [versions.rollback("tfidf", by="ada").version for _ in range(3)] == ["3", "2", "1"]
    versions.promote("tfidf", "4", by="ada", reason="after all")
    assert versions.rollback("tfidf", by="ada").version == "1"


def corrupt(folder: Path) -> None:
    (folder / "vocabulary.txt").write_text("other words\n")


def pickled(folder: Path) -> None:
    (folder / "model.joblib").write_bytes(b"\x80\x04.")
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"vocabulary.txt"', '"model.joblib"'))


OTHER = {"sentiment": ["bad", "good"]}


@pytest.mark.parametrize(
    ("changes", "harm", "says"),
    [
        ({}, corrupt, "vocabulary.txt is not the file"),
        ({}, pickled, "model.joblib"),
        ({"labels": OTHER}, None, "its sentiment labels are bad, good"),
        ({"labels": {"sentiment": ["negative", "positive"]}}, None, "not those of the version in production"),
        ({"bias": 50.0}, None, "reads 'I love this"),
        ({"calibration": {}}, None, "cannot be loaded"),
        ({"kind": "oracle"}, None, "of kind 'oracle'"),
    ],
)
def test_a_bad_version_is_refused_in_one_sentence_and_production_stays(
    versions: Versions,
    reader: Reader,
    tmp_path: Path,
    changes: dict[str, Any],
    harm: Callable[[Path], None] | None,
    says: str,
) -> None:
    folder = version_folder(tmp_path, "2", **changes)
    if harm:
        harm(folder)
    with pytest.raises(BadArtefact) as refused:
        versions.add(folder, by="ada")
    assert says in refused.value.message and "\n" not in refused.value.message
    assert [one.version for one in versions.list("tfidf")] == ["1"] and answering(reader) == "tfidf@1"


def test_a_pickle_is_refused_with_the_command_that_retrains_it(versions: Versions, tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(BadArtefact, match="groundswell train"):
        versions.add(path, by="ada")


def test_files_that_change_later_are_refused_and_production_stays(
    versions: Versions, reader: Reader, vault: Vault, tmp_path: Path
) -> None:
    added = versions.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    kept = vault.place(added.digest) / "vocabulary.txt"
    kept.chmod(0o644)
    corrupt(kept.parent)
    with pytest.raises(BadArtefact):
        versions.promote("tfidf", "2", by="ada", reason="newer")
    with pytest.raises(BadArtefact):
        versions.shadow("tfidf", "2", by="ada")
    assert in_production(versions) == "1" and answering(reader) == "tfidf@1"
    assert versions.history("tfidf")[0].action == "refuse"
    assert [bool(one.problem) for one in versions.verify("tfidf")] == [True, False]


def test_a_process_that_lacks_the_files_keeps_what_it_has(
    database: Database, versions: Versions, tmp_path: Path
) -> None:
    rules = ReaderRules(model="tfidf", vault=tmp_path / "elsewhere")
    other = Reader(rules, database=database, clock=SystemClock(), metrics=Metrics())
    other.begin()
    versions.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    versions.promote("tfidf", "2", by="ada", reason="newer")
    assert answering(other) == "tfidf@1"
    refused = other.state()["refused"]
    assert isinstance(refused, list) and "tfidf@2" in refused[0]


def test_a_name_is_given_to_one_content_for_ever(versions: Versions, vault: Vault, tmp_path: Path) -> None:
    first = version_folder(tmp_path, "2", bias=0.1)
    added = versions.add(first, by="ada")
    assert versions.add(first, by="ada") == added
    other = version_folder(tmp_path / "other", "2", bias=0.2)
    with pytest.raises(Conflict):
        versions.add(other, by="ada")
    versions.remove("tfidf", "2", by="ada")
    assert not vault.place(added.digest).exists()
    with pytest.raises(Conflict):
        versions.add(other, by="ada")
    versions.add(first, by="ada")


def test_machines_share_versions_by_a_bucket(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of the tests")
    with s3_store() as store:
        bucket = f"s3://models?endpoint={store.url}&region=us-east-1"
        here = Versions(database, Vault(tmp_path / "here", bucket=Bucket(bucket)), SystemClock())
        here.ship()
        elsewhere = Reader(
            ReaderRules(model="tfidf", vault=tmp_path / "there", bucket=bucket, has_fallbacks=False),
            database=database,
            clock=SystemClock(),
            metrics=Metrics(),
        )
        elsewhere.begin()
        here.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
        here.promote("tfidf", "2", by="ada", reason="newer")
        assert answering(elsewhere) == "tfidf@2" and list((tmp_path / "there").iterdir())

        here.add(version_folder(tmp_path, "3", bias=0.2), by="ada")
        here.promote("tfidf", "3", by="ada", reason="newer")
        store.status = 404
        assert answering(elsewhere) == "tfidf@2"  # it cannot be had now, and what answers stays
        assert any("bucket" in why for why in elsewhere.state()["refused"])  # type: ignore[attr-defined]
        store.status = 0
        store.objects.clear()
        assert [one.problem.partition(";")[0] for one in here.verify("tfidf")] == [
            "tfidf@3 is not in the bucket",
            "tfidf@2 is not in the bucket",
            "",
        ]


def test_what_is_in_use_or_unknown_cannot_be_removed_or_promoted(versions: Versions) -> None:
    with pytest.raises(Conflict):
        versions.remove("tfidf", "1", by="ada")
    with pytest.raises(NotFound):
        versions.promote("tfidf", "9", by="ada", reason="why not")
    with pytest.raises(NotFound):
        versions.rollback("oracle", by="ada")
    with pytest.raises(Conflict):
        versions.shadow("tfidf", "1", by="ada")


def test_a_shadow_comes_and_goes(versions: Versions, reader: Reader, tmp_path: Path) -> None:
    versions.add(version_folder(tmp_path, "2", bias=0.1), by="ada")
    versions.shadow("tfidf", "2", by="ada")
    reader.look()
    assert reader.state()["shadow"] == "tfidf@2"
    with pytest.raises(Conflict):
        versions.remove("tfidf", "2", by="ada")
    versions.shadow("tfidf", None, by="ada")
    reader.look()
    assert reader.state()["shadow"] is None
    assert [one.action for one in versions.history("tfidf")[:2]] == ["unshadow", "shadow"]


def test_a_reset_reaches_a_process_at_its_next_look(reader: Reader, database: Database) -> None:
    breaker = reader.failsafe.primary.breaker
    for _ in range(3):
        call = breaker.allow()
        assert call is not None
        call.failed("no answer")
    reader.look()
    assert breaker.status().state == "OPEN"
    with database.transaction() as connection:
        failsafe.reset(connection, SystemClock().now())
    reader.look()
    assert breaker.status().state == "CLOSED"


def test_fifty_promotions_under_load_cost_no_answer(
    versions: Versions, reader: Reader, database: Database, tmp_path: Path
) -> None:
    versions.add(version_folder(tmp_path, "2", bias=0.3), by="ada")
    texts = ["a lovely day", "what a mess", "it is Monday"]
    models = {f"tfidf@{number}": versions.load(f"tfidf@{number}") for number in (1, 2)}
    expected = {name: [one.scores for one in model.read(texts)] for name, model in models.items()}
    stop, wrong, number = threading.Event(), list[object](), [0]

    def ask() -> None:
        while not stop.is_set():
            answered = reader.failsafe.read(texts)
            name = answered.readings[0].model_used
            if answered.is_fallback or [one.scores for one in answered.readings] != expected[name]:
                wrong.append(answered)
            number[0] += 1

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    try:
        for turn in range(50):
            version = str(2 - turn % 2)
            with database.transaction() as connection:
                deed = registry.Deed(by="ada", at=SystemClock().now(), reason="back and forth")
                registry.promote(connection, "tfidf", version, deed)
            reader.look()
            assert reader.current.model and reader.current.model.info.version == version
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert wrong == [] and number[0] > 100
