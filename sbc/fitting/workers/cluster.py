"""The fits of a run on a Dask cluster, streamed back to the one writer.

joblib's Dask backend is not used: it never tells of a task whose worker was killed for good, and a
run then waits for ever; here such a fit becomes a failed row.
"""

from __future__ import annotations

import logging
import math
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sbc.fitting.fit import Task, blank
from sbc.fitting.handed import needed
from sbc.fitting.origin import user_files
from sbc.fitting.workers.cluster_main import Batch, differences, versions, work
from sbc.fitting.workers.threads import Profile
from sbc.plugins import live
from sbc.plugins.errors import UserError, option
from sbc.store.rows import Fit
from sbc.store.settings import Settings

#: Seconds to wait for the scheduler, and for its first worker.
CONNECTING, FIRST_WORKER = 5.0, 30.0
#: Seconds of work in a batch. Scheduling one costs some milliseconds, whatever is in it.
BATCH = 1.0
_MOST = 200  # fits in a batch, however quick they are


class Cluster:
    """A connection to a scheduler and what goes along with every batch."""

    def __init__(self, address: str, client: Any, batch: Batch) -> None:
        self._address = address
        self._client = client
        self._batch = batch

    @classmethod
    def connect(cls, address: str, settings: Settings) -> Cluster:
        """Connect, and check that every worker computes with what this process does.

        Parameters
        ----------
        address : str
            Of the scheduler, as ``tcp://HOST:PORT``.
        settings : Settings
            Their generator and estimators, where they are the user's own files, go along.

        Raises
        ------
        UserError
            If Dask is not installed, there is no such cluster, it has no workers, or one of these
            has other versions of a package or of sbc.
        """
        try:
            from distributed import Client
        except ImportError:
            raise UserError("a cluster needs Dask: pip install 'sbc-harness[dask]'") from None
        for name in (
            "distributed",
            "distributed.client",
            "distributed.core",
            "tornado",
        ):  # what matters is told by the errors below
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _knock(address)
        batch = Batch(versions(), user_files(settings), live.packed(needed(settings)))
        try:
            client = Client(address, timeout=CONNECTING, set_as_default=False)
        except (OSError, TypeError, ValueError) as problem:  # TypeError: TLS without certificates
            raise _nobody(address, problem) from problem
        try:
            _check(client, address, batch)
        except BaseException:
            with suppress(TimeoutError):
                client.close()
            raise
        return cls(address, client, batch)

    def __enter__(self) -> Cluster:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def fits(
        self,
        tasks: list[Task],
        engine: str,
        jobs: int,
        profile: Profile,
        announce: Callable[[str], None],
    ) -> Generator[Fit]:
        """Yield the row of each task as soon as its batch is back, as `threads.fits` does.

        A batch whose worker dies is fitted again elsewhere, by Dask. One over which several have
        died may have been in bad company: its fits are tried last, each when nothing else is under
        way, and the one over which workers die even so becomes a failed row.

        Raises
        ------
        UserError
            If a model does not fit the data, a worker that joined has other versions, or the
            cluster is gone.
        """
        from distributed import as_completed

        waiting = _Queue(tasks)
        flying: dict[Any, list[Task]] = {}
        suspects: list[Task] = []
        coming = as_completed(with_results=True, raise_errors=False, loop=self._client.loop)

        def send(batch: list[Task]) -> None:
            future = self._client.submit(work, self._batch, batch, pure=False)
            flying[future] = batch
            coming.add(future)

        announce("fitting")
        workers = _Workers(self._client)
        try:
            while True:
                profile.jobs = workers.threads()
                # Two batches for each thread: one that it fits and one that waits for it.
                while len(flying) < 2 * profile.jobs and (batch := waiting.batch(profile.jobs)):
                    send(batch)
                if alone := not flying:
                    if not suspects:
                        return
                    send([suspects.pop()])
                future, result = next(coming)
                batch = flying.pop(future)
                rows = self._rows(future.status, result)
                if rows is None:
                    suspects += [] if alone else batch
                    rows = [_killer(batch[0])] if alone else []
                for row in rows:
                    waiting.learn(row)
                    yield row
        finally:
            self._client.cancel(list(flying))

    def _rows(self, status: str, result: Any) -> list[Fit] | None:
        """Read what came of a batch: None if workers died over it."""
        from distributed import KilledWorker

        if status == "finished":
            return result
        problem = result[1] if status == "error" else None
        if isinstance(problem, KilledWorker):
            return None
        if problem is not None:
            raise problem
        raise UserError(
            f"the cluster at {self._address} is gone; the results that came back are kept: "
            + option("resume")
        )


