"""Evaluates every rule every ten seconds, exactly once across any number of watchers.

One row of the store is the lease: who holds its lock evaluates, in one transaction with everything
that follows from it, and all others pass by. A watcher that is killed leaves nothing half done:
the next one finds the lease free and the moment due.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import orjson

from groundswell.alerts.evidence import Moment, gather, question_of, recounted
from groundswell.alerts.explanation import explain
from groundswell.alerts.message import as_json, details, sentence
from groundswell.alerts.rules import SHORTEST_CADENCE_SECONDS, Evidence, Verdict, act, faded, fading, judge
from groundswell.core.alert import EXPLAINED, SHARE_TYPES, Incident, Rule
from groundswell.core.clock import Clock
from groundswell.observe import Metrics, logger
from groundswell.store import alert_rules, alert_targets, alerts
from groundswell.store.alert_rules import RuleRow
from groundswell.store.database import Database
from groundswell.stream.ledger import Ledger
from groundswell.views.filters import MINUTE, ceil, floor

AT_THE_DOOR = timedelta(seconds=5)
"""A post is stamped before it is in the stream; until the door's time-out it may still be on its way."""
MOST_MISSED = 60
"""So many whole minutes that no look fell into are looked at later; of more, evenly spread ones."""
_INCIDENTS = UUID("6f2c9a86-2d61-5d4e-9d1b-0a4a6f6d7a52")

log = logger("alerts")


@dataclass(frozen=True, kw_only=True)
class WatcherParts:
    """What a watcher works with."""

    database: Database
    clock: Clock
    metrics: Metrics
    #: reads the stream's books; raises `StreamUnavailable`
    books: Callable[[], Ledger]
    #: tells the live feed: data as JSON, and what it is about; raises `StreamUnavailable`
    announce: Callable[[bytes, str], None]
    #: the default rule follows them
    threshold: float = 0.4
    window_minutes: int = 5


