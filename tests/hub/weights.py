"""A model of the stand-in hub that has no ONNX file."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.hub.server import ONNX, standin

from groundswell.core.clock import ManualClock
from groundswell.models import pulled
from groundswell.models.catalogue import read_catalogue
from groundswell.models.hub import Hub
from groundswell.outbound import AddressRules

ENTRY = replace(read_catalogue().get("twitter-roberta"), onnx="")


def fetch_weights(folder: Path) -> None:
    """Fetch it into `folder`; it is converted on the way."""
    with standin() as served:
        served.serve(ENTRY.hub, "sentiment", leave_out=(ONNX,))
        clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
        hub = Hub(clock=clock, rules=AddressRules(), endpoint=served.url)
        found = hub.revision(ENTRY.hub, ENTRY.revision)
        pulled.fetch(ENTRY, found, hub, folder, lambda *_: None)
        pulled.assemble(ENTRY, found, folder)
