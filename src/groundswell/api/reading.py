"""How routes read texts: by the chain of this process, or by a version that is named."""

from groundswell.analysis.predictor import Predictor
from groundswell.analysis.reader import Reader
from groundswell.core.clock import Clock


def predictor(reader: Reader, clock: Clock) -> Predictor:
    """Return what reads the texts of requests."""
    return Predictor(reader.failsafe, clock=clock, load=reader.load, version_of=reader.version_of)
