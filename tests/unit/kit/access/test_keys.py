"""The passwords of the first start: made once, kept, and shown to those who need them."""

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tears.kit.access import redis_users
from tears.kit.access.cluster_keys import SecretStore, make_cluster_keys
from tears.kit.access.house_keys import make_house_keys
from tears.kit.access.redis_users import REDIS_USERS, RULES_DIGEST, RULES_USER, acl_file


def test_the_first_start_makes_passwords_and_later_ones_keep_them(tmp_path: Path) -> None:
    password = make_house_keys(tmp_path, "redis")
    assert password is not None
    assert len(password) >= 20
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert (tmp_path / "grafana" / "admin-password").read_text() == password
    assert make_house_keys(tmp_path, "redis") is None
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_each_service_has_a_folder_of_its_own_with_its_url(tmp_path: Path) -> None:
    make_house_keys(tmp_path, "redis")
    urls = {user: (tmp_path / user / "redis-url").read_text() for user in REDIS_USERS}
    for user, url in urls.items():
        assert url.startswith(f"redis://{user}:")
        assert url.endswith("@redis:6379/0")
    assert len(set(urls.values())) == len(REDIS_USERS)


def test_the_file_for_redis_has_no_password_and_lets_nobody_in_without_one(tmp_path: Path) -> None:
    make_house_keys(tmp_path, "redis")
    text = (tmp_path / "redis" / "users.acl").read_text()
    assert "user default off\n" in text
    for user in REDIS_USERS:
        password = (tmp_path / user / "redis-url").read_text().split(":")[2].partition("@")[0]
        assert password not in text


def test_the_rules_are_written_anew_when_an_update_has_changed_them(tmp_path: Path) -> None:
    make_house_keys(tmp_path, "redis")
    users = tmp_path / "redis" / "users.acl"
    text = users.read_text()
    users.chmod(0o644)
    users.write_text("user default on nopass ~* +@all\n")
    make_house_keys(tmp_path, "redis")
    assert users.read_text() == text


def test_no_rule_gives_everything() -> None:
    for line in acl_file(dict.fromkeys(REDIS_USERS, "x")).splitlines():
        words = line.split()
        assert not {"~*", "allkeys", "+@all", "allcommands", "&*", "allchannels"} & set(words)
        assert "+@" not in line


class _Cluster(BaseHTTPRequestHandler):
    """Stands in for the API server: it knows secrets, and one namespace that may be missing."""

    secrets: dict[str, dict[str, object]] = {}  # noqa: RUF012 - one for the whole server
    patches: list[tuple[str, object]] = []  # noqa: RUF012 - as above
    patch_code = 200
    namespaces = {"tears"}  # noqa: RUF012 - as above

    def _answer(self, code: int, body: object = None) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(body or {}).encode())

    def do_GET(self) -> None:
        assert self.headers["Authorization"] == "Bearer token"
        if self.path.split("/")[4] not in self.namespaces:
            self._answer(403)
            return
        found = self.secrets.get(self.path)
        self._answer(200 if found else 404, found)

    def do_POST(self) -> None:
        self._write(is_new=True)

    def do_PUT(self) -> None:
        self._write(is_new=False)

    def do_PATCH(self) -> None:
        assert self.headers["Content-Type"] == "application/merge-patch+json"
        patch = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        users = "/api/v1/namespaces/tears/secrets/redis-users"
        assert users in self.secrets, "Redis would start with the old users"
        self.patches.append((self.path, patch))
        self._answer(self.patch_code)

    def _write(self, *, is_new: bool) -> None:
        secret = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.split("/")[4] not in self.namespaces:
            self._answer(404)
            return
        data = {key: base64.b64encode(value.encode()).decode() for key, value in secret["stringData"].items()}
        path = f"{self.path}/{secret['metadata']['name']}" if is_new else self.path
        self.secrets[path] = {"data": data}
        self._answer(201)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SecretStore]:
    (tmp_path / "token").write_text("token\n")
    (tmp_path / "ca.crt").touch()
    _Cluster.secrets = {}
    _Cluster.patches = []
    _Cluster.patch_code = 200
    _Cluster.namespaces = {"tears"}
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cluster)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield SecretStore(f"http://127.0.0.1:{server.server_port}", tmp_path)
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_cluster_gets_a_secret_for_each_service_and_keeps_it(store: SecretStore) -> None:
    make_cluster_keys(store, "tears", "tears-microphone")
    first = dict(_Cluster.secrets)
    for user in REDIS_USERS:
        values = store.read("tears", f"redis-{user}")
        assert values is not None
        assert values["TEARS_REDIS_URL"] == f"redis://{user}:{values['password']}@redis.tears:6379/0"
        assert values["username"] == user
    users = store.read("tears", "redis-users")
    grafana = store.read("tears", "grafana-admin")
    assert users is not None
    assert grafana is not None
    assert "user default off\n" in users["users.acl"]
    make_cluster_keys(store, "tears", "tears-microphone")
    assert _Cluster.secrets == first


def test_a_namespace_of_recorders_that_comes_later_gets_the_recorders_secret(store: SecretStore) -> None:
    make_cluster_keys(store, "tears", "tears-microphone")
    assert not [path for path in _Cluster.secrets if "tears-microphone" in path]
    _Cluster.namespaces.add("tears-microphone")
    make_cluster_keys(store, "tears", "tears-microphone")
    assert store.read("tears-microphone", "redis-recorder") == store.read("tears", "redis-recorder")
    assert store.read("tears-microphone", "redis-alerter") is None


def test_redis_is_started_again_after_its_new_users_are_there(store: SecretStore) -> None:
    make_cluster_keys(store, "tears", "tears-microphone")
    note = {"metadata": {"annotations": {"tears/redis-users": RULES_DIGEST}}}
    expected = ("/apis/apps/v1/namespaces/tears/deployments/redis", {"spec": {"template": note}})
    assert _Cluster.patches == [expected]


@pytest.mark.parametrize("code", [403, 404])
def test_a_cluster_without_the_right_to_start_redis_again_gets_its_secrets_all_the_same(
    store: SecretStore, code: int
) -> None:
    _Cluster.patch_code = code
    make_cluster_keys(store, "tears", "tears-microphone")
    assert store.read("tears", "grafana-admin") is not None


def test_other_rules_have_another_user_to_know_them_by(monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"user {RULES_USER} on nopass +ping +hello\n" in acl_file(dict.fromkeys(REDIS_USERS, "x"))
    monkeypatch.setattr(redis_users, "REDIS_USERS", {**REDIS_USERS, "scaler": "+xlen"})
    assert redis_users._rules_digest() != RULES_DIGEST
