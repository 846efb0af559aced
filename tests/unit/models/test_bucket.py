"""A bucket that machines share: what one puts in another finds, whole and checked, or refuses in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.s3_server import KEY, Store, s3_store
from tests.versions import version_folder

from groundswell.core.errors import BadArtefact, BadSettings, ModelStoreUnavailable
from groundswell.models import bucket
from groundswell.models.bucket import Bucket
from groundswell.models.vault import Vault


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of the tests")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with s3_store() as found:
        yield found


@pytest.fixture
def shared(store: Store) -> Bucket:
    return Bucket(f"s3://models/ours?endpoint={store.url}&region=us-east-1")


@pytest.fixture
def here(tmp_path: Path, shared: Bucket) -> Vault:
    return Vault(tmp_path / "here", bucket=shared)


@pytest.fixture
def there(tmp_path: Path, shared: Bucket) -> Vault:
    """The same bucket, seen from another machine."""
    return Vault(tmp_path / "there", bucket=shared)


def added(vault: Vault, tmp_path: Path) -> str:
    return vault.put(version_folder(tmp_path / "made", "2", bias=0.1))[1]


def held(store: Store, digest: str) -> list[str]:
    start = f"/models/ours/sha256-{digest}/"
    return sorted(
        path.removeprefix(start) for path in store.objects if path.startswith(start) and path != start
    )


def test_what_one_machine_adds_another_reads(here: Vault, there: Vault, store: Store, tmp_path: Path) -> None:
    digest = added(here, tmp_path)
    kept = sorted(path.name for path in here.place(digest).iterdir())
    assert held(store, digest) == kept and "manifest.json" in kept
    _, model = there.open(digest, "folder", "tfidf@2")
    assert model.info.name == "tfidf@2"
    for name in kept:
        assert (there.place(digest) / name).read_bytes() == (here.place(digest) / name).read_bytes()
    assert there.place(digest).stat().st_mode & 0o222 == 0
    store.status = 500  # what is here is not asked for again
    there.open(digest, "folder", "tfidf@2")


def test_the_manifest_comes_last_so_that_half_a_version_is_none(
    here: Vault, there: Vault, store: Store, tmp_path: Path
) -> None:
    digest = added(here, tmp_path)
    written = [path for method, path in store.seen if method == "PUT"]
    assert written[-1].endswith("/manifest.json")
    del store.objects[f"/models/ours/sha256-{digest}/manifest.json"]
    assert not here.is_shared(digest)
    with pytest.raises(BadArtefact, match="neither here nor in the bucket"):
        there.open(digest, "folder", "tfidf@2")
    here.put(here.place(digest))  # adding it again makes it whole
    assert here.is_shared(digest) and there.open(digest, "folder", "tfidf@2")


@pytest.mark.parametrize("name", ["manifest.json", "vocabulary.txt"])
def test_what_was_changed_in_the_bucket_is_refused_and_not_kept(
    here: Vault, there: Vault, store: Store, tmp_path: Path, name: str
) -> None:
    digest = added(here, tmp_path)
    store.objects[f"/models/ours/sha256-{digest}/{name}"] += b" "
    with pytest.raises(BadArtefact) as refused:
        there.open(digest, "folder", "tfidf@2")
    assert "\n" not in refused.value.message
    assert not there.place(digest).exists() and list(there.root.iterdir()) == []


def test_a_manifest_of_a_stranger_leads_nowhere(
    here: Vault, there: Vault, store: Store, tmp_path: Path
) -> None:
    digest = added(here, tmp_path)
    path = f"/models/ours/sha256-{digest}/manifest.json"
    store.objects[path] = store.objects[path].replace(b'"vocabulary.txt"', b'"../../vocabulary.txt"')
    with pytest.raises(BadArtefact, match="a file it may not have"):
        there.open(digest, "folder", "tfidf@2")
    assert [one for _, one in store.seen if ".." in one] == []


def test_large_files_go_in_parts(shared: Bucket, store: Store, tmp_path: Path) -> None:
    folder = version_folder(tmp_path / "made", "2")
    content = bytes(range(256)) * 44_000  # more than one part
    (folder / "vocabulary.txt").write_bytes(content)
    shared.put("large", folder)
    (tmp_path / "there").mkdir()
    assert shared.fetch("large", tmp_path / "there")
    assert (tmp_path / "there" / "vocabulary.txt").read_bytes() == content
    assert [path for method, path in store.seen if method == "POST"] != []


def test_removed_is_removed_everywhere(here: Vault, there: Vault, store: Store, tmp_path: Path) -> None:
    digest = added(here, tmp_path)
    there.remove(digest)
    assert held(store, digest) == [] and not here.is_shared(digest)
    there.remove(digest)


def test_a_bucket_that_does_not_answer_is_said_in_a_sentence(
    here: Vault, there: Vault, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "TRIES", 1)
    digest = added(here, tmp_path)
    store.status = 403
    with pytest.raises(ModelStoreUnavailable, match="does not answer") as refused:
        there.open(digest, "folder", "tfidf@2")
    assert "\n" not in refused.value.message and list(there.root.iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "models",
        "http://models/x",
        "s3://",
        "s3://key:secret@models",
        "s3://models?allow=all",
        "s3://m?endpoint=host",
    ],
)
def test_an_address_that_is_none_is_said_at_once(address: str) -> None:
    with pytest.raises(BadSettings, match="GROUNDSWELL_MODEL_BUCKET"):
        Bucket(address)
