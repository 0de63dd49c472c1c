"""Bodies that were sent packed by gzip."""

import zlib
from http import HTTPStatus
from typing import Final

from tears.model_server.rest.reply import Reply, error_reply

# The bound on a body, before and after it is unpacked. That is a minute of sound as JSON.
MAX_BODY_BYTES: Final = 32 * 1024 * 1024
# A body may be packed piece by piece, in at most this many pieces.
MAX_GZIP_MEMBERS: Final = 64

_GZIP_WBITS: Final = 16 + zlib.MAX_WBITS  # zlib's way to say "with gzip's header"


def unpack_body(body: bytes | bytearray) -> bytes | Reply:
    """Return the unpacked body, or the reply that says what is wrong with it."""
    unpacked = b""
    for _ in range(MAX_GZIP_MEMBERS):
        unpacker = zlib.decompressobj(_GZIP_WBITS)
        try:
            unpacked += unpacker.decompress(body, MAX_BODY_BYTES + 1 - len(unpacked))
        except zlib.error as error:
            return error_reply(f"the body is not gzip: {error}", HTTPStatus.BAD_REQUEST)
        if len(unpacked) > MAX_BODY_BYTES:
            message = f"the body has more than {MAX_BODY_BYTES} bytes when it is unpacked; send less at a time"
            return error_reply(message, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if not unpacker.eof:
            return error_reply("the body is not gzip: its end is missing", HTTPStatus.BAD_REQUEST)
        body = unpacker.unused_data
        if not body:
            return unpacked
    return error_reply(f"the body has more than {MAX_GZIP_MEMBERS} members of gzip", HTTPStatus.BAD_REQUEST)
