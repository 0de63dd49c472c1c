"""The metrics that the services declare, by the names that Prometheus sees."""

import re

from prometheus_client import CollectorRegistry

from tears.alerter.metrics import AlerterMetrics
from tears.alerter.proof.proof_metrics import ProofMetrics
from tears.classifier.metrics import ClassifierMetrics
from tears.journal.access.access_metrics import AccessMetrics
from tears.journal.follower.follower_metrics import FollowerMetrics
from tears.journal.metrics import JournalMetrics
from tears.model_server.metrics import ServerMetrics
from tears.preprocessor.metrics import PreprocessorMetrics
from tears.recorder.metrics import RecorderMetrics

# Metrics of Prometheus itself and of each process.
_OTHER_METRICS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
_NAME = re.compile(r"(?<![\w:$])(?::tensorflow:serving:\w+|tears_\w+|process_\w+|up(?=[{\s]))")
_PATTERN = re.compile(r'__name__=~"([^"]+)"')


def declared_names() -> set[str]:
    """Return the names of all services' metrics; a histogram has three."""
    registry = CollectorRegistry()
    RecorderMetrics("nursery", registry)
    PreprocessorMetrics(registry)
    ClassifierMetrics(registry)
    AlerterMetrics(registry)
    ProofMetrics(registry)
    JournalMetrics(registry)
    FollowerMetrics(registry)
    AccessMetrics(registry)
    server = ServerMetrics()
    names = set(_OTHER_METRICS)
    for family in [*registry.collect(), *server._registry.collect()]:
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}.get(family.type, [""])
        names |= {family.name + suffix for suffix in suffixes}
    return names | {":tensorflow:serving:request_count"}


def undeclared(expr: str) -> list[str]:
    """Return the names in an expression that no service declares, and the patterns that match no declared name."""
    declared = declared_names()
    bare = _PATTERN.sub("", expr)
    unknown = [name for name in _NAME.findall(bare) if name not in declared]
    return unknown + [one for one in _PATTERN.findall(expr) if not any(re.fullmatch(one, name) for name in declared)]
