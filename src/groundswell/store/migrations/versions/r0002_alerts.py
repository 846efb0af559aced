"""Alert rules, incidents, and where their messages go."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create them."""
    run_revision(op.get_bind(), "r0002_alerts")
