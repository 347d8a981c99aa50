"""identities at the provider of the single sign-on

Revision ID: 0014
Revises: 0013

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")


def upgrade():
    op.create_table(
        "identities",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("label", sa.String(length=254), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("last_login_at", UTC_TIME, nullable=True),
        sa.Column("expires_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_identities_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("digest", name=op.f("uq_identities_digest")),
    )
    op.create_index(op.f("ix_identities_user_id"), "identities", ["user_id"])
    op.create_index(op.f("ix_identities_expires_at"), "identities", ["expires_at"])
    op.add_column("users", sa.Column("has_password", sa.Boolean(), nullable=False, server_default="1"))
    op.add_column("refresh_families", sa.Column("by_provider", sa.Boolean(), nullable=False, server_default="0"))


def downgrade():
    with op.batch_alter_table("refresh_families") as table:
        table.drop_column("by_provider")
    with op.batch_alter_table("users") as table:
        table.drop_column("has_password")
    op.drop_table("identities")
