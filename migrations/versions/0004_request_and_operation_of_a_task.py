"""request and operation of a task

Revision ID: 0004
Revises: 0003

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("request_id", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("operation", sa.String(length=20), nullable=False, server_default="pipeline"))
        batch_op.create_index("ix_tasks_status_operation", ["status", "operation"])
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.alter_column(
            "operation", existing_type=sa.String(length=20), existing_nullable=False, server_default=None
        )


def downgrade():
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_index("ix_tasks_status_operation")
        batch_op.drop_column("operation")
        batch_op.drop_column("request_id")
