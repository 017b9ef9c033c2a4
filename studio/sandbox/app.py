"""Gives each request to the vendor, the file or the control page it is meant for, with its faults."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from studio.sandbox import control, fetch, spoil
from studio.sandbox.akool import AKOOL
from studio.sandbox.faults import Fault, UnknownFault
from studio.sandbox.files import Files
from studio.sandbox.jobs import Job
from studio.sandbox.messages import Request, Response, answer
from studio.sandbox.mnml import MNML
from studio.sandbox.record import Entry
from studio.sandbox.reelbyte import REELBYTE
from studio.sandbox.remaker import REMAKER
from studio.sandbox.server import Server
from studio.sandbox.vendor import Call, Route, Vendor
from studio.sandbox.world import Settings, World

VENDORS = {vendor.name: vendor for vendor in (REMAKER, REELBYTE, AKOOL, MNML)}


class App:
    """The four vendors, their files and the control pages over one memory."""

    def __init__(self, settings: Settings) -> None:
        self.world = World(settings)
        self.files = Files(self.world)
        self.close_for: Callable[[float], None] = lambda _seconds: None
        for job in list(self.world.jobs.values()):
            fetch.begin(self.world, job)
        for vendor in VENDORS.values():
            vendor.resume(self.world)

    def __call__(self, request: Request) -> Response:
        """The answer to any request."""
        if request.path.startswith("/_sandbox") or request.path == "/":
            return control.answer_control(self.world, request, self.close_for)
        if request.path.startswith("/files/"):
            vendor = VENDORS.get(request.path.split("/")[2])
            return self._file(vendor, request) if vendor else Response(status=404)
        vendor = next((v for v in VENDORS.values() if request.path.startswith(v.prefix)), None)
        if vendor is None:
            return answer({"error": "not found; see /_sandbox/"}, 404)
        return self._vendor(vendor, request)

    def _vendor(self, vendor: Vendor, request: Request) -> Response:
        """One documented call, or what is said to anything else under the vendor's paths."""
        matches = [(route, m) for route in vendor.routes if (m := route.match(request.path))]
        fitting = [(route, m) for route, m in matches if route.method == request.method]
        if not fitting:
            call = self._call(vendor, request, "", ())
            refusal = vendor.refuse(call, "method" if matches else "path")
            allowed = ", ".join(sorted({route.method for route, _ in matches}))
            allow = (("Allow", allowed),) if matches else ()
            return self._entered(call, replace(refusal, headers=refusal.headers + allow))
        route, match = fitting[0]
        call = self._call(vendor, request, route.op, match.groups())
        with self.world.lock:
            jobs = self.world.found(vendor.name, route.subjects(call))
        return self._answered(call, vendor, jobs, lambda: self._handled(call, vendor, route))

    def _file(self, vendor: Vendor, request: Request) -> Response:
        """A file of a job, an effect's preview or its logo."""
        call = self._call(vendor, request, "file", ())
        job = self.world.paths.get(request.path)
        jobs = [job] if job else []
        return self._answered(call, vendor, jobs, lambda: self.files.answer(request, job))

    def _call(self, vendor: Vendor, request: Request, op: str, arguments: tuple[str, ...]) -> Call:
        base = self.world.settings.public_url.rstrip("/")
        return Call(
            world=self.world,
            request=request,
            vendor=vendor.name,
            op=op,
            base=base or f"http://{request.header('host') or 'localhost'}",
            arguments=arguments,
            entry=self._entry(vendor.name, op, request),
        )

    def _entry(self, vendor: str, op: str, request: Request) -> Entry:
        with self.world.lock:
            return self.world.record.open(
                time=self.world.clock.now(),
                vendor=vendor,
                op=op,
                method=request.method,
                path=request.target,
                prompt=request.prompt,
                body_sha256=hashlib.sha256(request.body).hexdigest() if request.body else "",
            )

    def _entered(self, call: Call, response: Response) -> Response:
        """Finish the entry with what is about to be answered."""
        with self.world.lock:
            call.entry.status = response.status
            call.entry.key_tail = call.owner.tail if call.owner else ""
            if call.entry.accepted_ids:
                call.world.last_ids[call.vendor] = call.entry.accepted_ids[-1]
            try:
                body = json.loads(response.body)
                call.entry.code = body.get("code") if isinstance(body, dict) else None
            except (ValueError, RecursionError):  # a file, or an answer that a fault has spoilt
                call.entry.code = None
            self.world.record.save(call.entry)
        return response

    def _answered(
        self, call: Call, vendor: Vendor, jobs: list[Job], handle: Callable[[], Response]
    ) -> Response:
        """The answer with its faults: those that come instead, then those that spoil it."""
        try:
            call.faults = self._faults(call, jobs)
        except UnknownFault as error:
            return self._entered(call, answer({"error": str(error)}, 400))
        call.entry.fault = ", ".join(str(fault) for fault in call.faults)
        response = self._before(call, vendor)
        if response is None:
            response = handle()
            for fault in call.faults:
                if fault.kind.acts == "after" or fault.get("accepted"):
                    response = spoil.spoilt(call, fault, response)
        return self._entered(call, response)

    def _faults(self, call: Call, jobs: Iterable[Job]) -> list[Fault]:
        """The faults of a call about these jobs."""
        with self.world.lock:
            kept = [
                fault
                for job in jobs
                for fault in job.faults
                if fault.kind.acts != "job" and fault.op == call.op and job.hit(fault)
            ]
            return self.world.choice.faults(
                call.vendor,
                call.op,
                header=call.request.header("x-sandbox-fault"),
                prompt=call.request.prompt,
                planned=call.request.prompt or " ".join(job.prompt for job in jobs),
                kept=kept,
            )

    def _before(self, call: Call, vendor: Vendor) -> Response | None:
        """What comes instead of the vendor's answer, if anything does."""
        for fault in call.faults:
            if fault.name == "latency":
                time.sleep(_latency(fault))
            elif fault.name == "outage":
                control.begin_outage(self.world, dict(fault.settings))
            elif fault.name == "closed":
                self.close_for(fault.number("s", 5))
            if fault.name == "revoke" or fault.get("drain"):
                self._strike(call, vendor, fault)
        down = control.outage_now(self.world)
        for fault in [down] if down else call.faults:
            if fault.kind.acts == "before" and (taken := spoil.instead(call, vendor, fault)):
                return taken
        return None

    def _strike(self, call: Call, vendor: Vendor, fault: Fault) -> None:
        """Revoke the key of a call, or drain its balance."""
        with self.world.lock:
            if vendor.identify(call) is None and call.owner:
                call.owner.revoked = fault.name == "revoke"
                call.owner.credits = 0 if fault.get("drain") else call.owner.credits
                self.world.keep(call.owner)

    def _handled(self, call: Call, vendor: Vendor, route: Route) -> Response:
        with self.world.lock:
            refusal = None if route.open else vendor.identify(call)
            response = refusal or route.handle(call)
        if any(f.name == "webhook" and f.get("kind") == "early" for f in call.faults):
            time.sleep(0.5)  # so that the callback overtakes the answer
        return response


def _latency(fault: Fault) -> float:
    seconds = fault.number("s", 2)
    return random.lognormvariate(0, 0.8) * seconds if fault.get("kind") == "lognormal" else seconds


def open_server(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> tuple[Server, App]:
    """A server with the sandbox behind it, listening but not yet answering (`start`)."""
    app = App(settings)
    server = Server(host, port, app)
    app.close_for = server.close_for
    return server, app
