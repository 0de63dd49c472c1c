"""The passwords of the first start reach the pods that need them, and no others."""

from typing import Any

from support.deployment.manifests import Resource, containers, environment, of_kind, overlay, pods

from tears.kit.access.cluster_keys import PASSWORD_KEY
from tears.kit.access.house_keys import ACL_FILE, GRAFANA_FILE
from tears.kit.access.redis_bounds import REDIS_BOUNDS
from tears.kit.access.redis_users import REDIS_USERS

USERS = ("preprocessor", "classifier", "alerter", "journal")


def test_each_service_has_the_url_of_its_own_user_and_no_other_secret(resources: list[Resource]) -> None:
    found = pods(resources)
    recorders = [name for name in ("recorder", "demo") if name in found]
    expected: dict[str, str] = {name: f"redis-{name}" for name in USERS}
    expected |= dict.fromkeys(recorders, "redis-recorder")
    for name, pod in found.items():
        given: dict[str, Any] = environment(resources, pod)
        secrets = {
            value["secretKeyRef"]["name"]
            for value in given.values()
            if isinstance(value, dict) and "secretKeyRef" in value
        }
        volumes = [one["secret"] for one in pod["spec"].get("volumes", []) if "secret" in one]
        needed = {one["secretName"] for one in volumes if not one.get("optional")}
        optional = {one["secretName"] for one in volumes if one.get("optional")}
        assert secrets == ({expected[name]} if name in expected else set())
        assert needed == {"redis": {"redis-users"}, "grafana": {"grafana-admin"}}.get(name, set())
        # The receivers' file and the certificate are the user's own; without them the pods start all the same.
        own = {"alerter": {"tears-alerts"}, "journal": {"tears-alerts", "tears-certificate"}}
        assert optional == own.get(name, set())
        if name in expected:
            assert given["TEARS_REDIS_URL"]["secretKeyRef"]["key"] == "TEARS_REDIS_URL"


def test_redis_reads_its_users_and_grafana_lets_nobody_in_without_a_password(resources: list[Resource]) -> None:
    redis = pods(resources)["redis"]["spec"]["containers"][0]
    assert redis["args"][redis["args"].index("--aclfile") + 1] == f"/run/tears/{ACL_FILE}"
    assert {one: redis["args"][redis["args"].index(one) + 1] for one in REDIS_BOUNDS} == dict(REDIS_BOUNDS)
    grafana = environment(resources, pods(resources)["grafana"])
    assert grafana["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert "GF_AUTH_DISABLE_LOGIN_FORM" not in grafana
    assert grafana["GF_SECURITY_ADMIN_PASSWORD__FILE"] == f"/run/tears/{GRAFANA_FILE}"
    (password,) = [one["secret"] for one in pods(resources)["grafana"]["spec"]["volumes"] if one["name"] == "password"]
    assert password == {"secretName": "grafana-admin", "items": [{"key": PASSWORD_KEY, "path": GRAFANA_FILE}]}


def test_the_first_start_may_write_these_secrets_and_nothing_else(resources: list[Resource]) -> None:
    job = of_kind(resources, "Job")["keys"]["spec"]
    pod = job["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = containers(job["template"])
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    # It can be applied again: Kubernetes refuses a change of a job that is still there.
    assert job["ttlSecondsAfterFinished"] <= 60
    roles = {one["metadata"]["namespace"]: one for one in resources if _is_role_of_keys(one)}
    wanted = {f"redis-{user}" for user in REDIS_USERS} | {"redis-users", "grafana-admin"}
    assert _rights(roles["tears"]) == [(["create"], None), (["get", "update"], wanted), (["patch"], {"redis"})]
    assert _rights(roles["tears-microphone"]) == [(["create"], None), (["get", "update"], {"redis-recorder"})]


def test_no_password_is_in_the_manifests(resources: list[Resource]) -> None:
    assert of_kind(resources, "Secret") == {}


def test_keda_counts_windows_as_a_user_that_can_do_nothing_else() -> None:
    resources = overlay("cluster", "keda")
    (trigger,) = of_kind(resources, "ScaledObject")["classifier"]["spec"]["triggers"]
    name = trigger["authenticationRef"]["name"]
    targets = of_kind(resources, "TriggerAuthentication")[name]["spec"]["secretTargetRef"]
    assert {(one["parameter"], one["name"], one["key"]) for one in targets} == {
        ("username", "redis-scaler", "username"),
        ("password", "redis-scaler", "password"),
    }


def _is_role_of_keys(one: Resource) -> bool:
    return bool(one["kind"] == "Role" and one["metadata"]["name"] == "keys")


def _rights(role: Resource) -> list[tuple[list[str], set[str] | None]]:
    # What it may patch is how Redis starts again with new users.
    assert all(
        rule["resources"] == ["deployments" if rule["verbs"] == ["patch"] else "secrets"] for rule in role["rules"]
    )
    return [(rule["verbs"], set(rule["resourceNames"]) if "resourceNames" in rule else None) for rule in role["rules"]]
