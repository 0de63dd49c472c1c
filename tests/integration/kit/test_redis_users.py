"""Each service does its work as a user of Redis with only its own commands and keys."""

import re
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
import redis
import soundfile
from support.network.model_servers import FakeModelServer
from support.places import ROOT
from support.processes.service_process import ServiceProcess
from support.redis.servers import RedisServer, installed_programs
from support.redis.users import refusals, url_of
from support.sound.chunks import chunks, known_noise
from support.waiting import wait_until

from tears.alerter.attachments.clip_cutter import ClipCutter
from tears.alerter.attachments.clip_span import ClipSpan
from tears.journal.history.history_file import HISTORY_FILE_NAME
from tears.kit.access.house_keys import ACL_FILE, make_house_keys
from tears.kit.access.link_key import read_link_key
from tears.kit.access.redis_users import PROBE_USER, REDIS_USERS
from tears.kit.commands.giving import give_command, wait_for_answer
from tears.kit.messages import CommandKind
from tears.kit.redis_client import connect
from tears.kit.registry.given_names import read_given_names
from tears.kit.registry.mic_names import SELF_TEST_MIC
from tears.kit.registry.mic_state import MicState
from tears.kit.registry.mics import read_mics
from tears.kit.registry.retirement import retire_mic, retire_rooms
from tears.kit.registry.rooms import read_rooms
from tears.kit.streams import names

RATE_HZ = 8_000
DEADLINE_SECONDS = 90.0
FOREIGN_KEY = "somebody:else"


def test_only_the_journal_writes_the_names_of_rooms_and_the_alerter_reads_them(
    redis_server: RedisServer, closed: redis.Redis
) -> None:
    with connect(url_of(redis_server, "journal")) as journal, connect(url_of(redis_server, "alerter")) as alerter:
        journal.hset(names.ROOM_NAMES_HASH, "nursery", "Anna's room")
        assert read_given_names(alerter) == read_given_names(journal) == {"nursery": "Anna's room"}
        with pytest.raises(redis.exceptions.NoPermissionError):
            alerter.hset(names.ROOM_NAMES_HASH, "nursery", "another")
        journal.hdel(names.ROOM_NAMES_HASH, "nursery")
        for key in (names.MICS_HASH, names.ROOMS_HASH):
            with pytest.raises(redis.exceptions.NoPermissionError):
                journal.hset(key, "nursery", "another")
    assert not closed.exists(names.ROOM_NAMES_HASH)


def test_the_whole_pipeline_alerts_and_retires_and_nothing_that_it_does_is_refused(
    redis_server: RedisServer, closed: redis.Redis, tmp_path: Path
) -> None:
    recording = tmp_path / "night.wav"
    soundfile.write(recording, known_noise(12 * RATE_HZ), RATE_HZ)
    with FakeModelServer(tmp_path) as model:
        model.answer = lambda _: {"crying": 0.95, "other": 0.05}
        settings: dict[str, dict[str, str]] = {
            "recorder": {"TEARS_RECORDER_INPUT": str(recording), "TEARS_RECORDER_PACE": "fast"},
            "preprocessor": {},
            "classifier": {"TEARS_CLASSIFIER_SERVER": model.address},
            "alerter": {"TEARS_ALERTER_STATE_PATH": str(tmp_path / "alerter.sqlite")},
            "journal": {"TEARS_JOURNAL_DATA": str(tmp_path / "journal"), "TEARS_JOURNAL_PORT": "0"},
        }
        running = []
        try:
            for name, own in settings.items():
                environ = {
                    "TEARS_REDIS_URL": url_of(redis_server, name),
                    f"TEARS_{name.upper()}_PROBE_PORT": "0",
                    **({"TEARS_RECORDER_MIC": "nursery"} if name == "recorder" else {}),
                    **own,
                }
                running.append(ServiceProcess(f"tears.{name}", environ, tmp_path / f"{name}.log"))

            def has_ended() -> bool:
                room = read_rooms(closed).get("nursery")
                return room is not None and room.has_ended(room.session) and room.windows > 0

            def logs() -> str:
                return "\n".join(one.log() for one in running)

            wait_until(has_ended, DEADLINE_SECONDS, describe=logs)
            assert read_rooms(closed)["nursery"].episodes == 1, logs()
            wait_until(lambda: kept_episodes(tmp_path / "journal") == 1, DEADLINE_SECONDS, describe=logs)
            snooze = ServiceProcess(
                "tears.alerter.commands.give",
                {"TEARS_REDIS_URL": url_of(redis_server, "alerter")},
                tmp_path / "snooze.log",
                arguments=["snooze", "nursery", "30m"],
            )
            running.append(snooze)
            assert snooze.wait_for_exit() == 0, logs()
            wait_until(lambda: read_rooms(closed)["nursery"].snoozed_until_seconds > 0.0, describe=logs)
            # The recorder has ended, but it may have left its lease.
            closed.delete(names.lease("nursery"))
            retire = ServiceProcess(
                "tears.recorder.retire_rooms",
                {"TEARS_REDIS_URL": url_of(redis_server, "recorder")},
                tmp_path / "retire.log",
                arguments=["nursery"],
            )
            running.append(retire)
            assert retire.wait_for_exit() == 0, logs()
            assert read_mics(closed)["nursery"].state is MicState.RETIRED
            assert refusals(closed) == []
        finally:
            for one in running:
                one.kill()


