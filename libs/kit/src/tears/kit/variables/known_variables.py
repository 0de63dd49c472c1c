"""All `TEARS_*` variables, so that slips are noticed. Tests compare the list with the settings classes."""

from typing import NamedTuple

# In the order of docs/settings.md.
SETTINGS_OF_SERVICES = (
    "TEARS_REDIS_URL",
    "TEARS_LOG_LEVEL",
    "TEARS_LOG_FORMAT",
    "TEARS_HOST",
    "TEARS_SLOT",
    "TEARS_LISTEN",
    "TEARS_PORT_IF_TAKEN",
    "TEARS_RECORDER_PROBE_PORT",
    "TEARS_RECORDER_MIC",
    "TEARS_RECORDER_DEVICE",
    "TEARS_RECORDER_RATE_HZ",
    "TEARS_RECORDER_CHANNELS",
    "TEARS_RECORDER_INPUT",
    "TEARS_RECORDER_PACE",
    "TEARS_RECORDER_SESSION",
    "TEARS_RECORDER_CHUNK_SECONDS",
    "TEARS_RECORDER_SPOOL_SECONDS",
    "TEARS_RECORDER_SPOOL_BYTES",
    "TEARS_RECORDER_STREAM_SECONDS",
    "TEARS_RECORDER_LEASE_SECONDS",
    "TEARS_RECORDER_LAG_CHUNKS",
    "TEARS_PREPROCESSOR_PROBE_PORT",
    "TEARS_PREPROCESSOR_CLAIM_IDLE_SECONDS",
    "TEARS_PREPROCESSOR_DELIVERY_CAP",
    "TEARS_PREPROCESSOR_OVERLOAD_SECONDS",
    "TEARS_PREPROCESSOR_GAIN_DB",
    "TEARS_PREPROCESSOR_HOP_SECONDS",
    "TEARS_PREPROCESSOR_WINDOWS_CAPACITY",
    "TEARS_PREPROCESSOR_IN_FLIGHT",
    "TEARS_CLASSIFIER_PROBE_PORT",
    "TEARS_CLASSIFIER_CLAIM_IDLE_SECONDS",
    "TEARS_CLASSIFIER_DELIVERY_CAP",
    "TEARS_CLASSIFIER_OVERLOAD_SECONDS",
    "TEARS_CLASSIFIER_SERVER",
    "TEARS_CLASSIFIER_MODEL",
    "TEARS_CLASSIFIER_MODEL_VERSION",
    "TEARS_CLASSIFIER_MODEL_LABEL",
    "TEARS_CLASSIFIER_DEADLINE_SECONDS",
    "TEARS_CLASSIFIER_IN_FLIGHT",
    "TEARS_CLASSIFIER_DETECTIONS_KEPT",
    "TEARS_ALERTER_PROBE_PORT",
    "TEARS_ALERTER_NOTIFY",
    "TEARS_ALERTER_CLIP",
    "TEARS_ALERTER_LANGUAGE",
    "TEARS_JOURNAL_URL",
    "TEARS_ALERTER_RULES",
    "TEARS_ALERTER_STATE_PATH",
    "TEARS_ALERTER_CRY_LABEL",
    "TEARS_ALERTER_SELFTEST_SECONDS",
    "TEARS_ALERTER_HEARTBEAT_URL",
    "TEARS_ALERTER_DEAF_SECONDS",
    "TEARS_ALERTER_LATENESS_SECONDS",
    "TEARS_ALERTER_SENSITIVITY",
    "TEARS_ALERTER_OPEN_THRESHOLD",
    "TEARS_ALERTER_CLOSE_THRESHOLD",
    "TEARS_ALERTER_LEVEL_FLOOR_DBFS",
    "TEARS_ALERTER_EVIDENCE_SECONDS",
    "TEARS_ALERTER_SPAN_SECONDS",
    "TEARS_ALERTER_QUIET_SECONDS",
    "TEARS_ALERTER_REFRACTORY_SECONDS",
    "TEARS_ALERTER_UNHEARD_SECONDS",
    "TEARS_ALERTER_REPORT_AT",
    "TEARS_ALERTER_NIGHTS_KEPT",
    "TEARS_ALERTER_BABYBUDDY_URL",
    "TEARS_ALERTER_BABYBUDDY_TOKEN",
    "TEARS_ALERTER_BABYBUDDY_CHILD",
    "TEARS_ALERTER_MQTT_URL",
    "TEARS_ALERTER_MQTT_CA_PATH",
    "TEARS_ALERTER_MQTT_TOPIC",
    "TEARS_ALERTER_MQTT_DISCOVERY_TOPIC",
    "TEARS_ALERTER_MQTT_SNOOZE_SECONDS",
    "TEARS_JOURNAL_PROBE_PORT",
    "TEARS_JOURNAL_FOLDER",
    "TEARS_JOURNAL_ROOMS",
    "TEARS_JOURNAL_SEGMENT_SECONDS",
    "TEARS_JOURNAL_KEEP_DAYS",
    "TEARS_JOURNAL_KEEP_GIB",
    "TEARS_JOURNAL_LEAVE_GIB",
    "TEARS_JOURNAL_STOP_WITH_STDIN",
    "TEARS_JOURNAL_RECORD",
    "TEARS_JOURNAL_DATA",
    "TEARS_JOURNAL_CLIPS",
    "TEARS_JOURNAL_CLIP_DAYS",
    "TEARS_JOURNAL_CLIP_GIB",
    "TEARS_JOURNAL_CLIP_LEAVE_GIB",
    "TEARS_JOURNAL_NEAR_MISS_CLIPS",
    "TEARS_JOURNAL_HISTORY_DAYS",
    "TEARS_JOURNAL_MODELS",
    "TEARS_JOURNAL_MODEL_SERVER",
    "TEARS_JOURNAL_PORT",
    "TEARS_JOURNAL_PAGE_LISTEN",
    "TEARS_JOURNAL_FIRST_PASSWORD",
    "TEARS_JOURNAL_CERTIFICATE",
    "TEARS_JOURNAL_PRIVATE_KEY",
    "TEARS_JOURNAL_TRUSTED_PROXIES",
    "TEARS_JOURNAL_TRUSTED_USER_HEADER",
    "TEARS_JOURNAL_TRUSTED_ROLE",
)


