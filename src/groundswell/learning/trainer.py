"""What a training job does: learn, judge, and publish version, decision, pointer and news in one transaction."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from groundswell.core.clock import Clock
from groundswell.core.errors import (
    BadArtefact,
    BadData,
    Conflict,
    GroundswellError,
    MissingExtra,
    NotFound,
    StopRequested,
)
from groundswell.learning import anew, snapshots
from groundswell.learning.appraisal import appraise
from groundswell.learning.candidate import Origin, fitted_on, judged_on_base, write_candidate
from groundswell.learning.contest import Outcome, School, contest
from groundswell.learning.corpus import Example, read_examples, some, three_way
from groundswell.learning.gate import Decision, GateRules, decide, refused
from groundswell.learning.rehearsal import remembered
from groundswell.learning.snapshots import Snapshot
from groundswell.models.artefact import Artefact
from groundswell.models.heads import Heads, load_heads
from groundswell.models.load import load_folder
from groundswell.models.selftest import self_test
from groundswell.models.transformer import ENCODER, HEADS, TransformerModel
from groundswell.models.vault import Vault
from groundswell.observe import logger
from groundswell.store import registry, training
from groundswell.store.alert_targets import News, queue_news
from groundswell.store.database import Database
from groundswell.store.registry import Deed, Version
from groundswell.store.training import Place, Settled, TrainingJob

GATE = "gate"
"""Who promotes and refuses here."""
GIVEN_ROWS = 5_000
"""Texts of a given data set that a first model learns from."""

log = logger("learning")


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """Runs training jobs."""

    database: Database
    vault: Vault
    clock: Clock
    rules: GateRules = field(default_factory=GateRules)
    #: folder of labelled data, for a first model and for whole versions
    data: Path | None = None
    #: encoder that fine-tuning starts from
    base: Path | None = None
    #: where whole versions are made; None: in a folder that is gone afterwards
    work: Path | None = None

    def run(self, name: str) -> None:
        """Run a job to its end; one that has ended, or is somebody else's by now, is left alone.

        What goes wrong for good is written down; an outage passes, and the job is begun again.
        """
        with self.database.transaction() as connection:
            job = training.begin(connection, name, self.clock.now())
        if job is None:
            return
        with suppress(StopRequested):
            try:
                _Work(self, job).run()
            except (NotFound, Conflict, BadArtefact, BadData, MissingExtra, OSError, ValueError) as error:
                self._failed(job, error)

    def _failed(self, job: TrainingJob, error: Exception) -> None:
        says = error.message if isinstance(error, GroundswellError) else f"{type(error).__name__}: {error}"
        log.warning("training failed", job=job.name, says=says)
        with self.database.transaction() as connection:
            if training.fail(connection, job.name, self.clock.now(), says):
                text = f"Training {job.name} failed: {says}"
                queue_news(connection, self.news(job, "model.failed", text, {}))

    def news(self, job: TrainingJob, kind: str, text: str, data: Mapping[str, Any]) -> News:
        """Return what people are told of a job."""
        said = {"job": job.name, "model": job.model, **data}
        return News(id=f"{kind} {job.name}", type=kind, text=text, at=self.clock.now(), data=said)


class _Work:
    """One attempt at one job."""

    def __init__(self, trainer: Trainer, job: TrainingJob) -> None:
        self._trainer, self._job = trainer, job
        self._database, self._vault = trainer.database, trainer.vault

    def run(self) -> None:
        if self._job.kind == "evaluate":
            self._evaluate()
        elif self._job.kind in anew.KINDS:
            self._train_anew()
        else:
            self._train()

    def report(self, progress: float, line: str) -> None:
        """Say how far it is; raises `StopRequested` when it is to end."""
        log.info("training", job=self._job.name, does=line)
        with self._database.transaction() as connection:
            training.report(connection, self._job, progress, line)

    # --- training ---------------------------------------------------------------------------------

    def _train(self) -> None:
        champion, root = self._places()
        snapshot = self._settle(champion, root.version)
        self.report(0.05, f"learning from {len(snapshot.items)} items, against {champion.name}")
        root_files, champion_files = self._files(root), self._files(champion)
        school = self._school(root_files, champion_files)
        outcome = contest(school, snapshot.items, self._posts(snapshot), self.report)
        decision = decide(outcome.evidence, self._trainer.rules)
        self.report(0.9, decision.reasons[0])
        with tempfile.TemporaryDirectory() as folder:
            candidate = self._written(Path(folder), root_files, snapshot, outcome)
            if problem := _problem(candidate, root_files.manifest["labels"]):
                decision = refused(decision, problem)
            kept, digest = self._vault.put(candidate.folder)
        self._publish(champion, kept.manifest, digest, decision)

    def _posts(self, snapshot: Snapshot) -> dict[UUID, Place]:
        with self._database.reading() as connection:
            return training.places(connection, [item.post for item in snapshot.items if item.post])

    def _train_anew(self) -> None:
        """Make a whole version of given texts and feedback; what it works with is kept while it may go on."""
        champion, _ = self._places()
        snapshot = self._settle(champion, "")
        with anew.workshop(self._trainer.work, self._job.name) as work:
            course = anew.Course(
                kind=anew.kind_of(self._job.kind), data=self._trainer.data, base=self._trainer.base, work=work
            )
            aim = anew.Aim(
                key=self._job.model,
                version=str(self._job.candidate),
                snapshot=snapshot.hash,
                last_feedback=self._job.last_feedback or 0,
            )
            made = anew.made_anew(course, aim, snapshot.items, self._job.created_at, self.report)
            self.report(0.8, "judging beside production")
            there = self._files(champion)
            models = load_folder(made.folder), load_folder(there.folder)
            evidence = anew.compared(course, models, snapshot.items, self._posts(snapshot), fitted_on(there))
            decision = decide(evidence, self._trainer.rules)
            if problem := _problem(made, there.manifest["labels"]):
                decision = refused(decision, problem)
            self.report(0.9, decision.reasons[0])
            kept, digest = self._vault.put(made.folder)
        self._publish(champion, kept.manifest, digest, decision)

    def _places(self) -> tuple[Version, Version]:
        """Return production and the version its heads started at."""
        key = self._job.model
        with self._database.reading() as connection:
            champion = registry.production(connection, key)
            if champion is None:
                raise Conflict(f"No version of {key} is in production, so there is nothing to retrain.")
            root = str(champion.manifest.get("options", {}).get("root", champion.name)).partition("@")[2]
            known = {one.version: one for one in registry.versions(connection, key)}
        return champion, known.get(root, champion)

    def _settle(self, champion: Version, root: str) -> Snapshot:
        """Freeze the feedback and name the version, the first time; begun again, find both as they were."""
        with self._database.transaction() as connection:
            if self._job.snapshot is None:
                frozen = snapshots.freeze(connection, self._trainer.clock)
                settled = Settled(
                    candidate=training.next_version(connection, self._job.model, root),
                    snapshot=frozen.hash,
                    last_feedback=max((item.id for item in frozen.items), default=0),
                )
                self._job = training.settle(
                    connection, self._job.name, replace(settled, champion=champion.name)
                )
            return snapshots.load(connection, str(self._job.snapshot))

    def _files(self, version: Version) -> Artefact:
        return self._vault.check(version.digest, version.location, version.name)

    def _school(self, root: Artefact, champion: Artefact) -> School:
        model = _transformer(root)
        if ENCODER not in champion.manifest["files"] or champion.sha256(ENCODER) != model.encoder:
            raise Conflict(
                f"{champion.key}@{champion.version} does not read the vectors of {model.info.name}; promote one "
                "of its line first."
            )
        return School(
            root=model,
            memory=remembered(root),
            champion=heads_of(champion),
            seen=fitted_on(champion),
            given=self._given() if self._job.kind == "bootstrap" else (),
        )

    def _given(self) -> Sequence[Example]:
        """Return labelled texts of the given data; none where none is given."""
        source = self._trainer.data / "sentiment" / "train.tsv" if self._trainer.data else None
        if source is None or not source.is_file():
            return ()
        return some(three_way(read_examples(source))[0], GIVEN_ROWS)

    def _written(self, folder: Path, root: Artefact, snapshot: Snapshot, outcome: Outcome) -> Artefact:
        """Write the candidate with its figures on the base rows."""
        origin = Origin(
            root=root,
            version=str(self._job.candidate),
            snapshot=snapshot.hash,
            last_feedback=self._job.last_feedback or 0,
            created_at=self._job.created_at,
        )
        figures = judged_on_base(outcome.heads, origin.name, remembered(root).gate_sentiment)
        return write_candidate(folder, origin, outcome, {"sentiment/base": asdict(figures)})

    def _publish(
        self, champion: Version, manifest: Mapping[str, Any], digest: str, decision: Decision
    ) -> None:
        """Let everything appear at once: version, decision, pointer, end of the job, news."""
        key, version = str(manifest["key"]), str(manifest["version"])
        now = self._trainer.clock.now()
        with self._database.transaction() as connection:
            made = Deed(by=GATE, at=now, reason=f"trained by {self._job.name}")
            registry.add(connection, manifest, digest=digest, location="folder", deed=made)
            there = registry.production(connection, key)
            if there is None or there.name != champion.name:
                raise Conflict(
                    f"{champion.name} is not in production any more, so {key}@{version} was judged against the "
                    "wrong version; ask for the training again."
                )
            deed = Deed(by=GATE, at=now, reason=" ".join(decision.reasons), evidence=decision.evidence)
            outcome = self._move(connection, registry.get(connection, key, version), decision, deed)
            told = {
                "promoted": outcome == "promoted",
                "outcome": outcome,
                "candidate": f"{key}@{version}",
                "champion": champion.name,
                "reasons": list(decision.reasons),
                "evidence": decision.evidence,
            }
            training.finish(connection, self._job, now, metrics=manifest["metrics"], decision=told)
            text = f"{key}@{version} was trained and {outcome}. {' '.join(decision.reasons[1:])}"
            queue_news(connection, self._trainer.news(self._job, f"model.{outcome}", text, told))
        log.info("training ended", job=self._job.name, candidate=f"{key}@{version}", outcome=outcome)

    def _move(
        self, connection: psycopg.Connection, candidate: Version, decision: Decision, deed: Deed
    ) -> str:
        """Do what was decided; return it in a word."""
        options = self._job.options
        if not decision.passed:
            registry.refused(connection, candidate, deed)
            return "refused"
        if options.get("shadow"):
            registry.shadow(connection, candidate.key, candidate.version, deed)
            return "shadowed"
        if options.get("promote", True):
            registry.promote(connection, candidate.key, candidate.version, deed)
            return "promoted"
        return "passed"

    # --- evaluation -------------------------------------------------------------------------------

    def _evaluate(self) -> None:
        key, _, number = self._job.model.partition("@")
        with self._database.reading() as connection:
            chosen = registry.get(connection, key, number) if number else registry.production(connection, key)
        if chosen is None:
            raise Conflict(f"No version of {key} is in production.")
        self.report(0.1, f"reading with {chosen.name}")
        artefact = self._files(chosen)
        metrics = appraise(
            artefact, str(self._job.options.get("data", "gate")), self._database, self._trainer.data
        )
        with self._database.transaction() as connection:
            training.finish(connection, self._job, self._trainer.clock.now(), metrics=metrics)


def heads_of(artefact: Artefact) -> Heads:
    """Return the heads of a version without its encoder, which costs time and memory."""
    calibration = artefact.manifest.get("calibration", {})
    temperatures = {task: float(entry["temperature"]) for task, entry in calibration.items()}
    name = f"{artefact.key}@{artefact.version}"
    return load_heads(artefact.path(HEADS), name=name, temperatures=temperatures)


def _problem(artefact: Artefact, labels: Mapping[str, Any]) -> str:
    """Return why a version may not answer; empty: it passes the test of every version."""
    try:
        self_test(artefact.manifest, load_folder(artefact.folder), labels=labels)
    except BadArtefact as error:
        return error.message
    return ""


def _transformer(artefact: Artefact) -> TransformerModel:
    model = load_folder(artefact.folder)
    if not isinstance(model, TransformerModel):
        raise Conflict(
            f"{artefact.key}@{artefact.version} has no heads to retrain; ask for a retraining of the kind "
            f"{artefact.kind}, or train it with `groundswell train` and add it with `groundswell models add`."
        )
    return model