def test_a_user_can_do_nothing_else(redis_server: RedisServer, closed: redis.Redis) -> None:
    closed.set(FOREIGN_KEY, "1")
    for user in REDIS_USERS:
        with connect(url_of(redis_server, user)) as client:
            assert client.ping()
            for command in (
                ("GET", FOREIGN_KEY),
                ("SET", FOREIGN_KEY, "2"),
                ("KEYS", "*"),
                ("FLUSHALL",),
                ("CONFIG", "GET", "maxmemory"),
                ("CONFIG", "SET", "maxmemory", "1"),
                ("ACL", "LIST"),
                ("MONITOR",),
                ("SHUTDOWN",),
                ("SUBSCRIBE", "x"),
                ("EVAL", "return redis.call('GET', KEYS[1])", "1", FOREIGN_KEY),
            ):
                with pytest.raises(redis.exceptions.NoPermissionError):
                    client.execute_command(*command)


def test_readers_cannot_write_and_services_cannot_read_what_others_hear(
    redis_server: RedisServer, closed: redis.Redis
) -> None:
    closed.xadd(names.chunks("nursery"), {"message": "sound"})
    body = {"message": "forged"}
    with connect(url_of(redis_server, "journal")) as journal:
        assert journal.xlen(names.chunks("nursery")) == 1
        with pytest.raises(redis.exceptions.NoPermissionError):
            journal.xadd(names.chunks("nursery"), body)
    for user in ("classifier", "scaler"):
        with connect(url_of(redis_server, user)) as client, pytest.raises(redis.exceptions.NoPermissionError):
            client.xrange(names.chunks("nursery"))
    for user in REDIS_USERS.keys() - {"alerter", "journal"}:
        with connect(url_of(redis_server, user)) as client, pytest.raises(redis.exceptions.NoPermissionError):
            client.xadd(names.COMMANDS_STREAM, body)
    # The alerter reads a room for the sound of an episode, and writes only the cry of its self-test.
    with connect(url_of(redis_server, "alerter")) as alerter:
        assert alerter.xadd(names.chunks(SELF_TEST_MIC), body)
        for stream in (names.DETECTIONS_STREAM, names.WINDOWS_STREAM, names.chunks("nursery")):
            with pytest.raises(redis.exceptions.NoPermissionError):
                alerter.xadd(stream, body)


