"""The journal's settings."""

from typing import Annotated, Literal

from msgspec import Meta

from tears.journal.access.passwords import LONGEST_PASSWORD
from tears.journal.recordings.settings import RecordingSettings
from tears.kit.network.listening import EVERYWHERE, LISTEN_PATTERN
from tears.kit.setting_fields import ENDLESS, IN_WORDS, SECRET, SHARED

_RECORDINGS_STOP_EARLIER_GIB = 0.25


class JournalSettings(RecordingSettings, frozen=True, kw_only=True):
    """Read from `TEARS_JOURNAL_*`."""

    record: Annotated[bool, Meta(description="Also record all that the rooms hear, into `TEARS_JOURNAL_FOLDER`.")] = (
        False
    )

    data: Annotated[
        str, Meta(min_length=1, description="The folder of the history, the clips and the passwords; it is made.")
    ] = "/var/lib/tears/journal"

    # The sound of crying.
    clips: Annotated[bool, Meta(description="Keep the sound of crying, of near misses and of what you mark.")] = True
    clip_days: Annotated[
        float,
        Meta(
            gt=0,
            description="Delete clips that are older; what you have labelled or starred stays.",
            extra={ENDLESS: True},
        ),
    ] = 365.0
    clip_gib: Annotated[
        float, Meta(gt=0, description="Delete the oldest of the other clips beyond this size.", extra={ENDLESS: True})
    ] = 4.0
    clip_leave_gib: Annotated[
        float, Meta(ge=0, description="Keep no more clips if less than this would stay free; the oldest make room.")
    ] = 1.0
    near_miss_clips: Annotated[
        int, Meta(ge=0, le=10_000, description="How many clips of near misses are kept: the newest.")
    ] = 100

    # The history.
    history_days: Annotated[
        float,
        Meta(
            gt=0,
            description="Forget what is older; starred episodes and what a parent has labelled stay.",
            extra={ENDLESS: True},
        ),
    ] = 730.0
    cry_label: Annotated[
        str, Meta(min_length=1, description="The model's label for crying.", extra={SHARED: "TEARS_ALERTER_CRY_LABEL"})
    ] = "crying"

    # Who gets the alerts.
    alerts_file: Annotated[
        str,
        Meta(
            description="The alerter's file alerts.toml, which the setup page changes: the same for both services.",
            extra={SHARED: "TEARS_ALERTER_RULES"},
        ),
    ] = ""

    # Teaching.
    models: Annotated[
        str,
        Meta(
            description="The folder of the model's versions, which the model server watches: a taught version is put "
            "there. Without it, nothing can be taught."
        ),
    ] = ""
    model_server: Annotated[
        str, Meta(min_length=1, description="The model server, HOST:PORT or unix:PATH, for lessons and trials.")
    ] = "localhost:8500"

    # The pages, and who reaches them.
    port: Annotated[int, Meta(ge=0, le=65_535, description="Port of the pages; 0 takes any free one.")] = 8080
    page_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://\S+)?\Z",
            description="Where parents open the pages; alerts and dashboards link there if this is set.",
            extra={SHARED: "TEARS_JOURNAL_URL", IN_WORDS: "a URL that begins with http:// or https://"},
        ),
    ] = ""
    page_listen: Annotated[
        str,
        Meta(
            pattern=LISTEN_PATTERN,
            description="Who reaches the pages: `all` is every machine in the network, which a parent's phone needs; "
            "`loopback` is this machine only, for a proxy on it.",
            extra={IN_WORDS: "all, or loopback, or an IP address of this machine"},
        ),
    ] = EVERYWHERE
    first_password: Annotated[
        str,
        Meta(
            max_length=LONGEST_PASSWORD,
            description="The parents' password, if there is none yet; without it, the journal makes one and logs it.",
            extra={SECRET: True},
        ),
    ] = ""
    certificate: Annotated[
        str, Meta(description="File of the TLS certificate, in PEM form with its chain; the pages are then https://.")
    ] = ""
    private_key: Annotated[str, Meta(description="File of the certificate's key, if it is not in the same file.")] = ""
    trusted_proxies: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?\Z")], ...],
        Meta(
            extra={IN_WORDS: "addresses or networks, such as 172.30.32.2 or 10.42.0.0/16, with white space between"},
            description="Proxies whose headers are believed: who asks (X-Forwarded-For, X-Forwarded-Proto), and below "
            "which path (X-Forwarded-Prefix, X-Ingress-Path).",
        ),
    ] = ()
    trusted_user_header: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9-]*\Z",
            extra={IN_WORDS: "the name of a header, such as X-Remote-User-Id"},
            description="A trusted proxy has logged in whoever this header names: X-Remote-User-Id for Home Assistant.",
        ),
    ] = ""
    trusted_role: Annotated[
        Literal["parent", "guest"], Meta(description="The role of those whom a trusted proxy has logged in.")
    ] = "parent"

    @property
    def leave_bytes(self) -> int:
        """What recordings leave free on the disk: more than clips need, or one night of them would end all clips."""
        kept_for_clips = int((self.clip_leave_gib + _RECORDINGS_STOP_EARLIER_GIB) * 2**30) if self.clips else 0
        return max(super().leave_bytes, kept_for_clips)
