"""files that hold a CSV: the original beside what is read of it

Revision ID: 0010
Revises: 0009

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

DOCUMENT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.add_column(sa.Column("original_id", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("reading", DOCUMENT, nullable=True))


def downgrade():
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_column("reading")
        batch_op.drop_column("original_id")
