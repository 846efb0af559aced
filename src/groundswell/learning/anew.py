"""A whole version made anew by a job, from given texts and feedback, and judged beside production on texts.

The given texts that training never sees (`corpus.three_way`) are the base rows; feedback that is held out is the rest
of the evidence. Nothing of it needs the vectors of either, so any two models can be compared.
"""

import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from groundswell.core.clock import Clock, ManualClock
from groundswell.core.errors import Conflict
from groundswell.core.mood import SENTIMENTS
from groundswell.core.text import fingerprint
from groundswell.learning.candidate import FITTED, save_fitted
from groundswell.learning.contest import slices_of, to_learn_from
from groundswell.learning.corpus import Example, file_facts, read_examples, three_way
from groundswell.learning.dataset import save_rows
from groundswell.learning.evaluation import evaluate
from groundswell.learning.gate import Evidence, Rows
from groundswell.learning.publish import Version, publish
from groundswell.models.artefact import Artefact
from groundswell.models.load import load_folder
from groundswell.models.port import Model
from groundswell.store.feedback import FeedbackItem
from groundswell.store.training import Place

Kind = Literal["tfidf", "finetune"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COUNTS = 6
"""As so many given texts one item of feedback counts, like one among the rehearsal rows of a head."""
GIVEN = Path("sentiment/train.tsv")
CHUNK = 2_048

Report = Callable[[float, str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What a version is made from, and where."""

    kind: Kind
    #: folder of labelled texts; None: none is given
    data: Path | None
    #: encoder that finetune starts from
    base: Path | None
    #: folder of this job: texts put together, and checkpoints with which a job begun again goes on
    work: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """What is made: `key@version`, and where its feedback comes from."""

    key: str
    version: str
    #: hash of the snapshot of feedback
    snapshot: str
    #: highest id in it
    last_feedback: int


def given_texts(kind: Kind, data: Path | None, base: Path | None) -> Path:
    """Return the file of given texts; raises `Conflict` that says which setting is missing for the kind."""
    if data is None or not (data / GIVEN).is_file():
        raise Conflict(
            f"A {kind} version learns from labelled texts beside feedback; set GROUNDSWELL_DATA to a folder that "
            f"holds {GIVEN}."
        )
    if kind == "finetune" and (base is None or not base.is_dir()):
        raise Conflict(
            "A finetune version starts from an encoder; set GROUNDSWELL_FINETUNE_BASE to a folder with config.json, "
            "model.safetensors and tokenizer.json."
        )
    return data / GIVEN


@contextmanager
def workshop(root: Path | None, job: str) -> Iterator[Path]:
    """Yield the folder of a job; after an outage or a kill it is still there, and the job goes on in it."""
    if root is None:
        with tempfile.TemporaryDirectory() as passing:
            yield Path(passing)
        return
    folder = root / job
    for other in root.glob("*"):  # one job runs at a time: what others left is of no use to anybody
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def kind_of(kind: str) -> Kind:
    """Return the kind of a job, as one that makes whole versions."""
    return next(one for one in KINDS if one == kind)


def made_anew(
    course: Course, aim: Aim, items: Sequence[FeedbackItem], at: datetime, report: Report
) -> Artefact:
    """Train on given texts and feedback, and publish the version in the folder of the job; raises `Conflict`.

    `at` is when it was asked for, and the version's date: a job that is begun again makes the same version.
    """
    source = given_texts(course.kind, course.data, course.base)
    learn = to_learn_from(items)
    learned = [item for item, used in zip(items, learn, strict=True) if used]
    report(0.1, f"learning from {source} and {len(learned):,} items of feedback")
    data = _together(course, source, items, learned)
    folder = course.work / aim.key / aim.version
    folder.mkdir(parents=True, exist_ok=True)
    made = _trained(course, data, folder, ManualClock(at), lambda line: report(0.2, line))
    save_fitted(learned, folder / FITTED)
    facts = [
        {**file_facts(source, name="labelled texts given to this installation", licence="its own")},
        {
            "name": "feedback of this installation",
            "licence": "its own",
            "rows": len(learned),
            "sha256": aim.snapshot,
        },
    ]
    stamped = publish(folder, _stamped(made, aim, facts), created_at=at)
    return publish(folder, replace(_facts(stamped), metrics=_figures(stamped, source)), created_at=at)


def compared(
    course: Course,
    models: tuple[Model, Model],
    items: Sequence[FeedbackItem],
    places: Mapping[UUID, Place],
    seen: Collection[bytes],
) -> Evidence:
    """Return what candidate and production read in given texts that training never sees, and in held-out feedback.

    `seen` are fingerprints of what production was fitted on.
    """
    candidate, champion = models
    gate = three_way(read_examples(given_texts(course.kind, course.data, course.base)))[2]
    heard = [item for item in items if item.held_out and fingerprint(item.content) not in seen]
    mine = _rows([item.content for item in heard], [item.label for item in heard], candidate, champion)
    everything = _labels(champion, [item.content for item in items])
    said = np.array([item.label for item in items], dtype=np.int64)
    opposite = len(SENTIMENTS) - 1 - said
    return Evidence(
        base=_rows([one.original for one in gate], [_place(one) for one in gate], candidate, champion),
        feedback=mine,
        source="held_out" if heard else "none",
        slices=slices_of(heard, places),
        contradicting=int(((everything == opposite) & (opposite != said)).sum()),
        labels=len(items),
    )


def _figures(made: Artefact, source: Path) -> dict[str, Any]:
    """Return the figures on given texts that training never sees."""
    model = load_folder(made.folder)
    gate = three_way(read_examples(source))[2]
    readings = [one for part in _chunks([one.original for one in gate]) for one in model.read(part)]
    return {**made.manifest["metrics"], "sentiment/base": asdict(evaluate(model.info, readings, gate))}


def _together(
    course: Course, source: Path, items: Sequence[FeedbackItem], learned: Sequence[FeedbackItem]
) -> Path:
    """Write a data folder: the given texts without those held out as feedback, and the feedback, weighted."""
    folder = course.work / "data"
    apart = {fingerprint(item.content) for item in items if item.held_out}
    given = [one for one in read_examples(source) if fingerprint(one.original) not in apart]
    rows = [(one.original, ",".join(one.labels)) for one in given]
    rows += [(item.content, str(SENTIMENTS[item.label])) for item in learned for _ in range(COUNTS)]
    save_rows(rows, folder / GIVEN)
    root = source.parent.parent
    for rest in (*root.glob("*/*.tsv"), *root.glob("*/*.txt")):
        link = folder / rest.relative_to(root)
        if not link.exists():
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(rest.resolve())
    return folder


def _trained(
    course: Course, data: Path, folder: Path, clock: Clock, report: Callable[[str], None]
) -> Artefact:
    if course.kind == "tfidf":
        from groundswell.learning.recipes import tfidf_plan, train_tfidf_version

        return train_tfidf_version(data, folder, tfidf_plan({}), clock=clock, report=report)
    from groundswell.learning.joint import Places, joint_plan, train_joint_version

    assert course.base is not None  # noqa: S101 - `given_texts` has looked
    tasks = [task for task in ("sentiment", "emotion") if (data / task / "train.tsv").is_file()]
    places = Places(data=data, base=course.base, work=course.work / "checkpoints", version=folder)
    plan = joint_plan({"tasks": tuple(tasks)})
    return train_joint_version(places, plan, clock=clock, report=report, step=_Steps(report))


class _Steps:
    """Tells of every hundredth step of fine-tuning."""

    def __init__(self, report: Callable[[str], None]) -> None:
        self._report = report

    def __call__(self, progress: Any) -> None:
        if progress.step % 100 == 0:
            self._report(f"step {progress.step:,} of {progress.steps:,}, loss {progress.loss:.4f}")


def _facts(made: Artefact) -> Version:
    return Version(
        **{one.name: made.manifest[one.name] for one in fields(Version) if one.name in made.manifest}
    )


def _stamped(made: Artefact, aim: Aim, data: Sequence[Mapping[str, Any]]) -> Version:
    rest = made.manifest.get("data", [])[1:]  # the first is the file put together here
    options = {**made.manifest.get("options", {}), "last_feedback": aim.last_feedback}
    changes: dict[str, Any] = {
        "key": aim.key,
        "version": aim.version,
        "data": [*data, *rest],
        "options": options,
    }
    return replace(_facts(made), **changes)


def _rows(texts: Sequence[str], truth: Sequence[int], candidate: Model, champion: Model) -> Rows:
    return Rows(
        truth=np.array(truth, dtype=np.int64),
        candidate=_labels(candidate, texts),
        champion=_labels(champion, texts),
    )


def _labels(model: Model, texts: Sequence[str]) -> NDArray[np.int64]:
    names = [str(label) for label in SENTIMENTS]
    found = [names.index(one.sentiment) for part in _chunks(texts) for one in model.read(part)]
    return np.array(found, dtype=np.int64)


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[at : at + CHUNK] for at in range(0, len(texts), CHUNK))


def _place(example: Example) -> int:
    return [str(label) for label in SENTIMENTS].index(example.labels[0])
