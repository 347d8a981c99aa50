"""scopes of keys, sessions, invitations, mail, the second factor, the audit log

Revision ID: 0008
Revises: 0007

"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

# revision identifiers, used by Alembic.
revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UTC_TIME = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")
DOCUMENT = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


# What the version before does not insert has a server default, for as long as both run side by side.
def columns():
    return {
        "users": (
            sa.Column("awaits_verification", sa.Boolean(), nullable=False, server_default="0"),
            sa.Column("deletion_at", UTC_TIME, nullable=True),
            sa.Column("totp_secret", sa.Text(), nullable=True),
            sa.Column("totp_since", UTC_TIME, nullable=True),
            sa.Column("totp_step", sa.BigInteger(), nullable=True),
        ),
        "api_keys": (sa.Column("scopes", sa.String(length=50), nullable=False, server_default="read write"),),
        "refresh_families": (
            sa.Column("agent", sa.String(length=50), nullable=True),
            sa.Column("last_used_at", UTC_TIME, nullable=True),
        ),
    }


TABLES = ("recovery_codes", "mail_tokens", "mails", "invitations", "audit_log")


def upgrade():
    for table, added in columns().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in added:
                batch_op.add_column(column)
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_users_deletion_at"), ["deletion_at"])
    _of_a_user()
    _of_the_installation()


def _of_a_user():
    op.create_table(
        "recovery_codes",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_recovery_codes_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_codes")),
    )
    op.create_index(op.f("ix_recovery_codes_user_id"), "recovery_codes", ["user_id"])
    op.create_table(
        "mail_tokens",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("user_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_mail_tokens_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_tokens_token_hash")),
    )
    op.create_index(op.f("ix_mail_tokens_user_id"), "mail_tokens", ["user_id"])
    op.create_index(op.f("ix_mail_tokens_expires_at"), "mail_tokens", ["expires_at"])


def _of_the_installation():
    op.create_table(
        "mails",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(length=500), nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("next_at", UTC_TIME, nullable=True),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
    )
    op.create_index(op.f("ix_mails_next_at"), "mails", ["next_at"])
    op.create_index(op.f("ix_mails_expires_at"), "mails", ["expires_at"])
    op.create_table(
        "invitations",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("made_by", ROW_ID, nullable=True),
        sa.Column("used_by", ROW_ID, nullable=True),
        sa.Column("created_at", UTC_TIME, nullable=False),
        sa.Column("used_at", UTC_TIME, nullable=True),
        sa.Column("expires_at", UTC_TIME, nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_invitations_made_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["used_by"], ["users.id"], name=op.f("fk_invitations_used_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invitations_code_hash")),
    )
    op.create_index(op.f("ix_invitations_expires_at"), "invitations", ["expires_at"])
    op.create_table(
        "audit_log",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("user_id", ROW_ID, nullable=True),
        sa.Column("target", sa.String(length=100), nullable=True),
        sa.Column("detail", DOCUMENT, nullable=True),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    for column in ("at", "action", "user_id"):
        op.create_index(op.f(f"ix_audit_log_{column}"), "audit_log", [column])


def downgrade():
    for table in reversed(TABLES):
        op.drop_table(table)
    with op.batch_alter_table("users", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_users_deletion_at"))
    for table, added in columns().items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for column in added:
                batch_op.drop_column(column.name)