class Watcher:
    """One of any number of watchers."""

    def __init__(self, parts: WatcherParts) -> None:
        self._parts = parts
        self._default_kept = False
        #: when we asked how far analysis has come, and the answer
        self._marks: deque[tuple[datetime, datetime]] = deque(maxlen=64)

    def tick(self) -> bool:
        """Evaluate if it is time and nobody else does, and tell the live feed; True: we evaluated.

        To be called every two seconds or so. Raises `StoreUnavailable` or `StreamUnavailable`:
        without the books nobody knows how far analysis has come, and nothing is judged.
        """
        now = self._parts.clock.now()
        self._keep_default()
        books = self._parts.books()  # before the store is read: what settles meanwhile is not missed
        watermark = min(books.oldest_accepted_at or now, now) - AT_THE_DOOR
        moment = Moment(watermark=watermark, backlog_seconds=books.oldest_seconds(now))
        self._marks.append((now, watermark))
        with self._parts.database.transaction() as connection:
            before = now - timedelta(seconds=SHORTEST_CADENCE_SECONDS)
            ours = alerts.lease(connection, before=before)
            if ours:
                self._evaluate(connection, moment, self._missed(ours, watermark), now)
                self._queue_messages(connection, now)
                alerts.evaluated(connection, now)
        self._announce(now)
        return ours is not None

    def _missed(self, ours: alerts.Lease, watermark: datetime) -> list[datetime]:
        """Return the whole minutes that no look fell into: no watcher ran, or a backlog was read at a stroke.

        What came and went meanwhile is told late rather than never.
        """
        if ours.evaluated_at is None:
            return []
        then = [mark for at, mark in self._marks if at <= ours.evaluated_at][-1:]
        reached = min([ours.evaluated_at - AT_THE_DOOR, *(then or [self._marks[0][1]])])
        first, last = ceil(reached + MINUTE, MINUTE), floor(watermark - MINUTE, MINUTE)
        count = max(0, (last - first) // MINUTE + 1)
        return [first + place * MINUTE for place in range(0, count, 1 + count // MOST_MISSED)]

    def _keep_default(self) -> None:
        if self._default_kept:
            return
        parts = self._parts
        with parts.database.transaction() as connection:
            alert_rules.keep_default(
                connection, threshold=parts.threshold, window_minutes=parts.window_minutes
            )
        self._default_kept = True

    def _evaluate(self, connection: Any, moment: Moment, missed: Sequence[datetime], now: datetime) -> None:
        rules, _ = alert_rules.rows(connection, limit=alert_rules.MOST_RULES, offset=0)
        newest = alerts.latest(connection)
        for row in rules:
            try:
                with connection.transaction():
                    last = self._look_back(connection, row, newest.get(row.id), missed, now)
                    self._settle(connection, row, last, moment, now)
            except Exception as error:  # noqa: BLE001 - one broken rule must not silence the others
                log.warning("a rule failed", rule=row.id, says=str(error) or type(error).__name__)

    def _look_back(
        self,
        connection: Any,
        row: RuleRow,
        last: Incident | None,
        missed: Sequence[datetime],
        now: datetime,
    ) -> Incident | None:
        """Open the incident that a look into one of the missed minutes would have opened; return the newest."""
        if row.rule.type not in EXPLAINED or (last is not None and last.status != "resolved"):
            return last
        for end in (end for end in missed if end > row.updated_at):
            evidence = gather(connection, row.rule, Moment(watermark=end))
            if act(row.rule, judge(row.rule, evidence), last, now) == "open":
                opened = self._open(connection, row, end, evidence, now)
                if opened is not None:
                    return opened
        return last

    def _settle(
        self, connection: Any, row: RuleRow, last: Incident | None, moment: Moment, now: datetime
    ) -> None:
        if not row.rule.enabled and (last is None or last.status == "resolved"):
            return
        evidence = gather(connection, row.rule, moment)
        verdict = judge(row.rule, evidence)
        action = act(row.rule, verdict, last, now)
        if action == "resolve" and last is not None:
            alerts.move(connection, last.id, "resolved", now, "The value is back inside the threshold.")
        elif last is not None and verdict.state == "unsure" and _is_over(connection, row.rule, last, moment):
            alerts.move(connection, last.id, "resolved", now, "Too few posts come to bear it any longer.")
        if action == "open":
            end = now if row.rule.type == "system" else moment.watermark
            self._open(connection, row, end, evidence, now)

    def _open(
        self, connection: Any, row: RuleRow, end: datetime, evidence: Evidence, now: datetime
    ) -> Incident | None:
        """Open an incident if the posts themselves bear out what the rollups say."""
        evidence = recounted(connection, row.rule, end, evidence)
        verdict = judge(row.rule, evidence)
        if verdict.state != "beyond":
            return None
        incident = incident_of(connection, row, verdict, evidence, end, now)
        if not alerts.open_incident(connection, incident):
            return None
        self._parts.metrics.count("groundswell_alerts_total", type=incident.alert_type)
        log.info("alert", id=str(incident.id), rule=row.id)
        return incident

    def _queue_messages(self, connection: Any, now: datetime) -> None:
        """Queue one message per incident and target; in quiet hours it waits, and may lapse.

        What is over when it is found is told all the same, unless its rule has quiet hours.
        """
        rules, _ = alert_rules.rows(connection, limit=alert_rules.MOST_RULES, offset=0)
        quiet = {row.id for row in rules if row.rule.quiet(now)}
        prompt = {row.id for row in rules if row.rule.quiet_from is None}
        ready = [i for i in alerts.to_notify(connection) if i.rule_id not in quiet or i.status != "open"]
        targets = alert_targets.enabled(connection) if ready else []
        for incident in ready:
            lapsed = incident.status != "open" and incident.rule_id not in prompt
            for target in [] if lapsed else targets:
                alerts.queue_message(connection, message=str(incident.id), target=target, alert=incident.id)
        if ready:
            alerts.notified(connection, [incident.id for incident in ready], now)

    def _announce(self, now: datetime) -> None:
        """Tell the live feed what is new; told twice after a crash, clients apply it by its id."""
        with self._parts.database.transaction() as connection:
            waiting = alerts.to_announce(connection)
            for incident in waiting:
                data = orjson.dumps(as_json(incident), option=orjson.OPT_UTC_Z)
                self._parts.announce(data, str(incident.id))
            if waiting:
                alerts.announced(connection, [incident.id for incident in waiting], now)


def _is_over(connection: Any, rule: Rule, last: Incident, moment: Moment) -> bool:
    """Tell whether the posts of a share's incident have ceased; a backlog or a gap is no such end."""
    if rule.type not in SHARE_TYPES or last.status == "resolved":
        return False
    longer = fading(rule)
    if moment.watermark - longer.window < last.window_end:
        return False
    return faded(longer, gather(connection, longer, moment))


def incident_of(
    connection: Any, row: RuleRow, verdict: Verdict, evidence: Evidence, end: datetime, now: datetime
) -> Incident:
    """Put an incident into words, with its explanation where its rule speaks of posts."""
    rule, asked = row.rule, question_of(row.rule, end)
    explanation = explain(connection, asked) if rule.type in EXPLAINED else None
    return Incident(
        id=uuid5(_INCIDENTS, f"{row.id} {end.isoformat()}"),
        rule_id=row.id,
        alert_type=rule.type,
        message=sentence(rule, verdict, explanation, end),
        severity=rule.severity,
        status="open",
        threshold_value=rule.threshold,
        actual_value=verdict.value,
        interval=verdict.interval,
        window_start=asked.now.start,
        window_end=end,
        post_count=verdict.post_count,
        triggered_at=end,
        created_at=now,
        details=details(rule, row.id, evidence, explanation),
    )
