"""From a data folder to a published version: what `groundswell train` does for each kind."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from groundswell.core.clock import Clock
from groundswell.core.errors import BadData, BadSettings
from groundswell.core.mood import SENTIMENTS
from groundswell.learning.corpus import HELD_OUT_SHARE, Example, file_facts, read_examples, split
from groundswell.learning.evaluation import evaluate
from groundswell.learning.publish import Version, publish
from groundswell.learning.tfidf import TfidfPlan, save_weights, train_tfidf
from groundswell.models.artefact import Artefact
from groundswell.models.tfidf import TfidfModel

Report = Callable[[str], None]

SENTIMENT_TERMS = "tweets, under the terms of the platform and of SemEval"


def tfidf_plan(overrides: Mapping[str, Any]) -> TfidfPlan:
    """Return the plan with a config file's or flags' values put in; raises `BadSettings` for an unknown name."""
    unknown = set(overrides) - set(TfidfPlan.__slots__)
    if unknown:
        raise BadSettings(
            f"A plan for tfidf has no {', '.join(sorted(unknown))}; it has {', '.join(TfidfPlan.__slots__)}."
        )
    return replace(TfidfPlan(), **overrides)


def train_tfidf_version(
    data: Path, folder: Path, plan: TfidfPlan, *, clock: Clock, report: Report
) -> Artefact:
    """Train on `data`/sentiment/train.tsv, judge on dev.tsv, and publish into `folder` (`KEY/VERSION`)."""
    source = need(data / "sentiment" / "train.tsv")
    train, held_out = split(read_examples(source), share=HELD_OUT_SHARE)
    report(f"training on {len(train):,} texts, {len(held_out):,} held out")
    weights = train_tfidf(train, held_out, plan)
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(weights, folder)
    version = Version(
        key=folder.parent.name,
        version=folder.name,
        kind="tfidf",
        description="Words and pairs of words, weighed by TF-IDF, under class-balanced logistic regression.",
        labels={"sentiment": list(SENTIMENTS)},
        calibration={"sentiment": {"temperature": weights.temperature}},
        data=[file_facts(source, name="SemEval 2013 to 2016 sentiment", licence=SENTIMENT_TERMS)],
        plan=asdict(plan),
        command="groundswell train --kind tfidf --data DATA",
    )
    draft = publish(folder, version, created_at=clock.now())
    metrics = figures(TfidfModel(draft), {"sentiment/dev": data / "sentiment" / "dev.tsv"}, report)
    return publish(folder, replace(version, metrics=metrics), created_at=clock.now())


def figures(model: Any, files: Mapping[str, Path], report: Report) -> dict[str, Any]:
    """Return the model's figures on each file that is there."""
    metrics: dict[str, Any] = {}
    for name, path in files.items():
        if path.is_file():
            examples: list[Example] = read_examples(path)
            evaluation = evaluate(
                model.info, model.read([example.original for example in examples]), examples
            )
            metrics[name] = asdict(evaluation)
            report(f"{name}: macro-recall {100 * evaluation.macro_recall.value:.1f} %")
    return metrics


def need(path: Path) -> Path:
    """Return the path of a file of the data folder; raises `BadData` when it is not there."""
    if not path.is_file():
        raise BadData(f"There is no {path}; --data must name the folder that holds sentiment/train.tsv.")
    return path
