"""The existing Node backend as the guide describes it: an independent program that our worker must work with unchanged.

It stores any status it receives, and knows no tokens, attempts or leases. It writes one JSON line for each request.
Its settings are the guide's environment variables and MONGODB_URI.
"""

import argparse
import io
import json
import os
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from legacy_records import Document, Records, Refused
from python_multipart import parse_form

SLOW_SECONDS = 0.5


def as_json(value: Any) -> str:
    """ObjectIds and dates as JSON.stringify writes them."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value)


class Handler(BaseHTTPRequestHandler):
    """Handles the requests of the guide's API."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Log nothing: the JSON lines are the log."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        trouble = self.server.trouble_with(self.command, self.path, body)
        if trouble == "slow":
            time.sleep(SLOW_SECONDS)
        status, answer = (500, _error("Internal server error")) if trouble == "fail" else self._done(body)
        line = {"method": self.command, "path": self.path, "status": status, "trouble": trouble}
        if self.command == "PATCH":
            line["body"] = json.loads(body)
        os.write(1, json.dumps(line).encode() + b"\n")  # one write, because two threads may write at once
        if trouble == "cut":
            self.close_connection = True
            return
        content = json.dumps(answer, default=as_json).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _done(self, body: bytes) -> tuple[int, Document]:
        try:
            return 200, {"success": True, "data": self._route(body)}
        except Refused as refused:
            return refused.status, _error(str(refused))

    def _route(self, body: bytes) -> Any:
        records = self.server.records
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        routes: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("POST", r"/api/events", lambda: records.create_event(*self._form(body))),
            ("GET", r"/api/events/(\w+)", records.event),
            ("GET", r"/api/image-jobs", lambda: records.jobs_of(query["entityType"], query["entityId"])),
            ("GET", r"/api/image-jobs/(\w+)", records.job),
            ("PATCH", r"/api/image-jobs/(\w+)/status", lambda job_id: records.update_status(job_id, json.loads(body))),
            ("POST", r"/api/image-jobs/(\w+)/retry", records.retry),
            ("DELETE", r"/api/image-jobs/(\w+)", records.delete),
        )
        for method, pattern, action in routes:
            if method == self.command and (match := re.fullmatch(pattern, address.path)):
                return action(*match.groups())
        raise Refused(404, "Not found")

    def _form(self, body: bytes) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
        fields: dict[str, str] = {}
        images: list[tuple[str, bytes]] = []

        def add_field(field: Any) -> None:
            fields[field.field_name.decode()] = field.value.decode()

        def add_image(file: Any) -> None:
            file.file_object.seek(0)
            images.append((file.file_name.decode(), file.file_object.read()))

        headers = {"Content-Type": self.headers["Content-Type"].encode()}
        parse_form(
            headers,
            io.BytesIO(body),
            add_field,
            add_image,
        )
        return fields, images


class Server(ThreadingHTTPServer):
    """The backend on a loopback port. Each distinct request about a job meets `trouble` the first time."""

    daemon_threads = True

    def __init__(self, port: int, records: Records, trouble: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.records = records
        self._trouble = trouble
        self._came: set[tuple[str | bytes, ...]] = set()

    def trouble_with(self, *request: str | bytes) -> str:
        if request in self._came or not str(request[1]).startswith("/api/image-jobs/"):
            return ""
        self._came.add(request)
        return self._trouble


def _error(message: str) -> Document:
    return {"success": False, "message": message}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--trouble",
        default="",
        choices=("fail", "slow", "cut"),
        help="each request about a job first gets a 500, a late answer, or none although it is done",
    )
    options = parser.parse_args()
    Server(options.port, Records(os.environ), options.trouble).serve_forever()


if __name__ == "__main__":
    main()
