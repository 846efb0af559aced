"""The first schema: posts and their keys, readings, topics, rollups, and what processes tell."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    run_revision(op.get_bind(), "r0001_first_schema")
