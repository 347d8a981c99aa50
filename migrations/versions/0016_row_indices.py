"""indices of rows

Revision ID: 0016
Revises: 0015

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.add_column(sa.Column("index_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("index_size", sa.BigInteger(), nullable=True))
        batch_op.create_index(op.f("ix_files_index_key"), ["index_key"], unique=False)


def downgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index(op.f("ix_files_index_key"))
        batch_op.drop_column("index_size")
        batch_op.drop_column("index_key")
