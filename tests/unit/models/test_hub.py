"""The hub: what is fetched is what the listing names, whatever the network or a stranger does."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import external_data_helper
from tests.hub.server import COMMIT, ONNX, WEIGHTS, Standin, reference, standin

from groundswell.core.clock import ManualClock
from groundswell.core.errors import AddressRefused, BadArtefact, HubUnavailable, NotFound
from groundswell.models import pulled
from groundswell.models.artefact import open_artefact
from groundswell.models.catalogue import Entry, read_catalogue
from groundswell.models.classifier import ClassifierModel
from groundswell.models.hub import Hub
from groundswell.models.load import load_folder
from groundswell.models.onnx_scan import refuse_external_data
from groundswell.models.selftest import self_test
from groundswell.outbound import AddressRules

TWITTER = read_catalogue().get("twitter-roberta")
EMOTION = read_catalogue().get("emotion-distilroberta")


@pytest.fixture
def served() -> Iterator[Standin]:
    with standin() as found:
        found.serve(TWITTER.hub, "sentiment")
        found.serve(EMOTION.hub, "emotion")
        yield found


def hub_of(served: Standin, **changes: Any) -> Hub:
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    given = {"clock": clock, "rules": AddressRules(), "endpoint": served.url, "stall_seconds": 5.0}
    return Hub(**{**given, **changes})


def pull(hub: Hub, folder: Path, entry: Entry = TWITTER) -> list[tuple[int, int]]:
    told: list[tuple[int, int]] = []
    found = hub.revision(entry.hub, entry.revision)
    pulled.fetch(entry, found, hub, folder, lambda done, total: told.append((done, total)))
    pulled.assemble(entry, found, folder)
    return told


def model_of(folder: Path) -> ClassifierModel:
    found = load_folder(folder)
    assert isinstance(found, ClassifierModel)
    return found


@pytest.mark.parametrize(
    ("entry", "name"), [(TWITTER, "sentiment"), (EMOTION, "emotion")], ids=["sentiment", "emotion"]
)
def test_it_predicts_as_its_pytorch_original(
    served: Standin, tmp_path: Path, entry: Entry, name: str
) -> None:
    told = pull(hub_of(served), tmp_path / "it", entry)
    model = model_of(tmp_path / "it")
    known = reference(name)
    assert model.probabilities([one["text"] for one in known]) == pytest.approx(
        np.array([one["probabilities"] for one in known]), abs=1e-3
    )
    self_test(open_artefact(tmp_path / "it").manifest, model)
    assert told[-1][0] == told[-1][1] and [done for done, _ in told] == sorted(done for done, _ in told)
    manifest = json.loads((tmp_path / "it" / "manifest.json").read_text())
    assert manifest["parent"]["commit"] == COMMIT and manifest["version"].startswith(COMMIT[:8])


def test_a_broken_off_download_goes_on_where_it_was(served: Standin, tmp_path: Path) -> None:
    served.breaks[ONNX] = 2
    pull(hub_of(served), tmp_path / "it")
    size = len(served.models[TWITTER.hub][ONNX])
    ranges = [asked for path, asked in served.seen if path.endswith(ONNX)]
    assert ranges == ["", f"bytes={size // 2}-", f"bytes={size // 2 + (size - size // 2) // 2}-"]


def test_a_killed_download_goes_on_with_the_next_process(served: Standin, tmp_path: Path) -> None:
    def die(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    hub = hub_of(served)
    found = hub.revision(TWITTER.hub, TWITTER.revision)
    served.breaks[ONNX] = 1
    with pytest.raises(KeyboardInterrupt):
        pulled.fetch(TWITTER, found, hub, tmp_path / "it", die)
    served.seen.clear()
    pull(hub, tmp_path / "it")
    assert [bool(asked) for path, asked in served.seen if "/resolve/" in path] == [True]


def test_a_server_without_ranges_sends_it_all_again(served: Standin, tmp_path: Path) -> None:
    served.breaks[ONNX], served.ignores_ranges = 1, True
    pull(hub_of(served), tmp_path / "it")
    assert model_of(tmp_path / "it").info.key == "twitter-roberta"


def test_a_slow_link_is_given_up_and_resumed(served: Standin, tmp_path: Path) -> None:
    served.stalls.add(ONNX)
    hub = hub_of(served, stall_seconds=0.1, tries=2)
    with pytest.raises(HubUnavailable):
        pull(hub, tmp_path / "it")
    assert (tmp_path / "it" / "model.onnx.part").stat().st_size > 0
    served.stalls.clear()
    pull(hub_of(served), tmp_path / "it")


def test_a_truncated_file_never_passes(served: Standin, tmp_path: Path) -> None:
    served.breaks[ONNX] = 1_000
    with pytest.raises(HubUnavailable):
        pull(hub_of(served), tmp_path / "it")
    assert not (tmp_path / "it" / "model.onnx").exists()


@pytest.mark.parametrize("path", [ONNX, "tokenizer.json", "config.json"])
def test_a_wrong_hash_is_refused_and_forgotten(served: Standin, tmp_path: Path, path: str) -> None:
    body = served.models[TWITTER.hub][path]
    served.wrong[path] = body[:-1] + bytes([body[-1] ^ 1])
    with pytest.raises(BadArtefact, match="wrong hash"):
        pull(hub_of(served), tmp_path / "it")
    assert not list((tmp_path / "it").glob(f"{Path(path).name}*"))


def test_more_than_was_listed_is_refused(served: Standin, tmp_path: Path) -> None:
    served.wrong[ONNX] = served.models[TWITTER.hub][ONNX] + b"more"
    with pytest.raises(BadArtefact, match="longer"):
        pull(hub_of(served), tmp_path / "it")


def test_pickles_and_code_are_never_fetched(served: Standin, tmp_path: Path) -> None:
    files = served.models[TWITTER.hub]
    evil = pickle.dumps({"weights": [1]})
    files |= {"pytorch_model.bin": evil, "modeling_it.py": b"raise SystemExit", "handler.py": b""}
    pull(hub_of(served), tmp_path / "it")
    fetched = {path.rpartition("/")[2] for path, _ in served.seen if "/resolve/" in path}
    assert fetched == {"model.onnx", "tokenizer.json", "config.json"}


def test_a_model_of_pickles_alone_is_refused(served: Standin, tmp_path: Path) -> None:
    files = served.models[TWITTER.hub]
    del files[ONNX], files[WEIGHTS]
    files["pytorch_model.bin"] = pickle.dumps([1])
    with pytest.raises(BadArtefact, match="never fetched"):
        pull(hub_of(served), tmp_path / "it", replace(TWITTER, onnx=""))
    with pytest.raises(BadArtefact, match=r"has no onnx/model\.onnx"):
        pull(hub_of(served), tmp_path / "it")


def test_a_pickle_under_another_name_is_no_onnx_file(served: Standin, tmp_path: Path) -> None:
    served.models[TWITTER.hub][ONNX] = pickle.dumps({"a": 1})
    with pytest.raises(BadArtefact, match=r"no ONNX file"):
        pull(hub_of(served), tmp_path / "it")


@pytest.mark.parametrize("path", ["../../evil.onnx", "/etc/evil.onnx", "a/../../evil", "..\\evil", "evil\0"])
def test_a_path_that_climbs_out_is_refused(served: Standin, tmp_path: Path, path: str) -> None:
    served.models[TWITTER.hub][path] = b"evil"
    with pytest.raises(BadArtefact, match="leads out"):
        pull(hub_of(served), tmp_path / "it")


def test_onnx_with_external_data_is_refused(served: Standin, tmp_path: Path) -> None:
    model = onnx.load_from_string(served.models[TWITTER.hub][ONNX])
    tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
    external_data_helper.set_external_data(tensor, location="../../../../etc/passwd")
    tensor.ClearField("raw_data")
    served.models[TWITTER.hub][ONNX] = model.SerializeToString()
    with pytest.raises(BadArtefact, match="in other files"):
        pull(hub_of(served), tmp_path / "it")


def test_external_data_are_found_in_a_nested_graph(tmp_path: Path) -> None:
    tensor = onnx.TensorProto(name="t", data_type=1, dims=[1], data_location=onnx.TensorProto.EXTERNAL)
    inner = onnx.GraphProto(name="inner", initializer=[tensor])
    attribute = onnx.AttributeProto(name="then_branch", type=onnx.AttributeProto.GRAPH, g=inner)
    node = onnx.NodeProto(op_type="If", attribute=[attribute])
    path = tmp_path / "model.onnx"
    path.write_bytes(onnx.ModelProto(graph=onnx.GraphProto(node=[node])).SerializeToString())
    with pytest.raises(BadArtefact, match="in other files"):
        refuse_external_data(path)


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest",
        "http://127.0.0.1:1/x",
        "http://[::ffff:10.0.0.1]/x",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_inside_is_refused(served: Standin, tmp_path: Path, target: str) -> None:
    served.redirects[ONNX] = target
    with pytest.raises(AddressRefused):
        pull(hub_of(served), tmp_path / "it")


def test_a_redirect_leads_where_the_operator_allows_and_the_token_stays(
    served: Standin, tmp_path: Path
) -> None:
    served.token = "hf_secret"
    with standin() as other:
        other.serve(TWITTER.hub, "sentiment")
        served.redirects[ONNX] = f"{other.url}/{TWITTER.hub}/resolve/{COMMIT}/{ONNX}"
        allowed = AddressRules(allow=other.url.removeprefix("http://"))
        pull(hub_of(served, token="hf_secret", rules=allowed), tmp_path / "it")
        assert other.authorised == [""] and set(served.authorised) == {"Bearer hf_secret"}


def test_redirects_end(served: Standin, tmp_path: Path) -> None:
    served.redirects[ONNX] = f"{served.url}/{TWITTER.hub}/resolve/{COMMIT}/{ONNX}"
    with pytest.raises(AddressRefused, match="too often"):
        pull(hub_of(served), tmp_path / "it")


def test_what_is_not_there_or_closed(served: Standin) -> None:
    with pytest.raises(NotFound):
        hub_of(served).revision("nobody/nothing", "main")
    served.token = "hf_secret"
    with pytest.raises(NotFound, match="HF_TOKEN"):
        hub_of(served).revision(TWITTER.hub, "main")


def test_labels_the_catalogue_does_not_know_are_refused(served: Standin, tmp_path: Path) -> None:
    entry = replace(TWITTER, labels={"negative": "negative", "positive": "positive"})
    with pytest.raises(BadArtefact, match="neutral"):
        pull(hub_of(served), tmp_path / "it", entry)