class OtherVariable(NamedTuple):
    """A variable that no service reads as a setting; its values are as they stand in the table of the page."""

    accepts: str
    default: str
    description: str


# What is on the command's side of the services: `tears` and `tears-train`.
COMMAND_VARIABLES = {
    "TEARS_MODEL_DIR": OtherVariable(
        "the path of a folder",
        "the shipped model",
        "The folder of the model's versions, which holds 1/, 2/, and so on.",
    ),
}
COMPOSE_VARIABLES = {
    "TEARS_AUDIO_GID": OtherVariable("a whole number", "29", "The number of the group that may open /dev/snd."),
    "TEARS_GRAFANA_IMAGE": OtherVariable(
        "a tag",
        "grafana/grafana:12.4.10, by its digest",
        "The image of Grafana, for a registry or a version of your own.",
    ),
    "TEARS_GRAFANA_PORT": OtherVariable(
        "a port, or ADDRESS:PORT", "3000", "Where a browser finds Grafana; 127.0.0.1:3000 is for this machine only."
    ),
    "TEARS_JOURNAL_PORT": OtherVariable(
        "a port, or ADDRESS:PORT", "8080", "Where a browser finds the journal; 127.0.0.1:8080 is for this machine only."
    ),
    "TEARS_MODEL_DIR": OtherVariable("the path of a folder", "./models/cry", "The folder of the model's versions."),
    "TEARS_PROMETHEUS_IMAGE": OtherVariable(
        "a tag", "prom/prometheus:v3.13.3, by its digest", "The image of Prometheus, likewise."
    ),
    "TEARS_PROMETHEUS_KEEPS": OtherVariable("a time, such as 30d", "30d", "How long Prometheus keeps its data."),
    "TEARS_REDIS_IMAGE": OtherVariable(
        "a tag", "redis:7.4.11-bookworm, by its digest", "The image of Redis, likewise; at least 7.0."
    ),
    "TEARS_REDIS_MEMORY": OtherVariable(
        "a size, such as 160mb", "160mb", "Memory for the data of Redis: 20 MB for each microphone."
    ),
    "TEARS_REDIS_MEMORY_LIMIT": OtherVariable(
        "a size, such as 224m", "224m", "Limit of the container of Redis: a third more than its data."
    ),
    "TEARS_VERSION": OtherVariable("a tag", "0.1.0", "The tag of the images that are built and started."),
}
MAKE_VARIABLES = {
    "TEARS_CORPUS_DIR": OtherVariable(
        "the path of a folder", "none", "Sounds without crying for `make model`; `make corpus` fills the folder."
    ),
    "TEARS_DATASET_DIR": OtherVariable(
        "paths of folders, with colons between them", "none", "Recordings for `make model`: manifest.csv and clips."
    ),
    "TEARS_ENGINE_CMD": OtherVariable(
        "a command", "none", "Starts a container engine for `make images` and `make test-containers` if none answers."
    ),
    "TEARS_MN04": OtherVariable("the path of a file", "none", "The teacher mn04_as (.npz) for `make model`."),
    "TEARS_YAMNET": OtherVariable("the path of a file", "none", "YAMNet (.tflite), which `make model` compares with."),
}

KNOWN_VARIABLES = frozenset((*SETTINGS_OF_SERVICES, *COMMAND_VARIABLES, *COMPOSE_VARIABLES, *MAKE_VARIABLES))
