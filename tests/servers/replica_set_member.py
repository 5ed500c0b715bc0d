"""One member of a MongoDB replica set whose other members are down. It speaks the wire protocol and stores no data.

Its responses are written from MongoDB's documentation (`hello`, write concern errors, error_codes.yml). Tests with it
show how the driver reads these responses; they do not show that MongoDB sends them.
"""

import socketserver
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import bson
from imagejobs.embedded.services.ports import LOOPBACK, free_port
from servers.serving import serving

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
WRITES = frozenset({"insert", "update", "delete", "drop", "findAndModify"})
HEADER = struct.Struct("<iiii")


class ReplicaSetMember(socketserver.ThreadingTCPServer):
    """A primary to which no other member confirms a write, or a secondary without a primary."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *, is_primary: bool, write_concern_error: dict[str, Any]) -> None:
        super().__init__((LOOPBACK, 0), _Connection)
        self.is_primary = is_primary
        self.write_concern_error = write_concern_error
        self.address = f"{LOOPBACK}:{self.server_address[1]}"
        self.others = [f"{LOOPBACK}:{free_port()}", f"{LOOPBACK}:{free_port()}"]

    def uri(self, options: str = "replicaSet=rs0") -> str:
        """A MONGODB_URI that leads to this member."""
        return f"mongodb://{self.address}/images?{options}"

    def answer(self, command: dict[str, Any]) -> dict[str, Any]:
        """The response to a command."""
        name = next(iter(command))
        if name.lower() in {"hello", "ismaster"}:
            return self._hello()
        if not self.is_primary and name not in {"ping", "endSessions"}:
            return {"ok": 0, "code": 10107, "codeName": "NotWritablePrimary", "errmsg": "not primary"}
        answer: dict[str, Any] = {"ok": 1, "n": 1, "cursor": {"id": 0, "ns": "images.x", "firstBatch": []}}
        if name in WRITES:
            time.sleep(command["writeConcern"].get("wtimeout", 0) / 1000)
            answer["writeConcernError"] = self.write_concern_error
        return answer

    def _hello(self) -> dict[str, Any]:
        return {
            "ok": 1,
            "helloOk": True,
            "ismaster": self.is_primary,
            "isWritablePrimary": self.is_primary,
            "secondary": not self.is_primary,
            "setName": "rs0",
            "hosts": [self.address, *self.others],
            "me": self.address,
            "maxBsonObjectSize": 16_777_216,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "logicalSessionTimeoutMinutes": 30,
            "minWireVersion": 0,
            "maxWireVersion": 21,
        }


class _Connection(socketserver.StreamRequestHandler):
    server: ReplicaSetMember

    def handle(self) -> None:
        while header := self.rfile.read(HEADER.size):
            length, request, _, kind = HEADER.unpack(header)
            body = self.rfile.read(length - HEADER.size)
            answer = bson.encode(self.server.answer(_command(kind, body)))
            if kind == OP_QUERY:
                self._send(OP_REPLY, request, struct.pack("<iqii", 8, 0, 0, 1) + answer)
            else:
                self._send(OP_MSG, request, struct.pack("<IB", 0, 0) + answer)

    def _send(self, kind: int, request: int, body: bytes) -> None:
        self.wfile.write(HEADER.pack(HEADER.size + len(body), 0, request, kind) + body)


def _command(kind: int, body: bytes) -> dict[str, Any]:
    """The command's document: the first document of an OP_MSG, or the one after an OP_QUERY's collection name."""
    start = 5 if kind == OP_MSG else body.index(0, 4) + 1 + 8
    length = struct.unpack_from("<i", body, start)[0]
    return dict(bson.decode(body[start : start + length]))


@contextmanager
def replica_set_member(*, is_primary: bool, **write_concern_error: Any) -> Iterator[ReplicaSetMember]:
    """A running member that answers each write with this write concern error."""
    server = ReplicaSetMember(is_primary=is_primary, write_concern_error=write_concern_error)
    with serving(server):
        yield server
