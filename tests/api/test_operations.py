"""The catalogue over HTTP says what people need to find an operation."""

from __future__ import annotations

from flask.testing import FlaskClient

from csvapi.operations import by_purpose, catalogue


def test_operations_are_listed_with_what_they_are_for(client: FlaskClient) -> None:
    found = client.get("/api/v1/operations").json["items"]
    assert [each["name"] for each in found] == list(catalogue())
    for purpose, operations in by_purpose().items():
        assert [each["name"] for each in found if each["purpose"] == purpose] == [each.name for each in operations]
    assert all(each["words"] for each in found)
