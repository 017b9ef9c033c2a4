"""Gives each request to the vendor, the file or the control page it is meant for, with its faults."""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import replace

from studio.sandbox import control, fetch, spoil
from studio.sandbox.akool import AKOOL
from studio.sandbox.faults import Fault, UnknownFault
from studio.sandbox.files import Files
from studio.sandbox.messages import Request, Response, answer
from studio.sandbox.mnml import MNML
from studio.sandbox.reelbyte import REELBYTE
from studio.sandbox.remaker import REMAKER
from studio.sandbox.server import Server
from studio.sandbox.vendor import Call, Route, Vendor
from studio.sandbox.world import Settings, World

VENDORS = (REMAKER, REELBYTE, AKOOL, MNML)


class App:
    """The four vendors, their files and the control pages over one memory."""

    def __init__(self, settings: Settings) -> None:
        self.world = World(settings)
        self.files = Files(self.world)
        self.close_for: Callable[[float], None] = lambda _seconds: None
        for job in list(self.world.jobs.values()):
            fetch.begin(self.world, job)
        for vendor in VENDORS:
            vendor.resume(self.world)

    def __call__(self, request: Request) -> Response:
        """The answer to any request."""
        base = self.world.settings.public_url.rstrip("/")
        base = base or f"http://{request.header('host') or 'localhost'}"
        if request.path.startswith("/_sandbox") or request.path == "/":
            return control.answer_control(self.world, request, self.close_for)
        vendor = next((v for v in VENDORS if request.path.startswith(v.prefix)), None)
        if request.path.startswith("/files/"):
            return self._file(request, base)
        if vendor is None:
            return answer({"error": "not found; see /_sandbox/"}, 404)
        return self._call(vendor, request, base)

    def _call(self, vendor: Vendor, request: Request, base: str) -> Response:
        """One call to a vendor: the entry, the faults, the key, the handler, the faults again."""
        matches = [(route, m) for route in vendor.routes if (m := route.match(request.path))]
        route, match = next(
            ((r, m) for r, m in matches if r.method == request.method), (None, None)
        )
        call = Call(
            world=self.world,
            request=request,
            vendor=vendor.name,
            op=route.op if route else "",
            base=base,
            arguments=match.groups() if match else (),
            entry=self._entry(vendor.name, route.op if route else "", request),
        )
        if route is None:
            allowed = ", ".join(sorted({r.method for r, _ in matches}))
            refusal = vendor.refuse(call, "method" if matches else "path")
            allow = (("Allow", allowed),) if matches else ()
            return self._entered(call, replace(refusal, headers=refusal.headers + allow))
        try:
            call.faults = self._faults(call, route)
        except UnknownFault as error:
            return self._entered(call, answer({"error": str(error)}, 400))
        call.entry.fault = ", ".join(str(fault) for fault in call.faults)
        response = self._before(call, vendor) or self._handled(call, vendor, route)
        return self._entered(call, response)

    def _entry(self, vendor: str, op: str, request: Request):  # type: ignore[no-untyped-def]
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
            except (ValueError, RecursionError):
                pass
            self.world.record.save(call.entry)
        return response

    def _faults(self, call: Call, route: Route) -> list[Fault]:
        with self.world.lock:
            jobs = self.world.found(call.vendor, route.subjects(call))
            kept = [
                fault
                for job in jobs
                for fault in job.faults
                if fault.kind.acts != "job" and fault.op == call.op and job.hit(fault)
            ]
            prompt = call.request.prompt or " ".join(job.prompt for job in jobs)
            return self.world.choice.faults(
                call.vendor,
                call.op,
                header=call.request.header("x-sandbox-fault"),
                prompt=prompt if call.request.prompt else "",
                planned=prompt,
                kept=kept,
            )

    def _before(self, call: Call, vendor: Vendor) -> Response | None:
        """What comes instead of the vendor's answer, if anything does."""
        down = control.outage_now(self.world)
        if down:
            return spoil.instead(call, vendor, down)
        for fault in call.faults:
            if fault.name == "latency":
                time.sleep(_latency(fault))
            elif fault.name == "outage":
                control.begin_outage(self.world, dict(fault.settings))
                return self._before(call, vendor)
            elif fault.name == "closed":
                self.close_for(fault.number("s", 5))
            self._first(call, vendor, fault)
            if fault.kind.acts == "before" and (taken := spoil.instead(call, vendor, fault)):
                return taken
        return None

    def _first(self, call: Call, vendor: Vendor, fault: Fault) -> None:
        """What a fault does to the key before anything is answered."""
        if not (fault.name == "revoke" or fault.get("drain")):
            return
        with self.world.lock:
            if vendor.identify(call) is None and call.owner:
                call.owner.revoked = call.owner.revoked or fault.name == "revoke"
                call.owner.credits = 0 if fault.get("drain") else call.owner.credits
                self.world.keep(call.owner)

    def _handled(self, call: Call, vendor: Vendor, route: Route) -> Response:
        with self.world.lock:
            refusal = None if route.open else vendor.identify(call)
            response = refusal or route.handle(call)
        if any(f.name == "webhook" and f.get("kind") == "early" for f in call.faults):
            time.sleep(0.5)  # the callback overtakes the answer
        for fault in call.faults:
            if fault.kind.acts == "after" or fault.get("accepted"):
                response = spoil.spoilt(call, fault, response)
        return response

    def _file(self, request: Request, base: str) -> Response:
        """A file of a job, an effect's preview or its logo."""
        with self.world.lock:
            job = self.world.paths.get(request.path)
            kept = [f for f in job.faults if f.op == "file" and job.hit(f)] if job else []
            vendor = request.path.split("/")[2]
            call = Call(
                world=self.world,
                request=request,
                vendor=vendor,
                op="file",
                base=base,
                arguments=(),
                entry=self._entry(vendor, "file", request),
            )
            try:
                call.faults = self.world.choice.faults(
                    vendor,
                    "file",
                    header=request.header("x-sandbox-fault"),
                    prompt="",
                    planned=job.prompt if job else "",
                    kept=[fault for fault in kept if fault.kind.acts != "job"],
                )
            except UnknownFault as error:
                return self._entered(call, answer({"error": str(error)}, 400))
        call.entry.fault = ", ".join(str(fault) for fault in call.faults)
        owner = next((v for v in VENDORS if v.name == vendor), REMAKER)
        response = self._before(call, owner)
        if response is None:
            response = self.files.answer(request, job)
            for fault in call.faults:
                if (fault.kind.acts == "after" or fault.get("accepted")) and response.status < 300:
                    response = spoil.spoilt(call, fault, response)
        return self._entered(call, response)


def _latency(fault: Fault) -> float:
    seconds = fault.number("s", 2)
    return random.lognormvariate(0, 0.8) * seconds if fault.get("kind") == "lognormal" else seconds


def open_server(settings: Settings, host: str = "127.0.0.1", port: int = 0) -> tuple[Server, App]:
    """A server with the sandbox behind it, listening but not yet answering (`start`)."""
    app = App(settings)
    server = Server(host, port, app)
    app.close_for = server.close_for
    return server, app
