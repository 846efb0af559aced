"""Re-analysis of history with another version, and looks at the drift of a version's readings."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create both tables."""
    run_revision(op.get_bind(), "r0006_drift")
