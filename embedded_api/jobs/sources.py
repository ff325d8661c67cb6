"""Where a job's files come from, as a row of containers: a folder's plain files, and every archive."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import IO

from embedded_api.inputs import files
from embedded_api.inputs.fetching import fetch
from embedded_api.jobs import archives, local, parts
from embedded_api.jobs.archives import BadArchive, Budget, Member
from embedded_api.models import ExtractionJob, Upload

MAX_FETCHED = 2 * 1024**3  # bytes of an archive behind an address
FETCH_SECONDS = 900.0
ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz")
Opened = tuple[list[Member], Budget | None]
Beat = Callable[[], None]


@dataclass(frozen=True)
class Container:
    """Files that are opened together. `open` raises BadArchive, Refused or ApiError; what it leaves open is closed
    by the stack."""

    is_archive: bool
    open: Callable[[ExitStack, Beat], Opened]


def is_remote(url: str) -> bool:
    """True for an address that has to be fetched."""
    return url.lower().startswith(("http://", "https://"))


def containers(job: ExtractionJob) -> list[Container]:
    """The containers of a job; the same ones in the same order again, unless the folder has changed meanwhile."""
    if job.upload is not None:
        return [Container(True, _of_upload(job.upload))]
    if is_remote(job.url):
        return [Container(True, _of_address(job.url))]
    place = local.parts_of(job.url)
    if not local.is_folder(place):
        with local.open_file(place) as file:
            packed = archives.looks_like_one(file)
        return [_local_archive(place)] if packed else [_plain_files(place[:-1], [place[-1:]])]
    below = local.walk(place, archives.MAX_MEMBERS)
    packed_files = [one for one in below if one[-1].lower().endswith(ENDINGS)]
    plain = [one for one in below if one not in set(packed_files)]
    return [_plain_files(place, plain), *(_local_archive(place + one) for one in packed_files)]


def _of_upload(upload: Upload) -> Callable[[ExitStack, Beat], Opened]:
    def opened(stack: ExitStack, beat: Beat) -> Opened:
        file = stack.enter_context(files.spool())
        parts.join(upload, file, beat)
        return _listed(file, stack)

    return opened


def _of_address(url: str) -> Callable[[ExitStack, Beat], Opened]:
    def opened(stack: ExitStack, beat: Beat) -> Opened:
        file = stack.enter_context(files.spool())
        fetch(url, file, MAX_FETCHED, time.monotonic() + FETCH_SECONDS, beat)
        return _listed(file, stack)

    return opened


def _local_archive(place: local.Parts) -> Container:
    def opened(stack: ExitStack, beat: Beat) -> Opened:
        return _listed(stack.enter_context(local.open_file(place)), stack)

    return Container(True, opened)


def _plain_files(folder: local.Parts, names: list[local.Parts]) -> Container:
    def member(name: local.Parts) -> Member:
        return Member("/".join(name), lambda: local.open_file(folder + name))

    return Container(False, lambda stack, beat: ([member(name) for name in names], None))


def _listed(file: IO[bytes], stack: ExitStack) -> Opened:
    if not archives.looks_like_one(file):
        raise BadArchive("the file is no zip, tar or tar.gz archive")
    budget = Budget(files.size_of(file))
    return archives.members(file, budget, lambda one: stack.callback(one.close)), budget
