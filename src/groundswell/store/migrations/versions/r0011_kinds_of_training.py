"""Whole versions are trained by jobs, too."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Allow the kinds."""
    run_revision(op.get_bind(), "r0011_kinds_of_training")
