"""What people say of posts and texts: feedback, label queues, and frozen sets of it."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create feedback, labelling and snapshots."""
    run_revision(op.get_bind(), "r0004_feedback")
