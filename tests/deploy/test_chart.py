"""The Helm chart: what it renders is what Kubernetes takes, and what docker-compose.yml runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import kubernetes_validate
import pytest
import yaml

import csvapi
from csvapi.app import _engine_of_reads, _engine_options
from csvapi.config import Settings
from csvapi.queue.enqueue import QUEUES
from tests.test_compose import COMPOSE, SERVICES

if TYPE_CHECKING:
    from helm_python import Chart

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "csvapi"
PAGE = (ROOT / "docs" / "kubernetes.md").read_text()
KINDS = {"trial": ("trial",), "production": ("production",), "cluster": ("production", "cluster")}
PROGRAMS = ("web", "worker", "scheduler", "migrate")
CUSTOM = ("ScaledObject", "TriggerAuthentication")  # KEDA's, whose schemas are not Kubernetes'
OLDEST, NEWEST = "1.30", "1.37"
Json = dict[str, Any]


@cache
def chart() -> Chart:
    from helm_python import Chart  # 50 MB, which every fork of the tests' process would map anew

    return Chart.load(CHART)


def merged(below: Json, above: Json) -> Json:
    """Values as Helm lays one file over another."""
    both = {
        name: merged(below[name], above[name]) for name in below.keys() & above.keys() if isinstance(above[name], dict)
    }
    return {**below, **above, **both}


def values(*names: str) -> Json:
    found: Json = {"secrets": {"existingSecret": "mine"}}
    for name in names:
        found = merged(found, yaml.safe_load((CHART / f"values-{name}.yaml").read_text()))
    return found


def manifests(given: Json) -> list[Json]:
    made = chart().render(given, name="csv", namespace="here")
    texts = [text for path, text in sorted(made.items()) if path.endswith(".yaml")]
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


@cache
def rendered(kind: str) -> list[Json]:
    return manifests(values(*KINDS[kind]))


def of_kind(kind: str, *names: str) -> list[Json]:
    return [each for each in rendered(kind) if each["kind"] in names]


def pods(kind: str) -> dict[str, Json]:
    """The pods that there will be, by their component."""
    found = [each["spec"]["template"] for each in of_kind(kind, "Deployment", "StatefulSet", "Job")]
    return {each["metadata"]["labels"]["app.kubernetes.io/component"]: each for each in found}


def containers(kind: str) -> dict[str, Json]:
    specs = [pod["spec"] for pod in pods(kind).values()]
    return {each["name"]: each for spec in specs for each in (*spec.get("initContainers", ()), *spec["containers"])}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_kubernetes_takes_what_is_rendered(kind: str, version: str) -> None:
    for each in rendered(kind):
        if each["kind"] not in CUSTOM:
            kubernetes_validate.validate(each, version, strict=True)
    assert chart().metadata["kubeVersion"] == f">={OLDEST}.0-0"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_has_the_variables_that_compose_gives_it(kind: str, program: str) -> None:
    found = [each["name"] for each in containers(kind)[program]["env"]]
    assert sorted(set(found)) == sorted(found), "a name is given twice"
    lacking = SERVICES[program]["environment"].keys() - set(found)
    assert not lacking, f"add these to settings in deploy/helm/csvapi/values.yaml: {sorted(lacking)}"
    assert set(found) == SERVICES[program]["environment"].keys()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_is_called_as_compose_calls_it(program: str) -> None:
    assert containers("production")[program]["args"] == SERVICES[program]["command"]


def test_machines_of_a_cluster_are_called_and_told_as_compose_does() -> None:
    found = containers("cluster")
    for name in ("cluster", "cluster-worker"):
        args = [each.replace("//csv-cluster:", "//cluster:") for each in found[name]["args"]]
        assert args == SERVICES[name]["command"]
        assert {each["name"] for each in found[name]["env"]} == SERVICES[name]["environment"].keys()
    assert {"name": "CSVAPI_CLUSTER", "value": "dask://csv-cluster:8786"} in found["worker"]["env"]


def test_bundled_servers_are_those_of_compose() -> None:
    bundled = chart().values["bundled"]
    for name, service in (("mysql", "db"), ("redis", "redis"), ("minio", "minio")):
        assert f":-{bundled[name]['image']}}}" in SERVICES[service]["image"]
    flags = [re.sub(r"=.*", "", each) for each in containers("trial")["db"]["args"]]
    assert flags == [re.sub(r"=.*", "", each) for each in SERVICES["db"]["command"]]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_has_rights_that_it_does_not_need(kind: str) -> None:
    for pod in pods(kind).values():
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not any("hostPath" in volume for volume in spec["volumes"])
    for each in containers(kind).values():
        security = each["securityContext"]
        assert security["readOnlyRootFilesystem"] is True
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert {"memory"} <= each["resources"]["limits"].keys()


@pytest.mark.parametrize("kind", KINDS)
def test_secrets_come_from_a_secret_that_the_chart_does_not_make(kind: str) -> None:
    assert of_kind(kind, "Secret", "ConfigMap") == []
    secret = {
        str(each.metadata["env"])
        for each in Settings.__dataclass_fields__.values()
        if "secret" in each.metadata["read"]
    }
    secret |= {
        "DB_PASSWORD",
        "REDIS_PASSWORD",
        "ADMIN_PASSWORD",
        "MYSQL_PASSWORD",
        "MYSQL_ROOT_PASSWORD",
        "MINIO_ROOT_PASSWORD",
    }
    given = [variable for each in containers(kind).values() for variable in each.get("env", ())]
    assert {"CSVAPI_SECRET_KEY", "CSVAPI_JWT_KEY", "DB_PASSWORD"} <= {each["name"] for each in given} & secret
    for each in given:
        if each["name"] in secret or re.search(r"PASSWORD|SECRET|TOKEN|DSN", each["name"]):
            assert each["valueFrom"]["secretKeyRef"]["name"] == "mine", each["name"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"secrets": {"existingSecret": ""}}, "secrets.existingSecret"),
        ({"worker": {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}}, "enable one of them"),
        ({"settings": {"CSVAPI_S3_BUCKET": ""}}, "name a bucket"),
        ({"ingress": {"host": ""}}, "ingress.host"),
        ({"data": {"kind": "folder"}}, "data"),
        ({"settings": {"CSVAPI_MAX_FILES": 10}}, "CSVAPI_MAX_FILES"),
        ({"wbe": {}}, "wbe"),
    ],
)
def test_values_that_cannot_work_are_refused(change: Json, says: str) -> None:
    from helm_python.errors import HelmError

    with pytest.raises(HelmError, match=says):
        manifests(merged(values("production"), change))


@pytest.mark.parametrize("kind", KINDS)
def test_what_points_at_pods_finds_them(kind: str) -> None:
    labels = [pod["metadata"]["labels"] for pod in pods(kind).values()]
    for selector in _selectors(kind):
        assert any(selector.items() <= each.items() for each in labels), selector
    names = {each["metadata"]["name"] for each in of_kind(kind, "Deployment")}
    scaled = of_kind(kind, "HorizontalPodAutoscaler", "ScaledObject")
    assert {each["spec"]["scaleTargetRef"]["name"] for each in scaled} <= names
    for each in of_kind(kind, "Deployment"):
        assert ("replicas" in each["spec"]) != (each["metadata"]["name"] in {one["metadata"]["name"] for one in scaled})


def _selectors(kind: str) -> Iterator[Json]:
    for each in of_kind(kind, "Service"):
        yield each["spec"]["selector"]
    for each in of_kind(kind, "PodDisruptionBudget", "Deployment", "StatefulSet"):
        yield each["spec"]["selector"]["matchLabels"]
    for each in of_kind(kind, "NetworkPolicy"):
        yield each["spec"]["podSelector"]["matchLabels"]


def test_only_csvapis_own_pods_reach_its_servers() -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in of_kind("trial", "NetworkPolicy")}
    assert "ingress" not in policies["csv-none"]
    for server in ("db", "redis", "minio"):
        (rule,) = policies[f"csv-{server}"]["ingress"]
        (peer,) = rule["from"]
        assert set(peer["podSelector"]["matchExpressions"][0]["values"]) >= {"web", "worker", "scheduler"}
    (rule,) = {each["metadata"]["name"]: each["spec"] for each in of_kind("production", "NetworkPolicy")}["csv-web"][
        "ingress"
    ]
    assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "ingress-nginx"}


def test_tables_are_made_before_programs_that_need_them() -> None:
    (job,) = of_kind("production", "Job")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    assert of_kind("trial", "Job") == []  # it would wait for a database that is installed after it
    assert [each["name"] for each in pods("trial")["scheduler"]["spec"]["initContainers"]] == ["migrate"]


def test_workers_follow_the_queues_that_there_are() -> None:
    (scaled,) = of_kind("cluster", "ScaledObject")
    names = [each["metadata"]["listName"] for each in scaled["spec"]["triggers"]]
    assert names == [f"rq:queue:{name}" for name in QUEUES]
    (key,) = of_kind("cluster", "TriggerAuthentication")[0]["spec"]["secretTargetRef"]
    assert key == {"parameter": "password", "name": "mine", "key": "REDIS_PASSWORD"}


def test_files_without_a_bucket_are_on_a_claim_that_stays() -> None:
    found = manifests(merged(values("production"), {"data": {"kind": "claim"}, "settings": {"CSVAPI_S3_BUCKET": ""}}))
    (claim,) = (each for each in found if each["kind"] == "PersistentVolumeClaim")
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    for each in found:
        if each["kind"] == "Deployment":
            volumes = each["spec"]["template"]["spec"]["volumes"]
            assert volumes[0]["persistentVolumeClaim"] == {"claimName": "csv-data"}


def test_the_chart_is_of_this_version() -> None:
    assert (chart().version, chart().metadata["appVersion"]) == (csvapi.__version__, csvapi.__version__)
    assert COMPOSE["x-app"]["environment"].keys() >= chart().values["settings"].keys()


def test_the_page_counts_connections_as_the_pool_does() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert rows
    for pods_of_web, processes, threads, connections in (map(int, row) for row in rows):
        settings = Settings(web_threads=threads, database_url="mysql+pymysql://db/csvapi")
        engines = [_engine_options(settings), *_engine_of_reads(settings).values()]
        of_process = sum(options["pool_size"] + options["max_overflow"] for options in engines)
        assert connections == pods_of_web * processes * of_process
