"""The pods are safe, probed, limited, and as many as they should be."""

import re
from pathlib import Path

from support.deployment.manifests import OVERLAYS, WORKLOADS, Resource, containers, environment, of_kind, overlay, pods

from tears.kit.streams import names
from tears.preprocessor.settings import PreprocessorSettings


def test_pods_follow_the_security_level_of_their_namespace(resources: list[Resource]) -> None:
    enforced = {
        name: one["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for name, one in of_kind(resources, "Namespace").items()
    }
    assert enforced["tears"] == "restricted"
    for name, pod in pods(resources).items():
        spec = pod["spec"]
        context = spec["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["runAsUser"] > 0
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, name
            if enforced[pod["namespace"]] == "restricted":
                assert container["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": True,
                }
        if enforced[pod["namespace"]] == "restricted":
            kinds = {next(key for key in volume if key != "name") for volume in spec.get("volumes", [])}
            assert kinds <= {"configMap", "emptyDir", "persistentVolumeClaim", "secret"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


def test_only_the_recorder_of_a_pi_is_privileged_and_it_is_alone_in_its_namespace() -> None:
    for parts in OVERLAYS.values():
        found = pods(overlay(*parts))
        privileged = {
            name for name, pod in found.items() for one in containers(pod) if one["securityContext"].get("privileged")
        }
        assert privileged == ({"recorder"} if parts[0] == "pi" else set())
    assert [name for name, pod in pods(overlay("pi")).items() if pod["namespace"] == "tears-microphone"] == ["recorder"]


def test_a_cluster_without_a_device_plugin_may_have_a_privileged_recorder() -> None:
    recorder = pods(overlay("demo", "microphone", "privileged"))["recorder"]
    assert recorder["spec"]["containers"][0]["securityContext"]["privileged"] is True
    assert recorder["spec"]["nodeSelector"] == {"tears/microphone": "true"}


def test_in_a_cluster_a_device_plugin_provides_the_microphone() -> None:
    recorder = of_kind(overlay("cluster"), "DaemonSet")["recorder"]["spec"]["template"]["spec"]
    assert recorder["containers"][0]["resources"]["limits"]["squat.ai/audio"] == 1
    assert recorder["nodeSelector"] == {"tears/microphone": "true"}
    assert "volumes" not in recorder


def test_each_container_has_probes_limits_and_a_pinned_image(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        assert pod["spec"]["enableServiceLinks"] is False
        assert pod["spec"].get("automountServiceAccountToken", True) is (name == "prometheus")
        for container in pod["spec"]["containers"]:
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container), name
        for container in containers(pod):
            assert {"cpu", "memory"} <= set(container["resources"]["requests"])
            assert "memory" in container["resources"]["limits"]
            assert re.search(r":v?\d+\.\d+\.\d+", container["image"]), container["image"]


def test_liveness_asks_for_progress_and_readiness_for_the_dependencies(resources: list[Resource]) -> None:
    for name, pod in pods(resources).items():
        if name in {"redis", "prometheus", "grafana"}:
            continue
        container = pod["spec"]["containers"][0]
        assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "probes"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "probes"}


def test_only_workloads_with_two_replicas_are_spread_and_have_a_disruption_budget(resources: list[Resource]) -> None:
    workloads = of_kind(resources, *WORKLOADS)
    several = {name for name, one in workloads.items() if one["spec"].get("replicas", 1) >= 2}
    if "ScaledObject" in {one["kind"] for one in resources}:
        several.add("classifier")
    spread = {name for name, one in workloads.items() if "topologySpreadConstraints" in one["spec"]["template"]["spec"]}
    budgets = of_kind(resources, "PodDisruptionBudget")
    assert spread == several == set(budgets)
    assert several in (set(), {"model-server", "preprocessor", "classifier"})
    for name in several:
        selector = {"matchLabels": {"app.kubernetes.io/name": name}}
        assert budgets[name]["spec"]["selector"] == selector
        constraints = workloads[name]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert [one["labelSelector"] for one in constraints] == [selector]


def test_there_is_one_alerter_and_its_state_is_on_a_volume(resources: list[Resource]) -> None:
    alerter = of_kind(resources, "Deployment")["alerter"]["spec"]
    assert (alerter["replicas"], alerter["strategy"]) == (1, {"type": "Recreate"})
    volumes = alerter["template"]["spec"]["volumes"]
    claims = [one["persistentVolumeClaim"] for one in volumes if "persistentVolumeClaim" in one]
    # The other one has the receivers that the journal's page writes.
    assert claims == [{"claimName": "alerter"}, {"claimName": "alerts"}]
    assert "alerter" in of_kind(resources, "PersistentVolumeClaim")


def test_there_is_one_journal_whose_history_is_on_a_volume_and_whose_page_survives_a_redis_that_is_away(
    resources: list[Resource],
) -> None:
    journal = of_kind(resources, "Deployment")["journal"]["spec"]
    assert (journal["replicas"], journal["strategy"]) == (1, {"type": "Recreate"})
    volumes = journal["template"]["spec"]["volumes"]
    claims = {one["persistentVolumeClaim"]["claimName"] for one in volumes if "persistentVolumeClaim" in one}
    assert {"journal", "alerts"} <= claims <= set(of_kind(resources, "PersistentVolumeClaim"))
    given = environment(resources, pods(resources)["journal"])
    (container,) = containers(pods(resources)["journal"])
    (store,) = [one["mountPath"] for one in container["volumeMounts"] if one["name"] == "store"]
    assert all(given[name].startswith(f"{store}/") for name in ("TEARS_JOURNAL_DATA", "TEARS_JOURNAL_FOLDER"))
    page = of_kind(resources, "Service")["journal"]["spec"]
    assert page["publishNotReadyAddresses"] is True
    # Only browsers come here, and the probes are not published with the page.
    assert [one["port"] for one in page["ports"]] == [8080]


def test_the_page_writes_the_receivers_where_the_alerter_reads_them(resources: list[Resource]) -> None:
    mounts = {
        name: {one["mountPath"]: one for one in containers(pods(resources)[name])[0]["volumeMounts"]}
        for name in ("alerter", "journal")
    }
    for name in mounts:
        path = Path(environment(resources, pods(resources)[name])["TEARS_ALERTER_RULES"])
        assert mounts[name][str(path.parent)].get("readOnly", False) is (name == "alerter")
    # The volume may be one that only pods of one node can share.
    (together,) = pods(resources)["journal"]["spec"]["affinity"]["podAffinity"][
        "requiredDuringSchedulingIgnoredDuringExecution"
    ]
    assert together["labelSelector"]["matchLabels"] == {"app.kubernetes.io/name": "alerter"}


def test_on_one_node_a_taught_version_goes_where_the_model_server_looks() -> None:
    resources = overlay("pi")
    given = {name: environment(resources, pods(resources)[name]) for name in ("model-server", "journal")}
    folder = given["journal"]["TEARS_JOURNAL_MODELS"]
    assert folder == f"{given['model-server']['TAUGHT_MODELS']}/cry"
    for name in given:
        pod = pods(resources)[name]
        (mount,) = [one for one in containers(pod)[0]["volumeMounts"] if one["mountPath"] == folder]
        (volume,) = [one for one in pod["spec"]["volumes"] if one["name"] == mount["name"]]
        assert volume["persistentVolumeClaim"] == {"claimName": "models"}
        assert pod["spec"]["securityContext"]["fsGroup"] == 10001
    # Replicas on several nodes cannot share such a volume.
    assert "models" not in of_kind(overlay("cluster"), "PersistentVolumeClaim")


def test_redis_writes_nothing_to_disk_and_has_a_memory_limit(resources: list[Resource]) -> None:
    redis = of_kind(resources, "Deployment")["redis"]["spec"]
    arguments = redis["template"]["spec"]["containers"][0]["args"]
    # An option may have several values, such as two addresses to listen on.
    options = {one: arguments[at + 1] for at, one in enumerate(arguments) if one.startswith("--")}
    assert (options["--save"], options["--appendonly"], options["--maxmemory-policy"]) == ("", "no", "noeviction")
    # The only file is read-only: its users.
    assert redis["template"]["spec"]["volumes"] == [{"name": "users", "secret": {"secretName": "redis-users"}}]
    assert [one["readOnly"] for one in redis["template"]["spec"]["containers"][0]["volumeMounts"]] == [True]
    container = redis["template"]["spec"]["containers"][0]
    room = int(container["resources"]["limits"]["memory"][:-2]) - int(container["env"][0]["value"][:-2])
    assert room >= 64


def test_only_keda_scales_the_classifiers_by_the_lag_of_their_group() -> None:
    resources = overlay("cluster", "keda")
    scaled = of_kind(resources, "ScaledObject")["classifier"]["spec"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "classifier"}
    (trigger,) = scaled["triggers"]
    assert trigger["type"] == "redis-streams"
    assert trigger["metadata"]["stream"] == names.WINDOWS_STREAM
    assert trigger["metadata"]["consumerGroup"] == names.CLASSIFIER_GROUP
    # KEDA 2.16 and later refuse numbers that are not positive, in every field of a trigger.
    counts = {name: int(value) for name, value in trigger["metadata"].items() if name.endswith("Count")}
    assert set(counts) == {"lagCount", "activationLagCount"}
    assert min(counts.values()) >= 1
    assert (
        min(scaled[name] for name in ("minReplicaCount", "maxReplicaCount", "pollingInterval", "cooldownPeriod")) >= 1
    )
    assert int(trigger["metadata"]["lagCount"]) * scaled["maxReplicaCount"] <= PreprocessorSettings().windows_capacity
    assert "replicas" not in of_kind(resources, "StatefulSet")["classifier"]["spec"]
    for parts in OVERLAYS.values():
        assert "HorizontalPodAutoscaler" not in {one["kind"] for one in overlay(*parts)}
