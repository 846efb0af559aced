"""False alarms of drift on stationary weeks, and how soon each kind of shift is seen, on simulated streams.

`python -m benchmarks drift` simulates ten weeks; `drift:50` fifty.
"""

from tests.drifting import AN_HOUR, DAY, SHIFTS, WEEK, first_alarm, stream

from benchmarks.report import machine

BEGIN = DAY + WEEK
STEP = 4
"""Hours between two looks; an installation looks every quarter of an hour."""
ROUNDS = 3


def main(weeks: str = "10") -> None:
    """State false alarms and delays."""
    machine("groundswell", "numpy")
    print(f"   {AN_HOUR} posts an hour; the last day against the week before it, every {STEP} hours")
    calm = [
        first_alarm(stream(BEGIN + WEEK, seed), range(BEGIN, BEGIN + WEEK, STEP))
        for seed in range(int(weeks))
    ]
    print(f"   stationary weeks with an alarm: {sum(found is not None for found in calm)} of {weeks}")
    for name, shift in SHIFTS.items():
        print(
            f"   {name:15} abrupt: {_delays(shift, 0)} h after it began; over 3 days: {_delays(shift, 72)} h"
        )


def _delays(shift: object, takes: int) -> str:
    hours = BEGIN + takes + 2 * DAY
    found = [
        first_alarm(
            stream(hours, seed, shift=shift, begins=BEGIN, takes=takes), range(BEGIN + STEP, hours, STEP)
        )  # type: ignore[arg-type]
        for seed in range(100, 100 + ROUNDS)
    ]
    return ", ".join("never" if one is None else str(one[0] - BEGIN) for one in found)
