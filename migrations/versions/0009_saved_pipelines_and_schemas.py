"""saved pipelines and schemas, and the pipeline of a task

Revision ID: 0009
Revises: 0008

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
DOCUMENT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade():
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("pipeline", DOCUMENT, nullable=True))
    _saved("pipelines")
    _versions("pipeline_versions", "pipelines", sa.Column("parameters", DOCUMENT, nullable=False))
    _saved("saved_schemas")
    _versions("saved_schema_versions", "saved_schemas")


def _saved(table):
    op.create_table(
        table,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=2000), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f(f"fk_{table}_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("user_id", "name_key", name=op.f(f"uq_{table}_user_id")),
        sqlite_autoincrement=True,
    )


def _versions(table, of, *more):
    op.create_table(
        table,
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("saved_id", ROW_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTC_TIME, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["saved_id"], [f"{of}.id"], name=op.f(f"fk_{table}_saved_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("saved_id", "number", name=op.f(f"uq_{table}_saved_id")),
    )


def downgrade():
    for table in ("saved_schema_versions", "saved_schemas", "pipeline_versions", "pipelines"):
        op.drop_table(table)
    with op.batch_alter_table("tasks", schema=None) as batch_op:
        batch_op.drop_column("pipeline")
