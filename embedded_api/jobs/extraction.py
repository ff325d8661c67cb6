"""An extraction job at work: file by file, each batch of inputs committed together with the job's progress."""

import hashlib
import itertools
import json
import re
from contextlib import ExitStack
from typing import IO

from django.db import transaction
from django.db.models import F

from embedded_api import ids
from embedded_api.errors import ApiError
from embedded_api.inputs import files, kinds, medium
from embedded_api.inputs.posting import SKIP, SUFFIX, discard, longer_id, store, taken_ids
from embedded_api.inputs.reading import RESERVED, Draft
from embedded_api.inputs.shelves import Shelf, shelf_of
from embedded_api.jobs import parts, templates
from embedded_api.jobs.archives import BROKEN, BadArchive, Budget, Member
from embedded_api.jobs.claims import Hold
from embedded_api.jobs.local import Refused
from embedded_api.jobs.sources import Container, containers
from embedded_api.jobs.states import COMPLETED, FAILED
from embedded_api.models import Input

BATCH = 16  # members whose inputs are committed together
MAX_NAME, MAX_DETAILS = 500, 500
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_.:@+-]")


def run(hold: Hold) -> None:
    """Work on a claimed job until it is done; raises Lost when it is not ours any more."""
    job = hold.job
    shelf = shelf_of(job.app, job.user_id, [json.loads(job.template)])
    try:
        found = containers(job)
    except Refused as why:
        finish(hold, FAILED, str(why))
        return
    hold.move(archives=sum(one.is_archive for one in found))
    for place, container in enumerate(found):
        if place >= job.place:
            _Passage(hold, container, shelf).go(place)
    job.refresh_from_db(fields=["succeeded", "failed", "archives_failed"])
    wrong = job.failed or job.archives_failed
    finish(hold, FAILED if wrong and not job.succeeded else COMPLETED)


def finish(hold: Hold, code: int, details: str = "") -> None:
    """Write the last state of a job; the bytes of its upload are not needed any more."""
    job = hold.job
    told = {"details": details[:MAX_DETAILS]} if details else {}
    hold.move(status_code=code, in_progress=0, archives_open=0, claim="", **told)
    if job.upload is not None:
        parts.remove(job.upload)


