"""Programs of an earlier version go on working, and lose nothing, while and after the tables are brought up to date.

`before/` keeps, as SQL, what the version before made of its tables and what earlier programs insert. When a version is
released, its schema takes the place of that of 0006, its inserts are added, and RELEASED becomes its last migration.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask_migrate import stamp, upgrade
from sqlalchemy import URL, Engine, inspect, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from csvapi import config
from csvapi.app import create_app
from csvapi.extensions import db
from csvapi.models import Task
from tests.servers import create_database
from tests.stack import environment

RELEASED = "0006"
BEFORE = Path(__file__).parent / "before"
PROGRAMS = sorted(path.name.removesuffix(".insert.sql") for path in BEFORE.glob("*.insert.sql"))
OLDER = {  # steps of tasks that 0004 called a pipeline, and what they are called afterwards
    '[{"op":"dedup"}]': "dedup",
    '[{"op": "filter", "where": {"column": "ä", "is": "\\"op\\": \\"sort\\""}}]': "filter",
    '[{"op":"dedup"},{"op":"sort"}]': "pipeline",
    "[]": "pipeline",
    "{}": "pipeline",
    "null": "pipeline",
    '[{"op": null}]': "pipeline",
    '["dedup"]': "pipeline",
    json.dumps([{"op": "x" * 21}]): "pipeline",
    "no JSON": "pipeline",
}


@pytest.fixture(scope="module", params=["sqlite", "mariadb"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A database of the version before with rows in it, brought up to date while they are there."""
    folder = tmp_path_factory.mktemp("rolling")
    url, schema = f"sqlite:///{folder / 'csvapi.db'}", f"{RELEASED}.sqlite.sql"
    if request.param == "mariadb":
        server: URL = request.getfixturevalue("mariadb")
        url = create_database(server, f"rolling_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}")
        schema = f"{RELEASED}.mysql.sql"
    with create_app(config.load(environment(url, "redis://127.0.0.1:1/0", folder))).app_context():
        run(db.engine, schema)
        insert(db.engine, RELEASED, 1)
        add_older_tasks(db.engine)
        stamp(revision=RELEASED)
        upgrade()
        yield db.engine
        db.engine.dispose()


def run(engine: Engine, name: str, **values: object) -> None:
    statements = (BEFORE / name).read_text().split(";\n")
    with engine.begin() as connection:
        for statement in filter(str.strip, statements):
            connection.execute(text(statement), values)


def insert(engine: Engine, program: str, number: int) -> None:
    run(engine, f"{program}.insert.sql", id=number, key=f"made-by-{program}-{number}")


def add_older_tasks(engine: Engine) -> None:
    """More of each kind than the migration takes at a time."""
    copy = text(
        "INSERT INTO tasks (id, user_id, file_id, steps, options, status, attempt, lost, cancel_requested, operation,"
        " created_at, expires_at) SELECT :id, user_id, file_id, :steps, options, 'succeeded', 1, 0, 0, 'pipeline',"
        " created_at, expires_at FROM tasks WHERE id = :model"
    )
    rows = [
        {"id": f"older-{kind}-{n}", "steps": steps, "model": f"made-by-{RELEASED}-1"}
        for n in range(30)
        for kind, steps in enumerate(OLDER)
    ]
    with engine.begin() as connection:
        connection.execute(copy, rows)


@pytest.mark.parametrize(("number", "program"), list(enumerate(PROGRAMS, start=2)))
def test_earlier_programs_go_on_inserting(database: Engine, program: str, number: int) -> None:
    insert(database, program, number)
    with Session(database) as session:
        made = session.get_one(Task, f"made-by-{program}-{number}")
        assert (made.lost, made.operation) == (0, "pipeline" if program < "0004" else "dedup")


def test_columns_that_a_version_before_does_not_know_fill_themselves(database: Engine) -> None:
    """The rule for every migration to come: a new column is nullable or has a server default, and none goes away."""
    now = inspect(database)
    for program in PROGRAMS:
        for statement in (BEFORE / f"{program}.insert.sql").read_text().split("INSERT INTO ")[1:]:
            table, _, rest = statement.partition(" (")
            known = set(rest.partition(")")[0].split(", "))
            columns = {column["name"]: column for column in now.get_columns(table)}
            assert known <= set(columns), f"{program}: {table} lacks {known - set(columns)}"
            empty = [
                name
                for name, column in columns.items()
                if name not in known and not column["nullable"] and column["default"] is None
            ]
            assert not empty, f"programs of {program} cannot insert into {table}: give {empty} a server_default"


def test_the_inserts_of_the_version_before_name_every_column_it_had() -> None:
    schema = (BEFORE / f"{RELEASED}.mysql.sql").read_text()
    inserts = (BEFORE / f"{RELEASED}.insert.sql").read_text()
    for table in schema.split("CREATE TABLE `")[1:]:
        name = table.partition("`")[0]
        columns = {line.split("`")[1] for line in table.splitlines() if line.startswith("  `")}
        named = inserts.partition(f"INSERT INTO {name} (")[2].partition(")")[0].split(", ")
        assert set(named) == columns, name


def test_older_tasks_get_their_operation(database: Engine) -> None:
    with database.connect() as connection:
        found = connection.execute(text("SELECT steps, operation FROM tasks WHERE id LIKE 'older-%'")).all()
    assert len(found) == 30 * len(OLDER)
    assert {(steps, operation) for steps, operation in found} == set(OLDER.items())


def test_what_refers_to_a_changed_table_is_left_alone(database: Engine) -> None:
    with Session(database) as session:
        files = session.scalars(select(Task.file_id).where(Task.id.like("older-%"))).all()
    assert len(files) == 30 * len(OLDER)
    assert set(files) == {1}


def test_on_sqlite_a_migration_that_fails_leaves_nothing_behind_and_can_be_run_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'csvapi.db'}"
    with create_app(config.load(environment(url, "redis://127.0.0.1:1/0", tmp_path))).app_context():
        run(db.engine, f"{RELEASED}.sqlite.sql")
        insert(db.engine, RELEASED, 1)
        stamp(revision="0006")
        before = tables(db.engine)
        in_the_way = "CREATE TABLE _alembic_tmp_files (id INTEGER)"  # of the second table that 0007 changes
        with db.engine.begin() as connection:
            connection.execute(text(in_the_way))
        with pytest.raises(OperationalError, match="already exists"):
            upgrade()
        with db.engine.begin() as connection:
            connection.execute(text("DROP TABLE _alembic_tmp_files"))
        assert tables(db.engine) == before
        upgrade()
        assert tables(db.engine) != before
        db.engine.dispose()


def tables(engine: Engine) -> list[tuple[str, ...]]:
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name, sql FROM sqlite_master ORDER BY name")).all()
        rows = connection.execute(
            text("SELECT id, file_id FROM tasks UNION SELECT version_num, 1 FROM alembic_version")
        )
        return [*map(tuple, made), *map(tuple, rows)]
