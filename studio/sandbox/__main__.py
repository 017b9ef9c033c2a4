"""Starts the sandbox: `python -m studio.sandbox --port 8400`."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from studio.sandbox.app import open_server
from studio.sandbox.world import Settings


def main() -> None:
    """Serve until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m studio.sandbox", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=8400, help="0 takes a free one; the address is printed")
    add("--latency", type=float, default=2.5, help="seconds a job takes")
    add("--seed", type=int, help="draw faults at random, the same for the same seed")
    add("--rate", type=float, default=0.05, help="share of calls that a seed spoils")
    add("--data", type=Path, help="keep jobs, balances and files here over restarts")
    add("--credits", type=int, default=1000, help="what a new key has")
    add("--public-url", default="", help="origin of result addresses; else the request's Host")
    add("--quick", action="store_true", help="small films, for runs with very many jobs")
    asked = parser.parse_args()
    settings = Settings(
        latency=asked.latency,
        seed=asked.seed,
        rate=asked.rate,
        data=asked.data,
        credits=asked.credits,
        public_url=asked.public_url,
        quick=asked.quick,
    )
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    server, app = open_server(settings, asked.host, asked.port)
    server.start()
    print(f"Sandbox ready at {server.url}", flush=True)
    done.wait()
    server.stop()
    app.world.close()


if __name__ == "__main__":
    main()
