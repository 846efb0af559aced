"""The registry of model versions, and what processes agree on when a model fails."""

from alembic import op

from groundswell.store.migrations import run_revision

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the registry."""
    run_revision(op.get_bind(), "r0003_registry")
