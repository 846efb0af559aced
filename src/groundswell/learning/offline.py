"""`groundswell train --kind head`: a head from a file of corrections, judged by the gate; needs no server."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from groundswell.core.clock import Clock
from groundswell.core.errors import BadData, Conflict
from groundswell.core.mood import SENTIMENTS
from groundswell.learning import snapshots
from groundswell.learning.candidate import Origin, fitted_on, judged_on_base, write_candidate
from groundswell.learning.contest import School, contest
from groundswell.learning.corpus import Example, read_examples
from groundswell.learning.dataset import load_features
from groundswell.learning.gate import Decision, GateRules, decide
from groundswell.learning.holdout import held_out
from groundswell.learning.rehearsal import remembered
from groundswell.models.artefact import SHIPPED, Artefact, open_artefact, shipped_versions
from groundswell.models.load import DEFAULT_MODEL, load_folder
from groundswell.models.transformer import TransformerModel
from groundswell.store.feedback import FeedbackItem

NEW = "head"
"""Name of the version where none is given: `VERSION.head`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lessons:
    """What a head learns from, and where it begins."""

    #: text<TAB>label
    data: Path
    #: vectors of its texts, made by `groundswell dataset features`; None: they are made now
    features: Path | None = None
    #: version folder; None: the one that ships
    base: Path | None = None


def root_model(base: Path | None) -> tuple[Artefact, TransformerModel]:
    """Return a version whose heads can be retrained, by default the one that ships, and its model.

    Raises `BadArtefact`, or `Conflict` for one that has no encoder.
    """
    root = open_artefact(base or SHIPPED / DEFAULT_MODEL / shipped_versions()[DEFAULT_MODEL][-1])
    model = load_folder(root.folder)
    if not isinstance(model, TransformerModel):
        raise Conflict(f"{model.info.name} has no encoder, so nothing can be learned on its vectors.")
    return root, model


def train_head(
    lessons: Lessons, out: Path | None, *, clock: Clock, report: Callable[[str], None]
) -> tuple[Artefact, Decision]:
    """Learn from a file of corrections and write the version, whatever the gate says of it.

    The version it begins at stands for production, too. Raises `BadData`, `BadArtefact`, or `Conflict` for a model
    without memory.
    """
    root, model = root_model(lessons.base)
    memory = remembered(root)
    items = _items(read_examples(lessons.data), clock.now())
    texts = [item.content for item in items]
    stored = load_features(lessons.features, model, texts) if lessons.features else None
    school = School(root=model, memory=memory, champion=model.heads, seen=fitted_on(root))
    outcome = contest(school, items, {}, lambda _, line: report(line), stored=stored)
    decision = decide(outcome.evidence, GateRules())
    folder = out or Path("data/models") / root.key / f"{root.version}.{NEW}"
    folder.mkdir(parents=True, exist_ok=True)
    origin = Origin(
        root=root,
        version=folder.name,
        snapshot=snapshots.content_hash(items),
        last_feedback=0,
        created_at=clock.now(),
    )
    figures = judged_on_base(outcome.heads, origin.name, memory.gate_sentiment)
    return write_candidate(folder, origin, outcome, {"sentiment/base": asdict(figures)}), decision


def _items(examples: list[Example], now: datetime) -> list[FeedbackItem]:
    """Return each text once, with its last label; raises `BadData` for a label that is no sentiment."""
    last = {example.text: example for example in examples}
    unknown = sorted({label for one in last.values() for label in one.labels} - set(SENTIMENTS))
    if unknown or not last:
        raise BadData(
            f"Labels must be among {', '.join(SENTIMENTS)}; found are {', '.join(unknown) or 'none'}."
        )
    return [
        FeedbackItem(
            id=number,
            content=one.original,
            label=[str(label) for label in SENTIMENTS].index(one.labels[0]),
            emotion=None,
            held_out=held_out(one.original),
            origin="import",
            post=None,
            model=None,
            prediction=None,
            annotator=None,
            created_at=now,
        )
        for number, one in enumerate(last.values(), 1)
    ]
