"""`dev.py up`: start everything in order, wait until each part answers, keep it running, stop it."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO

from devtools import environment, freshness, store
from devtools.children import Child, Leash, new_leash
from devtools.ground import (
    check_port,
    data_folder,
    first_of_each_role,
    get_ok,
    private_key,
    reachable,
    shown,
)
from devtools.words import Refusal, say

READY_SECONDS = 120.0  # how long any one part may take to answer
SILENT_SECONDS = 900.0  # a worker without a heartbeat for so long is started again
THREADS = 6  # of the worker; its work waits for HTTP
LOOPBACK = ("127.0.0.1", "localhost")


class Stopped(BaseException):
    """Ctrl-C or TERM was received."""


class Desk:
    """The running product: its data folder, its environment variables, its children."""

    def __init__(self, *, host: str, port: int, embedded_port: int, data: Path) -> None:
        self.host, self.port, self.embedded_port, self.data = host, port, embedded_port, data
        self.children: list[Child] = []
        self.stopping = False
        self.began = time.monotonic()
        self.python = environment.python_of(environment.ROOT / ".venv")
        self.heartbeat = data / "worker.alive"
        self.leash: Leash | None = None
        self._lock: IO[str] | None = None

    # -- before anything runs ------------------------------------------------------------------

    def prepare(self) -> None:
        """Make the data folder and its keys, take the lock, check the ports. Raises Refusal."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.data.chmod(0o700)
        for name in ("logs", "valkey"):
            (self.data / name).mkdir(mode=0o700, exist_ok=True)
        self._take_lock()
        check_port(self.host, self.port, "--port N")
        check_port("127.0.0.1", self.embedded_port, "--embedded-port N")
        self.heartbeat.unlink(missing_ok=True)
        self.leash = new_leash()
        self.env = self._environment()

    def _take_lock(self) -> None:
        handle = open(self.data / "lock", "a+")  # noqa: SIM115  (held until the process ends)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            handle.seek(0)
            holder = handle.read().strip() or "unknown"
            raise Refusal(
                f"Proofdesk already runs on {self.data} (process {holder}); stop it first, "
                "or set PROOFDESK_DATA_DIR to another folder and pass other ports."
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lock = handle

    def _environment(self) -> dict[str, str]:
        hosts = os.environ.get("PROOFDESK_ALLOWED_HOSTS", "")
        wanted = [*LOOPBACK, self.host, *(name.strip() for name in hosts.split(",") if name.strip())]
        operator = private_key(self.data / "operator.key")
        env = {
            "PROOFDESK_SECRET_KEY_FILE": str(self.data / "secret.key"),
            "EMBEDDED_SECRET_KEY_FILE": str(self.data / "embedded.key"),
            "EMBEDDED_OPERATOR_KEY": operator,
            "EMBEDDED_URL": f"http://127.0.0.1:{self.embedded_port}",
            **os.environ,
            "PROOFDESK_DATA_DIR": str(self.data),
            "EMBEDDED_DATA_DIR": str(self.data),
            "PROOFDESK_ALLOWED_HOSTS": ",".join(dict.fromkeys(wanted)),
            "PROOFDESK_WORKER_FILE": str(self.heartbeat),
            "PYTHONUNBUFFERED": "1",
        }
        if "PROOFDESK_SECRET_KEY" not in env:
            private_key(Path(env["PROOFDESK_SECRET_KEY_FILE"]))
        if "EMBEDDED_SECRET_KEY" not in env:
            private_key(Path(env["EMBEDDED_SECRET_KEY_FILE"]))
        env.pop("DJANGO_SETTINGS_MODULE", None)
        return env

    # -- the parts -----------------------------------------------------------------------------

    def child(
        self, name: str, argv: list[str], *, hard: bool = False, env: dict[str, str] | None = None
    ) -> Child:
        """Start one long-running part. `hard`: ended at once, not asked, if the supervisor is killed."""
        child = Child(
            name,
            argv,
            env=env or self.env,
            log=self.data / "logs" / f"{name}.log",
            leash=self.leash,
            death_signal=signal.SIGKILL if hard else signal.SIGTERM,
        )
        child.start()
        self.children.append(child)
        return child

    def start_store(self) -> None:
        if self.env.get("REDIS_URL"):
            say("store        the one of REDIS_URL")
            return
        program = store.find_server(environment.ROOT / ".venv")
        path = store.socket_path(self.data / "valkey")
        path.unlink(missing_ok=True)
        child = self.child("store", store.command(program, self.data / "valkey", path))
        self.wait(child, lambda: store.answers(path))
        self.env["REDIS_URL"] = store.broker_url(path)
        say(f"store        {program.name} answers on a private socket")

    def prepare_databases(self) -> None:
        """Migrate both programs and collect static files, side by side; leave out what is done already."""
        root, marks = environment.ROOT, self.data / "marks"
        marks.mkdir(mode=0o700, exist_ok=True)
        manage = [str(self.python), str(root / "manage.py")]
        migrate = [*manage, "migrate", "--noinput"]
        libraries, files = freshness.pins(), freshness.static_files(root / "static")
        same = freshness.recall(marks / "libraries") == libraries
        steps = []
        own = "DATABASE_URL" in self.env
        if own or not (same and freshness.is_migrated(self.data / "proofdesk.sqlite3", root / "dashboard")):
            steps.append(("migrate", migrate, self.env))
        if not (same and freshness.is_migrated(self.data / "embedded.sqlite3", root / "embedded_api")):
            steps.append(("migrate-embedded", migrate, self.shed_env))
        if freshness.recall(marks / "static") != files:
            steps.append(("collectstatic", [*manage, "collectstatic", "--noinput", "-v", "0"], self.env))
        self.run_all(steps)
        freshness.remember(marks / "libraries", libraries)
        freshness.remember(marks / "static", files)
        say("database     up to date")

    @property
    def shed_env(self) -> dict[str, str]:
        """The variables of the embedded platform, which is another Django project."""
        return {**self.env, "DJANGO_SETTINGS_MODULE": "embedded_api.settings"}

    def run_all(self, steps: list[tuple[str, list[str], dict[str, str]]], *, aloud: bool = False) -> None:
        """Run programs that end by themselves side by side; `aloud` repeats what they print.

        Raises Refusal when one fails.
        """
        running = [self.child(name, argv, env=env) for name, argv, env in steps]
        while any(child.running for child in running):
            time.sleep(0.02)
            for line in [line for child in running for line in child.fresh_lines()] if aloud else []:
                say(f"  {line}")
        for child in running:
            self.children.remove(child)
            if child.code != 0:
                raise Refusal(f"{child.name} failed ({child.ending()}):\n{child.last_words()}")

    def start_servers(self) -> None:
        address = "127.0.0.1", self.embedded_port
        # Its own settings: addresses longer than 8 KB, and JSON in place of gunicorn's HTML errors.
        shed = [
            *self.gunicorn("embedded_api.wsgi", *address),
            "--config",
            "python:embedded_api.gunicorn_conf",
        ]
        platform = self.child("platform", shed, env=self.shed_env)
        web = self.child("web", self.gunicorn("dashboard.wsgi", self.host, self.port))
        celery = [
            *(str(self.python), "-m", "celery", "-A", "dashboard.celery", "worker"),
            *("-P", "threads", "-c", str(THREADS), "-l", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ]
        # The scheduler runs inside the one worker: there is exactly one, and it ends with it.
        worker = self.child("worker", celery, hard=True, env={**self.env, "PROOFDESK_BEAT": "1"})
        self.wait(platform, lambda: get_ok(*address, "/healthz"))
        say(f"platform     embedded server answers on port {self.embedded_port}")
        self.wait(web, lambda: get_ok(reachable(self.host), self.port, "/readyz"))
        say(f"web          answers on port {self.port}")
        self.wait(worker, self.heartbeat.exists)
        say("worker       heartbeat seen")

    def gunicorn(self, application: str, host: str, port: int) -> list[str]:
        name = f"[{host}]" if ":" in host else host
        return [
            *(str(self.python), "-m", "gunicorn", f"{application}:application"),
            *("--bind", f"{name}:{port}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "8"),
            *("--graceful-timeout", "4", "--timeout", "60", "--keep-alive", "15"),
            *("--log-level", "warning", "--no-control-socket"),
        ]

    def seed(self) -> None:
        """Draw the demo data once. The mark is written after success, so a broken try is repeated."""
        mark = self.data / "marks" / "seeded"
        if mark.exists():
            return
        say("demo data    drawing pictures, labels and tasks (first start only)")
        began = time.monotonic()
        manage = [str(self.python), str(environment.ROOT / "manage.py")]
        self.run_all([("seed", [*manage, "seed_demo"], self.env)], aloud=True)
        mark.touch(mode=0o600)
        say(f"demo data    ready after {time.monotonic() - began:.0f} s")

    # -- waiting, watching, stopping -----------------------------------------------------------

    def wait(self, child: Child, ready: Callable[[], bool]) -> None:
        """Return once `ready()` is true. Raises Refusal when the part ends, or after READY_SECONDS."""
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            if not child.running:
                raise Refusal(
                    f"{child.name} ended while starting ({child.ending()}); the end of {child.log}:\n"
                    + child.last_words()
                )
            if time.monotonic() > deadline:
                raise Refusal(
                    f"{child.name} runs but did not become ready within {READY_SECONDS:.0f} s; the end of "
                    f"{child.log}:\n" + child.last_words()
                )
            time.sleep(0.03)

    def watch(self) -> None:
        """Keep every part running until a signal comes or one of them keeps dying."""
        while True:
            for child in self.children:
                child.tend()
            self._wake_silent_worker()
            time.sleep(0.25)

    def _wake_silent_worker(self) -> None:
        worker = next(child for child in self.children if child.name == "worker")
        if not worker.running or self.heartbeat_age() < SILENT_SECONDS:
            return
        say(f"worker       no heartbeat for {SILENT_SECONDS:.0f} s; starting it again")
        self.heartbeat.touch()
        worker.kill()

    def heartbeat_age(self) -> float:
        """Seconds since the worker last finished a heartbeat task."""
        try:
            return time.time() - self.heartbeat.stat().st_mtime
        except OSError:
            return 0.0

    def stop(self) -> None:
        """Stop in order: who makes work, who does it, who serves it, what keeps it."""
        self.stopping = True
        by_name = {child.name: child for child in self.children}
        for names in (("worker", "web"), ("platform",), ("store",)):
            group = [by_name.pop(name) for name in names if name in by_name]
            for child in group:
                child.ask_to_stop()
            for child in group:
                child.stop()
        for child in by_name.values():  # a migration or the seed was still running
            child.stop()
        if self.leash is not None:
            self.leash.close()

    # -- what a person sees --------------------------------------------------------------------

    def announce(self, first: bool) -> None:
        say()
        say(
            f"Proofdesk is ready after {time.monotonic() - self.began:.1f} s: http://{shown(self.host)}:{self.port}/"
        )
        path = self.data / "credentials.txt"
        if path.exists():
            if first:
                say("Sign in as one of these:")
                for role, login, password in first_of_each_role(path.read_text()):
                    say(f"  {role:<10} {login:<14} {password}")
            say(f"All demo people and their passwords are in {path}.")
        say("Ctrl-C stops it; all data stays in " + str(self.data))


def _raise_stopped(number: int, frame: FrameType | None) -> None:
    raise Stopped


def up(*, host: str, port: int, embedded_port: int) -> int:
    """Run the product until Ctrl-C or TERM. Returns the exit code."""
    if os.name != "posix":
        raise Refusal("Proofdesk runs on Linux and macOS; on Windows run it inside WSL.")
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(name) is not signal.SIG_IGN:  # nohup asks to ignore SIGHUP
            signal.signal(name, _raise_stopped)
    desk: Desk | None = None
    try:
        environment.ensure(environment.CORE)
        os.umask(0o077)  # what the parts write is for the owner alone
        desk = Desk(host=host, port=port, embedded_port=embedded_port, data=data_folder())
        desk.prepare()
        desk.start_store()
        desk.prepare_databases()
        desk.start_servers()
        first = not (desk.data / "marks" / "seeded").exists()
        desk.seed()
        desk.announce(first)
        desk.watch()
    except Stopped:
        say("\nstopping")
    finally:
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_IGN)
        if desk is not None:
            desk.stop()
    say("stopped")
    return 0
