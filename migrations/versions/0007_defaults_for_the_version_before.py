"""defaults for the version before, and the operations of older tasks

During a rolling upgrade programs of the version before insert rows into the new tables: a column that they do not know
must fill itself. 0002, 0004 and 0006 took the defaults of their columns away again. 0004 called every older task a
pipeline.

Revision ID: 0007
Revises: 0006

"""

import json

import sqlalchemy as sa
from alembic import op

# revision identifiers, used by Alembic.
revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DEFAULTS = (
    ("tasks", "lost", sa.Integer(), "0"),
    ("tasks", "operation", sa.String(length=20), "pipeline"),
    ("files", "media_type", sa.String(length=100), "text/csv"),
)
BATCH = 100  # tasks whose steps are in memory at once; steps may have up to CSVAPI_MAX_BODY


def upgrade():
    _set_defaults(True)
    with op.get_context().autocommit_block():  # no lock outlasts one statement: workers go on renewing their tasks
        _name_operations(op.get_bind())


def downgrade():
    _set_defaults(False)


def _set_defaults(there):
    for table in dict.fromkeys(table for table, *_ in DEFAULTS):
        with op.batch_alter_table(table, schema=None) as batch_op:
            for _, name, kind, value in (line for line in DEFAULTS if line[0] == table):
                batch_op.alter_column(
                    name, existing_type=kind, existing_nullable=False, server_default=value if there else None
                )


def _name_operations(bind):
    """Give every task of one step that step's name, as the service does when a task is made; twice changes nothing."""
    tasks = sa.table("tasks", sa.column("id"), sa.column("steps"), sa.column("operation"))
    pipelines = tasks.c.operation == "pipeline"
    page = sa.select(tasks.c.id, tasks.c.steps).where(pipelines).order_by(tasks.c.id).limit(BATCH)
    rows = bind.execute(page).all()
    while rows:
        named = {}
        for row in rows:
            if name := _operation(row.steps):
                named.setdefault(name, []).append(row.id)
        for name, ids in named.items():
            bind.execute(tasks.update().where(pipelines, tasks.c.id.in_(ids)).values(operation=name))
        rows = bind.execute(page.where(tasks.c.id > rows[-1].id)).all()


def _operation(steps):
    """The name of the only step; None for several steps, and for text that names no operation."""
    try:
        (step,) = json.loads(steps)
        name = step["op"]
    except (ValueError, TypeError, KeyError):
        return None
    return name if isinstance(name, str) and 0 < len(name) <= 20 else None