def test_the_journal_gives_commands_and_reads_answers_but_neither_reads_commands_nor_answers_them(
    redis_server: RedisServer, closed: redis.Redis
) -> None:
    with connect(url_of(redis_server, "journal")) as journal:
        command = give_command(journal, CommandKind.ACKNOWLEDGE, sender="the journal", mic="nursery")
        assert wait_for_answer(journal, command.command_id, wait_seconds=0.0) is None
        # It checks the links by which a parent acknowledges an alert, and cannot replace their key.
        assert read_link_key(journal) == b""
        # Its setup page shows how the house is.
        closed.xgroup_create(names.WINDOWS_STREAM, names.CLASSIFIER_GROUP, "0", mkstream=True)
        assert [one["pending"] for one in journal.xinfo_groups(names.WINDOWS_STREAM)] == [0]
        assert refusals(closed) == []

        forbidden: list[tuple[str, ...]] = [
            ("XRANGE", names.COMMANDS_STREAM, "-", "+"),
            ("XREAD", "STREAMS", names.COMMANDS_STREAM, "0"),
            ("SET", names.answer(command.command_id), "{}"),
            ("XADD", names.EPISODES_STREAM, "*", "message", "forged"),
            ("XADD", names.DETECTIONS_STREAM, "*", "message", "forged"),
            ("DEL", names.COMMANDS_STREAM),
            ("XREADGROUP", "GROUP", "classifier", "a", "STREAMS", names.WINDOWS_STREAM, ">"),
            ("SET", names.LINK_KEY, "forged"),
            ("HSET", names.MICS_HASH, "nursery", "{}"),
        ]
        for words in forbidden:
            with pytest.raises(redis.exceptions.NoPermissionError):
                journal.execute_command(*words)
    assert closed.xlen(names.COMMANDS_STREAM) == 1


def test_a_room_can_be_retired_with_the_rights_of_a_recorder(redis_server: RedisServer, closed: redis.Redis) -> None:
    with connect(url_of(redis_server, "recorder")) as recorder:
        retire_mic(recorder, "nursery")
        retire_rooms(recorder, ["nursery"])
    assert read_mics(closed)["nursery"].state is MicState.RETIRED


def test_every_command_of_a_script_is_allowed_to_those_who_run_it() -> None:
    consumers = {"preprocessor", "classifier"}
    folders = {
        ROOT / "libs" / "kit": consumers,
        ROOT / "services" / "recorder": {"recorder"},
        ROOT / "services" / "alerter": {"alerter"},
    }
    for folder, users in folders.items():
        for script in folder.rglob("*.lua"):
            calls = re.findall(r"redis\.p?call\('([A-Z]+)'(?:, *'([A-Z]+)')?", script.read_text())
            for command, sub in calls:
                is_container = command in {"XGROUP", "XINFO"}
                wanted = f"+{command}|{sub}".lower() if is_container else f"+{command}".lower()
                for user in users:
                    assert wanted in REDIS_USERS[user].split(), f"{script.name} calls {wanted}, {user} may not"


def test_the_file_of_the_first_start_is_one_that_redis_reads(tmp_path: Path) -> None:
    assert make_house_keys(tmp_path, "redis") is not None
    users = tmp_path / "redis" / ACL_FILE
    for program in installed_programs().values():
        # Not pytest's tmp_path, because the path of a Unix socket may have at most 107 bytes.
        folder = tempfile.mkdtemp(prefix="tears-")
        socket = f"{folder}/redis.sock"
        command = [program, "--port", "0", "--unixsocket", socket, "--save", "", "--aclfile", str(users)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder) as process:
            try:
                probe = connect(f"unix://{PROBE_USER}:any@{socket}")
                wait_until(partial(_answers, probe), DEADLINE_SECONDS, describe=f"{program} with our users")
                alerter = (tmp_path / "alerter" / "redis-url").read_text()
                own = connect(alerter.replace("redis://", "unix://").replace("@redis:6379/0", f"@{socket}"))
                assert own.hgetall(names.ROOMS_HASH) == {}
                with pytest.raises(redis.exceptions.AuthenticationError):
                    connect(f"unix://{socket}").ping()
            finally:
                process.kill()
        shutil.rmtree(folder)


def kept_episodes(data: Path) -> int:
    """Return how many episodes the journal has kept."""
    file = data / HISTORY_FILE_NAME
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database, suppress(sqlite3.Error):
        (found,) = database.execute("SELECT count(*) FROM episodes WHERE ended_at IS NOT NULL").fetchone()
        return int(found)
    return 0


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def test_the_alerter_may_cut_the_sound_of_an_episode(redis_server: RedisServer, closed: redis.Redis) -> None:
    for one in chunks(known_noise(4 * RATE_HZ), rate_hz=RATE_HZ):
        closed.xadd(names.chunks("nursery"), {names.BODY: one.encode()})
    span = ClipSpan("nursery", "s1", 1.0, 3.0)
    assert ClipCutter(url_of(redis_server, "alerter")).cut(span, "crying.mp3").content
