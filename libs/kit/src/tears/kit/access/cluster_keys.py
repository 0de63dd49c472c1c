"""Make the passwords of a cluster at its first start, as secrets of Kubernetes."""

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tears.kit.access.house_keys import ACL_FILE, new_password
from tears.kit.access.redis_users import REDIS_USERS, RULES_DIGEST, acl_file, redis_url

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_API = "https://kubernetes.default.svc"
_TIMEOUT_SECONDS = 10.0
_FORBIDDEN, _NOT_FOUND = 403, 404
_RULES_NOTE = "tears/redis-users"
PASSWORD_KEY = "password"  # noqa: S105 - a name


class SecretStore:
    """The secrets of a cluster, with the rights of the pod's own account."""

    def __init__(self, api: str = _API, account: Path = _ACCOUNT) -> None:
        self._api = api
        self._token = (account / "token").read_text().strip()
        # Directly: no proxy of the environment may see these.
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if api.startswith("https:"):
            tls = ssl.create_default_context(cafile=account / "ca.crt")
            handlers.append(urllib.request.HTTPSHandler(context=tls))
        self._opener = urllib.request.build_opener(*handlers)

    def read(self, namespace: str, name: str) -> dict[str, str] | None:
        """Return the values of a secret; None if there is no such secret or namespace."""
        found = self._ask("GET", f"namespaces/{namespace}/secrets/{name}")
        if found is None:
            return None
        return {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}

    def write(self, namespace: str, name: str, values: Mapping[str, str]) -> None:
        """Make a secret, or replace its values; do nothing if there is no such namespace."""
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "labels": {"app.kubernetes.io/part-of": "tears"}},
            "stringData": dict(values),
        }
        if self._ask("GET", f"namespaces/{namespace}/secrets/{name}") is None:
            self._ask("POST", f"namespaces/{namespace}/secrets", secret)
        else:
            self._ask("PUT", f"namespaces/{namespace}/secrets/{name}", secret)

    def restart_if_new(self, namespace: str, deployment: str, note: str, value: str) -> None:
        """Let Kubernetes start the pods of a deployment again if their note has another value."""
        template = {"metadata": {"annotations": {note: value}}}
        self._ask(
            "PATCH",
            f"namespaces/{namespace}/deployments/{deployment}",
            {"spec": {"template": template}},
            group="apis/apps/v1",
            content_type="application/merge-patch+json",
        )

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        group: str = "api/v1",
        content_type: str = "application/json",
    ) -> dict[str, Any] | None:
        request = urllib.request.Request(  # noqa: S310 - the cluster's own address
            f"{self._api}/{group}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": content_type},
        )
        try:
            with self._opener.open(request, timeout=_TIMEOUT_SECONDS) as reply:
                found: dict[str, Any] = json.load(reply)
                return found
        except urllib.error.HTTPError as error:
            with error:
                if error.code == _NOT_FOUND:
                    return None
                raise


def make_cluster_keys(store: SecretStore, namespace: str, recorder_namespace: str) -> None:
    """Make the secrets that are missing, and keep every password that is there.

    The secret `redis-<user>` has TEARS_REDIS_URL, `username` and `password`; `redis-users` has the ACL file, which is
    written anew, because an update may change the rules, and Redis is started again if it has; `grafana-admin` has
    Grafana's password.

    Raises:
        OSError: The API server does not answer, or refuses.
    """
    host = f"redis.{namespace}"
    passwords: dict[str, str] = {}
    for user in REDIS_USERS:
        name = f"redis-{user}"
        password = (store.read(namespace, name) or {}).get(PASSWORD_KEY) or new_password()
        passwords[user] = password
        values = {"TEARS_REDIS_URL": redis_url(user, password, host), "username": user, PASSWORD_KEY: password}
        store.write(namespace, name, values)
        if user == "recorder":
            try:
                store.write(recorder_namespace, name, values)
            except urllib.error.HTTPError as error:
                # No rights in a namespace that nobody has made yet.
                if error.code != _FORBIDDEN:
                    raise
    store.write(namespace, "redis-users", {ACL_FILE: acl_file(passwords)})
    try:
        store.restart_if_new(namespace, "redis", _RULES_NOTE, RULES_DIGEST)
    except urllib.error.HTTPError as error:
        # The rights of an earlier release: then the journal says that Redis is to be started again.
        if error.code != _FORBIDDEN:
            raise
    if store.read(namespace, "grafana-admin") is None:
        store.write(namespace, "grafana-admin", {PASSWORD_KEY: new_password()})
