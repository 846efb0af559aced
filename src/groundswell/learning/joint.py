"""`groundswell train --kind finetune`: an encoder and its heads, from labels and, if given, from a teacher."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from groundswell.core.clock import Clock
from groundswell.core.errors import BadSettings, MissingExtra
from groundswell.learning.agreement import agreement
from groundswell.learning.balance import frequencies
from groundswell.learning.corpus import GATE_SHARE, Example, file_facts, read_examples, split, three_way
from groundswell.learning.export import Trained, export
from groundswell.learning.finetune import Plan, finetune
from groundswell.learning.material import LABELS, UNLABELLED, joint_material
from groundswell.learning.onward import encoder_folder, is_version, mix, starting_heads
from groundswell.learning.publish import Version, publish
from groundswell.learning.readings import Report, load_readings, nothing_read, read_all
from groundswell.learning.recipes import SENTIMENT_TERMS, figures, need
from groundswell.learning.weights import Floats
from groundswell.models.artefact import Artefact, file_sha256
from groundswell.models.load import load_folder, load_named_or_folder
from groundswell.models.port import Model
from groundswell.models.transformer import ENCODER

KINDS = {"sentiment": "one", "emotion": "any"}

FACTS = {
    "sentiment": ("SemEval 2013 to 2016 sentiment", SENTIMENT_TERMS),
    "emotion": ("GoEmotions, Ekman grouping", "Reddit comments, Apache-2.0"),
    UNLABELLED: ("texts of TweetEval's other tasks, no labels used", SENTIMENT_TERMS),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class JointPlan:
    """Every choice of a run; a config file or a flag may change each."""

    #: Heads to train.
    tasks: tuple[str, ...] = ("sentiment", "emotion")
    rate: float = 8e-5
    epochs: int = 3
    rows: int = 32
    #: Weight of the emotion head's loss; sentiment has 1.
    emotion_weight: float = 0.7
    #: Share of the teacher in the targets of texts that people labelled too.
    trust: float = 0.7
    #: Share of the labelled comments that the emotion head learns from.
    emotion_share: float = 1.0
    #: Share of the texts without labels that are learned from, where a teacher is given.
    unlabelled_share: float = 1.0
    #: Share of the texts that are read without their links: collections differ in whether they kept them.
    linkless: float = 0.0
    #: Share of a second version's weights in those that training begins with, where one is given.
    second_share: float = 0.5
    #: Lowest layers that stay as they are, with the embeddings; -1 trains everything.
    frozen_layers: int = -1
    #: Decay of the running average of the weights; 0 keeps the last ones.
    average: float = 0.999
    #: How far sentiments are read as if all were as frequent: 0 as in training, 1 wholly.
    balance: float = 0.0
    #: Train on texts of these years only (a rehearsal of reading a later year); 0 for all.
    until_year: int = 0
    seed: int = 1
    threads: int = 2
    checkpoint_seconds: float = 240.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Folders of a run."""

    data: Path
    #: encoder to start from: config.json, model.safetensors, tokenizer.json; or a published version to go on from
    base: Path
    #: another version, whose weights are mixed into those of the base
    second: Path | None = None
    #: checkpoints, curve and the teacher's readings
    work: Path
    #: the version, `KEY/VERSION`
    version: Path
    #: key or folder of a model that labels texts for this one
    teacher: str | None = None
    #: name and licence of the base, for the card
    parent: Mapping[str, str] = field(default_factory=dict)


def joint_plan(overrides: Mapping[str, Any]) -> JointPlan:
    """Return the plan with overrides put in; raises `BadSettings` for an unknown name."""
    names = [entry.name for entry in fields(JointPlan)]
    unknown = sorted(set(overrides) - set(names))
    if unknown:
        raise BadSettings(f"A plan for finetune has no {', '.join(unknown)}; it has {', '.join(names)}.")
    return replace(JointPlan(), **overrides)


