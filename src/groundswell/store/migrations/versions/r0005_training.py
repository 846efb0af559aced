"""Training and evaluation as jobs: what was asked for, how far it is, and what the gate decided."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the table of training jobs."""
    run_revision(op.get_bind(), "r0005_training")