def _killer(task: Task) -> Fit:
    return replace(blank(task), error="KilledWorker: workers died over this fit, one after another")


class _Queue:
    """The fits that wait, and how many of them make a batch."""

    def __init__(self, tasks: list[Task]) -> None:
        self._tasks = deque(tasks)
        self._seconds: dict[str, float] = {}  # of a fit, by estimator

    def learn(self, row: Fit) -> None:
        """Take note of how long a fit took."""
        before = self._seconds.get(row.estimator, row.seconds)
        self._seconds[row.estimator] = 0.9 * before + 0.1 * row.seconds

    def batch(self, threads: int) -> list[Task]:
        """Take the next fits: about `BATCH` seconds of them, fewer towards the end."""
        if not self._tasks:
            return []
        seconds = self._seconds.get(self._tasks[0].estimator, math.inf)  # the first go by ones
        share = math.ceil(len(self._tasks) / (2 * max(threads, 1)))
        size = max(1, min(int(BATCH / max(seconds, 1e-9)), share, _MOST))
        return [self._tasks.popleft() for _ in range(min(size, len(self._tasks)))]


class _Workers:
    """How many threads the cluster has, asked for now and then: it may grow and shrink."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._asked = -math.inf
        self._threads = 1

    def threads(self) -> int:
        if time.monotonic() - self._asked > 5:
            self._asked = time.monotonic()
            self._threads = max(1, sum(self._client.nthreads().values()))
        return self._threads


def _knock(address: str) -> None:
    """Refuse what is no address, or where nobody listens, without Dask's long patience."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not (host and port and parts.scheme in ("tcp", "tls", "ws", "wss")):
        raise UserError(f"{option('cluster')} takes tcp://HOST:PORT, not '{address}'")
    try:
        with socket.create_connection((host, port), timeout=CONNECTING) as connection:
            _greeted(connection, parts.scheme)
    except OSError as problem:
        raise _nobody(address, problem) from problem


def _greeted(connection: socket.socket, scheme: str) -> None:
    """Wait for the first words, which are the scheduler's in both of Dask's own protocols.

    Raises
    ------
    OSError
        If there are none, or none in this protocol.
    """
    if scheme == "tls":
        context = ssl.create_default_context()  # who it is, Dask checks
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            context.wrap_socket(connection).close()
        except TimeoutError:
            raise
        except OSError as problem:
            if "CERTIFICATE_REQUIRED" in str(problem):
                return
            raise OSError("it does not use TLS; without TLS, write tcp://") from problem
    elif scheme == "tcp":
        try:
            if connection.recv(1):
                return
        except TimeoutError:
            pass
        raise OSError("it accepts the connection and does not answer; if it uses TLS, write tls://")


def _nobody(address: str, problem: Exception) -> UserError:
    reason = getattr(problem, "strerror", None) or " ".join(str(problem).split())
    return UserError(f"no Dask scheduler answers at {address}: {reason}")


def _check(client: Any, address: str, batch: Batch) -> None:
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER)
    except TimeoutError:
        raise UserError(f"the cluster at {address} has no workers") from None
    for worker, found in client.run(versions, on_error="return").items():
        if isinstance(found, BaseException):  # sbc is not installed there, for instance
            raise UserError(f"worker {worker} cannot run sbc: {found}")
        if told := differences(batch.versions, found):
            more = f" and {len(told) - 3} more differences" if len(told) > 3 else ""
            raise UserError(f"worker {worker} has {'; '.join(told[:3])}{more}")
