"""${message}."""

import sqlalchemy as sa
from alembic import op


revision = "${up_revision}"
down_revision = "${down_revision}"


def upgrade() -> None:
    """What this step does to the schema."""
    ${upgrades if upgrades else "pass"}
