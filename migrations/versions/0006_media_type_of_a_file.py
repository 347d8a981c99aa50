"""media type of a file

Revision ID: 0006
Revises: 0005

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.add_column(sa.Column("media_type", sa.String(length=100), nullable=False, server_default="text/csv"))
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.alter_column(
            "media_type", existing_type=sa.String(length=100), existing_nullable=False, server_default=None
        )


def downgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_column("media_type")
