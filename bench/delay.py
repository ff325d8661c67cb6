"""A TCP proxy in front of the embedded platform: adds latency, and keeps the requests that pass."""

from __future__ import annotations

import asyncio
import re
import threading
from contextlib import suppress

from tests.support.desk import free_port

# Requests come one at a time on a connection, so each begins a chunk of its own.
_REQUEST = re.compile(rb"(GET|POST|PUT|PATCH|DELETE) (\S+) HTTP/1\.[01]\r\n")


class DelayProxy:
    """Listens on `port` of 127.0.0.1 in a thread of its own; connects to `upstream` (a port, set later).

    `seconds` are added to the way there, so that each request takes as much longer as on a line with that
    round trip. `requests` are (method, path with query) as they passed.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.upstream = 0
        self.seconds = 0.0
        self.requests: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()
        if not self._ready.wait(10):
            raise RuntimeError("the delay proxy did not start")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def count(self, method: str, pattern: str) -> int:
        """How many requests had this method and a path that the pattern finds."""
        return sum(1 for verb, path in list(self.requests) if verb == method and re.search(pattern, path))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._there(reader, upstream[1]), self._back(upstream[0], writer))

    async def _there(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each chunk waits its time, counted from its arrival: a large body is late once, not once a chunk."""
        chunks: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sender = asyncio.create_task(self._send(chunks, writer))
        with suppress(OSError):
            while data := await reader.read(65536):
                found = _REQUEST.match(data)
                if found:
                    self.requests.append((found[1].decode(), found[2].decode()))
                chunks.put_nowait((self._loop.time() + self.seconds, data))
        chunks.put_nowait((0.0, b""))
        await sender

    async def _send(self, chunks: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while True:
                due, data = await chunks.get()
                if not data:
                    break
                await asyncio.sleep(max(0.0, due - self._loop.time()))
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()
