"""sources and their files

Revision ID: 0015
Revises: 0014

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
DOCUMENT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def upgrade():
    op.create_table(
        "sources",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=True),
        sa.Column("origin", DOCUMENT, nullable=False),
        sa.Column("origin_secret", sa.Text(), nullable=True),
        sa.Column("target", DOCUMENT, nullable=False),
        sa.Column("target_secret", sa.Text(), nullable=True),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("paused_at", UTC_TIME, nullable=True),
        sa.Column("paused_reason", sa.String(length=200), nullable=True),
        sa.Column("due_at", UTC_TIME, nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=False),
        sa.Column("scans", sa.Integer(), nullable=False),
        sa.Column("scanned_at", UTC_TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("updated_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sources_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sources")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sources_user_id"), "sources", ["user_id"])
    op.create_index(op.f("ix_sources_next_at"), "sources", ["next_at"])
    op.create_table(
        "source_files",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("source_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("resume", sa.String(length=10), nullable=True),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=100), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=True),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("listed_at", UTC_TIME, nullable=False),
        sa.Column("file_id", ROW_ID, nullable=True),
        sa.Column("task_id", sa.String(length=36), nullable=True),
        sa.Column("delivery_id", sa.String(length=40), nullable=True),
        sa.Column("result_name", sa.String(length=255), nullable=True),
        sa.Column("part", sa.String(length=60), nullable=True),
        sa.Column("error_code", sa.String(length=50), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("done_at", UTC_TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name=op.f("fk_source_files_source_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_source_files_file_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_source_files_task_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_files")),
        sa.UniqueConstraint("source_id", "mark", name=op.f("uq_source_files_source_id")),
    )
    op.create_index("ix_source_files_state_next_at", "source_files", ["state", "next_at"])
    op.create_index("ix_source_files_source_id_name", "source_files", ["source_id", "name"])
    op.create_index(op.f("ix_source_files_file_id"), "source_files", ["file_id"])
    op.create_index(op.f("ix_source_files_task_id"), "source_files", ["task_id"])


def downgrade():
    op.drop_table("source_files")
    op.drop_table("sources")
