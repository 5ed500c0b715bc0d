"""Stands in for the `imagejobs` commands: an HTTP server that is ready at once, and a real Dramatiq process tree."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


def serve() -> None:
    class Ready(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()

    HTTPServer(("127.0.0.1", int(os.environ["API_PORT"])), Ready).serve_forever()


def work() -> None:
    from dramatiq.cli import main, make_argument_parser

    here = str(Path(__file__).parent)
    module = f"{Path(__file__).stem}:make_broker"
    arguments = [module, "--path", here, "--processes", os.environ["WORKER_PROCESSES"], "--threads", "1"]
    sys.exit(main(make_argument_parser().parse_args(arguments)))  # type: ignore[no-untyped-call]  # dramatiq's


def make_broker() -> None:
    import dramatiq
    from dramatiq.brokers.redis import RedisBroker

    dramatiq.set_broker(RedisBroker(url=os.environ["REDIS_URI"]))  # type: ignore[no-untyped-call]  # dramatiq's brokers have no types

    @dramatiq.actor
    def stand_in() -> None:
        pass


def wait() -> None:
    if "STAND_IN_IGNORES_SIGTERM" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()


def finish() -> None:
    sys.exit(0)


if __name__ == "__main__":
    commands = {"api": serve, "worker": work, "indexes": finish}
    commands.get(sys.argv[1], wait)()
