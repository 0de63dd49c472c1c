"""The connections between pods that the network policies of rendered manifests allow."""

from collections.abc import Iterator, Sequence
from typing import Any

from support.deployment.manifests import Resource, pods

# Names for everything that is not a pod of ours.
WORLD, DNS, API, OPERATOR, KEDA, BROKER = "the world", "dns", "the API server", "operator", "keda", "broker"
_OTHERS = {"kube-system": DNS, "monitoring": OPERATOR, "keda": KEDA, "mqtt": BROKER}

Flow = tuple[str, str, int]


def flows(resources: Sequence[Resource]) -> set[Flow]:
    """Return (from, to, port) of each connection that both ends allow; outside of our pods, only our end counts."""
    policies = [one for one in resources if one["kind"] == "NetworkPolicy"]
    all_pods = pods(resources)
    named = {name: _ports(pod) for name, pod in all_pods.items()}
    out = {flow for name, pod in all_pods.items() for flow in _side(name, pod, policies, all_pods, named, "egress")}
    into = {flow for name, pod in all_pods.items() for flow in _side(name, pod, policies, all_pods, named, "ingress")}
    ours = set(all_pods)
    return {one for one in out | into if (one in out or one[0] not in ours) and (one in into or one[1] not in ours)}


def closed(resources: Sequence[Resource]) -> set[str]:
    """Return the namespaces that deny everything except what a policy allows."""
    return {
        one["metadata"]["namespace"]
        for one in all_of_kind(resources, "NetworkPolicy")
        if one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    }


def all_of_kind(resources: Sequence[Resource], kind: str) -> list[Resource]:
    """Return all resources of a kind, including those that share a name."""
    return [one for one in resources if one["kind"] == kind]


def _ports(pod: Resource) -> dict[str, int]:
    return {port["name"]: port["containerPort"] for one in pod["spec"]["containers"] for port in one.get("ports", [])}


def _selects(selector: dict[str, Any], pod: Resource) -> bool:
    wanted = selector.get("matchLabels", {})
    labels = pod["metadata"]["labels"]
    return all(labels.get(key) == value for key, value in wanted.items())


def _side(
    name: str,
    pod: Resource,
    policies: Sequence[Resource],
    all_pods: dict[str, Resource],
    named: dict[str, dict[str, int]],
    direction: str,
) -> Iterator[Flow]:
    for policy in policies:
        if direction.capitalize() not in policy["spec"]["policyTypes"]:
            continue
        if policy["metadata"]["namespace"] != pod["namespace"] or not _selects(policy["spec"]["podSelector"], pod):
            continue
        for rule in policy["spec"].get(direction, []):
            peers = rule.get("to" if direction == "egress" else "from")
            for other in _peers(peers, pod["namespace"], all_pods):
                to = other if direction == "egress" else name
                for port in rule["ports"]:
                    number = port["port"]
                    if isinstance(number, str):
                        number = named[to].get(number)
                    if number is not None:
                        yield (name, other, number) if direction == "egress" else (other, name, number)


def _peers(peers: Sequence[dict[str, Any]] | None, namespace: str, all_pods: dict[str, Resource]) -> Iterator[str]:
    if peers is None:
        yield API
        return
    for peer in peers:
        if "ipBlock" in peer:
            yield WORLD
            continue
        where = peer.get("namespaceSelector", {}).get("matchLabels", {}).get("kubernetes.io/metadata.name", namespace)
        if where in _OTHERS:
            yield _OTHERS[where]
        for name, pod in all_pods.items():
            if pod["namespace"] == where and _selects(peer.get("podSelector", {}), pod):
                yield name
