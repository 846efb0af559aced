"""Sums of counts stay whole numbers."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the aggregate."""
    run_revision(op.get_bind(), "r0012_whole_sums")
