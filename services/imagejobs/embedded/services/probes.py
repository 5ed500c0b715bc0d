"""Readiness probes: one short request to a server on this machine, in the server's own protocol.

The client libraries are not used: their import would delay the start of `imagejobs up` by 0.7 s, and pymongo starts
threads, which a program that forks must not have. Every read ends within TIMEOUT_SECONDS. A server that is unavailable
or still loads its data is not ready.
"""

import http.client
import socket
import struct
from collections.abc import Mapping
from typing import Any

import bson

from imagejobs.embedded.services.ports import LOOPBACK

TIMEOUT_SECONDS = 0.5

OP_MSG = 2013  # MongoDB wire protocol
HEADER = struct.Struct("<iiii")
SECTION_OFFSET = HEADER.size + 5  # the flags, and the kind of the only section
LARGEST_REPLY = 65_536

HEARTBEATS = "dramatiq:__heartbeats__"
"""The sorted set of dramatiq's dispatch.lua: a member per worker process, scored by the time of its last command in
milliseconds."""


def redis_answers(port: int) -> bool:
    """Whether Redis answers PING with PONG. It does not while it loads its data."""
    return _ask_redis(port, "PING") == "+PONG"


def worker_consumes(redis_port: int, since: float, redis_namespace: str = "") -> bool:
    """Whether a Dramatiq worker has asked Redis for messages after `since` (seconds since the epoch)."""
    heartbeats = f"{redis_namespace}:{HEARTBEATS}" if redis_namespace else HEARTBEATS
    reply = _ask_redis(redis_port, f"ZCOUNT {heartbeats} {int(since * 1000)} +inf")
    return reply.startswith(":") and int(reply[1:]) > 0


def mongodb_answers(port: int) -> bool:
    """Whether a MongoDB server answers the command ping with ok: 1."""
    return bool(ask_mongodb(port, {"ping": 1, "$db": "admin"}).get("ok") == 1)


def ask_mongodb(port: int, command: Mapping[str, Any]) -> Mapping[str, Any]:
    """The reply to a command; empty if no valid reply arrives."""
    body = struct.pack("<iB", 0, 0) + bson.encode(command)
    question = HEADER.pack(HEADER.size + len(body), 1, 0, OP_MSG) + body
    try:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(question)
            reply = _receive_reply(connection)
        return bson.decode(reply[SECTION_OFFSET:])
    except (OSError, struct.error, bson.errors.BSONError):
        return {}


def redis_text(port: int, key: str) -> str | None:
    """The value of a key, one line of text; None if the key does not exist or Redis does not answer."""
    name = key.encode()
    command = b"*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n" % (len(name), name)
    try:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(command)
            with connection.makefile("rb") as lines:
                length = lines.readline(LARGEST_REPLY)
                if not length.startswith(b"$") or length.startswith(b"$-"):
                    return None
                return lines.readline(LARGEST_REPLY).decode(errors="replace").strip()
    except OSError:
        return None


def http_answers(port: int, path: str) -> bool:
    """Whether GET `path` returns 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _ask_redis(port: int, command: str) -> str:
    try:
        with socket.create_connection((LOOPBACK, port), TIMEOUT_SECONDS) as connection:
            connection.sendall(f"{command}\r\n".encode())
            with connection.makefile("rb") as lines:
                return lines.readline(LARGEST_REPLY).decode(errors="replace").strip()
    except OSError:
        return ""


def _receive_reply(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as replies:
        header = replies.read(HEADER.size)
        length: int = HEADER.unpack(header)[0]
        return header + replies.read(min(length, LARGEST_REPLY) - HEADER.size)
