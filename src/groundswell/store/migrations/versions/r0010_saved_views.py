"""Saved views of the dashboard."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table."""
    run_revision(op.get_bind(), "r0010_saved_views")