class _Passage:
    """One container on its way: entered, read in batches, left."""

    def __init__(self, hold: Hold, container: Container, shelf: Shelf) -> None:
        self.hold = hold
        self.job = hold.job
        self.container = container
        self.shelf = shelf
        self.members: list[Member] = []

    def go(self, place: int) -> None:
        """Read the container from where the job stands; raises Lost."""
        with ExitStack() as stack:
            try:
                self.members, budget = self.container.open(stack, self.hold.beat)
                self._enter()
                rest = iter(self.members[self.job.done :])
                while batch := list(itertools.islice(rest, BATCH)):
                    self._take(batch, budget)
                self._leave(place, "")
            except (BadArchive, Refused) as why:
                self._leave(place, str(why))
            except ApiError as error:
                self._leave(place, error.details)
            except OSError:
                self._leave(place, "files cannot be read or stored")

    def _enter(self) -> None:
        if not self.job.entered:
            open_now = int(self.container.is_archive)
            self.hold.move(entered=True, members=F("members") + len(self.members), archives_open=open_now)
            self.job.entered = True

    def _leave(self, place: int, why: str) -> None:
        """The container is finished; with a reason it failed, and so did all that was not read in it."""
        left = len(self.members) - self.job.done if why and self.job.entered else 0
        count = int(self.container.is_archive)
        done, failed = (0, count) if why else (count, 0)
        self._note(why)
        self.hold.move(
            place=place + 1,
            entered=False,
            done=0,
            tries=0,
            in_progress=0,
            archives_open=0,
            archives_done=F("archives_done") + done,
            archives_failed=F("archives_failed") + failed,
            failed=F("failed") + left,
            details=self.job.details,
        )
        self.job.entered, self.job.done = False, 0

    def _take(self, batch: list[Member], budget: Budget | None) -> None:
        """Read a batch, then commit its inputs and the job's progress together."""
        self.hold.move(in_progress=len(batch))
        drafts: list[Draft] = []
        skipped = 0
        taken = taken_ids(self.shelf.app, [id_for(member.name) for member in batch])
        try:
            for member in batch:
                self.hold.beat()
                try:
                    draft = self._draft(member, taken, budget)
                    skipped += draft is None
                    drafts += [draft] if draft is not None else []
                except ApiError as error:
                    self._note(f"{shown(member.name)}: {error.details}")
                except Refused as why:
                    self._note(f"{shown(member.name)}: {why}")
            self._commit(drafts, skipped, len(batch))
        except BaseException:
            discard(drafts)
            raise

    def _commit(self, drafts: list[Draft], skipped: int, size: int) -> None:
        with transaction.atomic():
            outcome = store(drafts, self.shelf)
            good = [draft.row.kind for draft, why in zip(drafts, outcome, strict=True) if not why]
            for draft, why in zip(drafts, outcome, strict=True):
                self._note(f"{draft.row.public_id}: {why}" if why else "")
            self.hold.move(
                done=self.job.done + size,
                in_progress=0,
                tries=0,
                succeeded=F("succeeded") + len(good) + skipped,
                failed=F("failed") + size - len(good) - skipped,
                images=F("images") + good.count("image"),
                videos=F("videos") + good.count("video"),
                audios=F("audios") + good.count("audio"),
                texts=F("texts") + good.count("text"),
                details=self.job.details,
            )
        self.job.done += size

    def _note(self, why: str) -> None:
        """The first thing that goes wrong is what the job tells."""
        if why and not self.job.details:
            self.job.details = why[:MAX_DETAILS]

    def _draft(self, member: Member, taken: set[str], budget: Budget | None) -> Draft | None:
        """A member as an input whose files are stored; None when it is there and may be skipped."""
        if member.why:
            raise ApiError(400, 30104, member.why)
        public_id = id_for(member.name)
        if public_id in taken and self.job.resolution == SKIP:
            return None
        if public_id in taken and self.job.resolution == SUFFIX:
            public_id = longer_id(public_id)
        if public_id in taken:
            raise ApiError(409, 30100, f"an input with the id {public_id} exists")
        with files.spool() as file:
            try:
                with member.open() as source:
                    self._copy(source, file, member.name, budget)
            except BROKEN:
                raise ApiError(400, medium.UNREADABLE, "cannot be read") from None
            found = medium.read(file, name=member.name)
            medium.store(found, file)
        taken.add(public_id)
        row = Input(app=self.shelf.app, public_id=public_id)
        row.data = templates.data_for(self.job.template, shown(member.name))
        medium.fill(row, found)
        return Draft(row, dataset_ids=list(self.shelf.datasets))

    def _copy(self, source: IO[bytes], target: IO[bytes], name: str, budget: Budget | None) -> None:
        """Bytes of one member, no more than a file of its kind may have; raises ApiError, BadArchive or Lost."""
        chunk = source.read(kinds.HEAD)
        form = kinds.recognize(chunk)
        if form is None and not name.lower().endswith(".txt"):
            raise ApiError(415, medium.UNSUPPORTED, "is no picture, video, sound or text (.txt)")
        kind, size = form.kind if form else "text", 0
        while chunk:
            size += len(chunk)
            medium.check_size(kind, size)
            if budget is not None:
                budget.spend(len(chunk))
            target.write(chunk)
            self.hold.beat()
            chunk = source.read(files.CHUNK)


def id_for(name: str) -> str:
    """The id of the input that a file becomes: its path with `_` for what ids cannot have.

    >>> id_for("cats/no 1.png")
    'cats_no_1.png'
    """
    made = _NOT_IN_IDS.sub("_", name.removeprefix("./"))
    if len(made) > 128 or made in RESERVED:
        made = f"{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:16]}_{made[-100:]}"
    return made if ids.is_valid(made) else f"_{made}"[:128]


def shown(name: str) -> str:
    """A file name from elsewhere as text that can be stored and printed."""
    return "".join(c if c.isprintable() else "_" for c in name)[:MAX_NAME]
