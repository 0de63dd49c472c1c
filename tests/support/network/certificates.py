"""Make certificates for TLS with the openssl command: an authority and what it signs."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, as PEM texts."""

    key: str
    chain: str


class Authority:
    """An authority that signs certificates for `localhost`. Its files are in a folder of their own."""

    def __init__(self, folder: Path, name: str) -> None:
        """Make its own key and certificate."""
        self._folder = folder / name
        self._folder.mkdir()
        self._openssl(
            "req", "-x509", *_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", f"/CN={name}"
        )

    @property
    def root(self) -> str:
        """The certificate to trust."""
        return self._read("ca.pem")

    def sign(self, name: str) -> Certificate:
        """Return a certificate for a server on this machine, or for a client."""
        key, request, chain = f"{name}.key", f"{name}.csr", f"{name}.pem"
        self._openssl("req", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        (self._folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        authority = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names")
        self._openssl("x509", "-req", "-in", request, *authority, "-out", chain, "-days", "2")
        return Certificate(self._read(key), self._read(chain))

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, capture_output=True, check=True)  # noqa: S607 - the system's own

    def _read(self, name: str) -> str:
        return (self._folder / name).read_text()


def ssl_config(server: Certificate, *, custom_ca: str = "", client_verify: bool = False) -> str:
    """Return the text of the file that `--ssl_config_file` names."""
    fields = {"server_key": server.key, "server_cert": server.chain, "custom_ca": custom_ca}
    lines = [f'{name}: "{text}"'.replace("\n", r"\n") for name, text in fields.items() if text]
    return "\n".join([*lines, f"client_verify: {str(client_verify).lower()}"])
