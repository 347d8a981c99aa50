"""turns and lost attempts

Revision ID: 0002
Revises: 0001

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade():
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
        batch_op.alter_column("queued_at", existing_type=UTC_TIME, nullable=True)
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column("lost", existing_type=sa.Integer(), existing_nullable=False, server_default=None)


def downgrade():
    op.execute(sa.text("UPDATE tasks SET queued_at = created_at WHERE queued_at IS NULL"))
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column("queued_at", existing_type=UTC_TIME, nullable=False)
        batch_op.drop_column("lost")
