"""objects that lie in a bucket already

Revision ID: 0011
Revises: 0010

"""

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SHA256 = sa.String(length=64)


def upgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.add_column(sa.Column("object_url", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("object_etag", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("on_cluster", sa.Boolean(), nullable=False, server_default="0"))
        batch_op.alter_column("sha256", existing_type=SHA256, nullable=True)


def downgrade():
    op.execute("DELETE FROM files WHERE sha256 IS NULL")  # the version before cannot read what was registered
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.alter_column("sha256", existing_type=SHA256, nullable=False)
        batch_op.drop_column("on_cluster")
        batch_op.drop_column("object_etag")
        batch_op.drop_column("object_url")