def train_joint_version(
    places: Places, plan: JointPlan, *, clock: Clock, report: Report, step: Any
) -> Artefact:
    """Train, or go on training, and publish; `step` is called with a `Progress` after every step."""
    ways = {task: three_way(_until(places.data / task / "train.tsv", plan)) for task in plan.tasks}
    train = {task: rows for task, (rows, _, _) in ways.items()}
    if is_version(places.base):
        places = _going_on(places, plan, frequencies(train["sentiment"]) if "sentiment" in train else None)
    weights = _train(places, plan, train, report, step)
    trained = Trained(
        base=places.base,
        weights=weights,
        train=train,
        calibration={task: rows for task, (_, rows, _) in ways.items()},
        gate={task: rows for task, (_, _, rows) in ways.items()},
        balance=plan.balance,
    )
    report("exporting")
    artefact = export(trained, places.version, _version(places, plan), clock=clock)
    return _judged(artefact, places, plan, clock, report)


def _going_on(places: Places, plan: JointPlan, known: Floats | None) -> Places:
    """Open the published version that is the base, and let the card's parent say which weights it had."""
    parent = {**places.parent, "encoder_sha256": file_sha256(places.base / ENCODER)}
    folder = encoder_folder(places.base, places.work / "base", known)
    if places.second:
        parent["second_encoder_sha256"] = file_sha256(places.second / ENCODER)
        mix(folder, encoder_folder(places.second, places.work / "second", known), share=plan.second_share)
    return replace(places, base=folder, parent=parent)


def _train(
    places: Places, plan: JointPlan, train: dict[str, list[Example]], report: Report, step: Any
) -> Any:
    try:
        import torch

        from groundswell.learning.network import build, freeze, start_heads
    except ImportError:
        raise MissingExtra from None

    parts = {filed: _taken(part, filed, plan) for filed, part in {**train, **_unlabelled(places)}.items()}
    readings = _readings(places, parts, report)
    parts = {filed: split(part, share=GATE_SHARE)[0] for filed, part in parts.items()}
    material = joint_material(
        places.base, parts, plan.tasks, readings, trust=plan.trust, linkless=plan.linkless
    )
    report(f"training on {len(material):,} texts, {len(readings):,} of them read by a teacher")
    torch.manual_seed(plan.seed)
    network = build(places.base, {task: len(LABELS[task]) for task in plan.tasks}, stored=True)
    start_heads(network, starting_heads(places.base))
    if plan.frozen_layers >= 0:
        freeze(network, layers=plan.frozen_layers)
    weights = finetune(network, material, loop_plan(plan), places.work, step)
    return {name: weight.numpy() for name, weight in weights.items()}


def _taken(part: list[Example], filed: str, plan: JointPlan) -> list[Example]:
    """Return the share of a part that the plan learns from, chosen by the hash of each text."""
    share = {"emotion": plan.emotion_share, UNLABELLED: plan.unlabelled_share}.get(filed, 1.0)
    if share >= 1:
        return part
    return sorted(part, key=lambda example: example.key)[: round(share * len(part))]


def loop_plan(plan: JointPlan) -> Plan:
    """Return what the training loop needs to know of the plan."""
    return Plan(
        rate=plan.rate,
        epochs=plan.epochs,
        rows=plan.rows,
        heads={task: plan.emotion_weight if task == "emotion" else 1.0 for task in plan.tasks},
        kinds={task: KINDS[task] for task in plan.tasks},  # type: ignore[misc]
        average=plan.average,
        seed=plan.seed,
        threads=plan.threads,
        checkpoint_seconds=plan.checkpoint_seconds,
    )


def _until(path: Path, plan: JointPlan) -> list[Example]:
    examples = read_examples(need(path))
    return [e for e in examples if not plan.until_year or e.year is None or e.year <= plan.until_year]


def _unlabelled(places: Places) -> dict[str, list[Example]]:
    """Return the texts that only a teacher can label; none without a teacher.

    They come in the order of their hashes: what a teacher reads first is a fair sample of all.
    """
    path = _unlabelled_file(places)
    if not places.teacher or not path.is_file():
        return {}
    return {UNLABELLED: sorted(read_examples(path), key=lambda example: example.key)}


