"""The learning rate of each step."""


def warm_then_linear(step: int, *, steps: int, warm_up: float) -> float:
    """Return the factor of the peak rate at ``step``: up over the first ``warm_up`` share, then straight down to 0."""
    rise = max(1, round(steps * warm_up))
    if step < rise:
        return (step + 1) / rise
    return max(0.0, (steps - step) / max(1, steps - rise))