def _agreement(model: Model, places: Places) -> dict[str, Any]:
    """Return how often the model reads unlabelled texts that it was not trained on as its teacher does."""
    held_out = [
        example for part in _unlabelled(places).values() for example in split(part, share=GATE_SHARE)[1]
    ]
    return (
        {"agreement": agreement(model, held_out, load_readings(_readings_file(places)))} if held_out else {}
    )


def _readings_file(places: Places) -> Path:
    """Return where the teacher's readings are: the given file, or the one that grows in the work folder."""
    given = Path(places.teacher or "")
    return given if given.suffix == ".safetensors" else places.work / "readings.safetensors"


def _unlabelled_file(places: Places) -> Path:
    return places.data / "auxiliary" / "tweets_unlabelled.txt"


def _readings(places: Places, parts: Mapping[str, list[Example]], report: Report) -> Any:
    """Return what the teacher reads in every text; a file of readings may stand for a teacher."""
    if places.teacher is None:
        return nothing_read()
    path = _readings_file(places)
    if path == Path(places.teacher):
        return load_readings(need(path))
    # Tweets before comments: a teacher of sentiment that is stopped early has read what it knows best.
    tweets_first = sorted(parts, key=lambda filed: filed == "emotion")
    examples = [example for filed in tweets_first for example in parts[filed]]
    return read_all(load_named_or_folder(places.teacher, threads=2), examples, path, report)


def _version(places: Places, plan: JointPlan) -> Version:
    return Version(
        key=places.version.parent.name,
        version=places.version.name,
        kind="transformer",
        description="A small transformer that reads sentiment and emotions; 8-bit, made for plain CPUs."
        if "emotion" in plan.tasks
        else "A transformer that reads sentiment; 8-bit.",
        labels={task: list(LABELS[task]) for task in plan.tasks},
        calibration={},
        parent=places.parent or None,
        data=_facts(places, plan),
        plan=asdict(plan),
        command="groundswell train --kind finetune --data DATA --base ENCODER"
        + (" --with VERSION" if places.second else "")
        + (" --teacher TEACHER" if places.teacher else "")
        + " --config PLAN",
        options={"teacher": _teacher_name(places.teacher)},
    )


def _teacher_name(teacher: str | None) -> str | None:
    """Return the key of a teacher's version folder, or the name of the file of its readings."""
    if teacher is None:
        return None
    path = Path(teacher)
    return path.name if path.suffix == ".safetensors" else path.parent.name or teacher


def _facts(places: Places, plan: JointPlan) -> list[Mapping[str, Any]]:
    files = {task: places.data / task / "train.tsv" for task in plan.tasks}
    if places.teacher:
        files[UNLABELLED] = _unlabelled_file(places)
    facts: list[Mapping[str, Any]] = [
        file_facts(path, name=FACTS[task][0], licence=FACTS[task][1])
        for task, path in files.items()
        if path.is_file()
    ]
    return [*facts, _readings_facts(places)] if places.teacher else facts


def _readings_facts(places: Places) -> Mapping[str, Any]:
    path = _readings_file(places)
    return {
        "name": "a larger model's scores of these texts, by the hash of each",
        "licence": "ours",
        "rows": len(load_readings(path)),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _judged(artefact: Artefact, places: Places, plan: JointPlan, clock: Clock, report: Report) -> Artefact:
    """Publish again with the figures on the dev files, which nothing was fitted on."""
    dev = {f"{task}/dev": places.data / task / "dev.tsv" for task in plan.tasks}
    model = load_folder(artefact.folder, threads=plan.threads)
    metrics = figures(model, dev, report) | _agreement(model, places)
    facts = {entry.name: artefact.manifest[entry.name] for entry in fields(Version)}
    version = Version(**facts | {"metrics": {**facts["metrics"], **metrics}})
    return publish(artefact.folder, version, created_at=clock.now())
