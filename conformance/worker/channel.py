"""The parent's end of the pipes: a process, messages out, messages in, and the tail of what it printed.

One loop writes, reads answers and drains standard error as each becomes possible, so that neither side can block the
other whatever the sizes; no threads.  POSIX only.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograd_conformance.worker.protocol import FrameReader
from autograd_conformance.worker.watch import EXIT_OUT_OF_MEMORY

_TAIL_BYTES = 65_536
_TAIL_LINES = 12
_STACK = re.compile(
    r'\s*(@ +0x|File "|\*\*\* |Thread 0x|Current thread 0x|Fatal Python error|Extension modules|C stack|Binary file )'
)
"""Lines that fault handlers print: where it was, not what went wrong."""
_FATAL = re.compile(r"F\d{4} [\d:.]+ +\d+ ")
"""Severity, time and thread of what a C++ library logs before it ends the process."""
_CHUNK = 1 << 16
_SECONDS_TO_EXIT = 5.0
_SECONDS_TO_TELL = 0.3


class ChannelSilent(Exception):
    """No message came in time."""


class ChannelEnded(Exception):
    """The process closed its pipe, most likely by ending."""


def nothing_more() -> bytes:
    return b""


def kept_folder() -> str:
    """Where adapters put what later workers can use again, such as what a compiler made; it may not exist yet."""
    return str(Path(tempfile.gettempdir()) / f"autograd-conformance-{os.getuid()}")


class Channel:
    """A child process in a session of its own, so that Ctrl-C reaches only the parent and its group can be ended.

    Its temporary files are in a folder of its own, which goes when it ends: a process that is killed cleans nothing up.
    Raises OSError when the command cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._scratch = tempfile.TemporaryDirectory(prefix="conformance-worker-", ignore_cleanup_errors=True)
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**environment, "TMPDIR": self._scratch.name, "CONFORMANCE_KEPT": kept_folder()},
                start_new_session=True,
            )
        except OSError:
            self._scratch.cleanup()
            raise
        streams = self._process.stdin, self._process.stdout, self._process.stderr
        self._in, self._out, self._err = (stream.fileno() for stream in streams if stream is not None)
        self._poll = select.poll()
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)
        self._poll.register(self._out, select.POLLIN)
        self._poll.register(self._err, select.POLLIN)
        self._reader = FrameReader()
        self._outgoing = memoryview(b"")
        self._tail = bytearray()
        self._has_ended = False

    @property
    def pid(self) -> int:
        return self._process.pid

    def receive(self, seconds: float, more: Callable[[], bytes] = nothing_more) -> dict[str, Any]:
        """The next message; meanwhile everything ``more`` gives (until it gives nothing) is written.

        Raises ChannelSilent after ``seconds``, ChannelEnded, ProtocolError.
        """
        deadline = time.monotonic() + seconds
        while True:
            message = self._reader.next_message()
            if message is not None:
                return message
            if self._has_ended:
                raise ChannelEnded
            remaining = deadline - time.monotonic()
            if not self._move(max(remaining, 0.0), more) and remaining <= 0:
                raise ChannelSilent

    def stderr_tail(self) -> str:
        """The last lines the process printed."""
        lines = self._tail.decode("utf-8", "replace").splitlines()[-_TAIL_LINES:]
        return "\n".join(line if len(line) <= 200 else line[:197] + "..." for line in lines)

    def ask_where(self) -> str:
        """What a silent process is doing, innermost call first: its fault handler prints that on SIGUSR1."""
        self._tail.clear()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR1)
        self._drain_stderr(time.monotonic() + _SECONDS_TO_TELL)
        _, _, current = self._tail.decode("utf-8", "replace").rpartition("(most recent call first):")
        calls = [line.strip() for line in current.splitlines() if line.strip() and "<frozen importlib" not in line]
        return "\n".join(calls[:_TAIL_LINES])

    def end(self) -> None:
        """End the process and everything it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._scratch.cleanup()

    def post_mortem(self) -> str:
        """After ChannelEnded: how the process ended, with its last words.  Ends what is left of it."""
        deadline = time.monotonic() + _SECONDS_TO_EXIT
        while self._process.poll() is None and time.monotonic() < deadline:
            self._drain_stderr(time.monotonic() + 0.01)
        code = self._process.poll()
        self._drain_stderr(time.monotonic() + _SECONDS_TO_TELL)
        self.end()
        how = "closed its pipe without ending" if code is None else exit_described(code)
        how += f": {said}" if (said := self._said_last()) else ""
        tail = self.stderr_tail()
        return f"{how}\nits last lines:\n{tail}" if tail else how

    def _said_last(self) -> str:
        """What the process logged as fatal, or else the last line it printed itself, before any stack."""
        lines = [line.strip() for line in self._tail.decode("utf-8", "replace").splitlines()]
        own = [line for line in lines if line and not _STACK.match(line)]
        fatal = [_FATAL.sub("", line) for line in own if _FATAL.match(line)]
        return (fatal or own or [""])[-1][:200]

    def _move(self, seconds: float, more: Callable[[], bytes]) -> bool:
        """Wait until some bytes can move and move them; whether any did."""
        if not self._outgoing:
            self._outgoing = memoryview(more())
            if self._outgoing:
                self._poll.register(self._in, select.POLLOUT)
        ready = self._poll.poll(seconds * 1000)
        for descriptor, _ in ready:
            if descriptor == self._out:
                self._read()
            elif descriptor == self._err:
                self._read_stderr()
            else:
                self._write()
        return bool(ready)

    def _read(self) -> None:
        chunk = os.read(self._out, _CHUNK)
        self._reader.feed(chunk)
        self._has_ended = self._has_ended or not chunk

    def _read_stderr(self) -> bool:
        chunk = os.read(self._err, _CHUNK)
        if not chunk:
            self._poll.unregister(self._err)
        self._tail += chunk
        del self._tail[:-_TAIL_BYTES]
        return bool(chunk)

    def _write(self) -> None:
        try:
            written = os.write(self._in, self._outgoing[:_CHUNK])
            self._outgoing = self._outgoing[written:]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._outgoing = memoryview(b"")  # reading will tell that it ended
        if not self._outgoing:
            self._poll.unregister(self._in)

    def _drain_stderr(self, deadline: float) -> None:
        poll = select.poll()
        poll.register(self._err, select.POLLIN)
        while (remaining := deadline - time.monotonic()) > 0:
            if poll.poll(remaining * 1000):
                chunk = os.read(self._err, _CHUNK)
                if not chunk:
                    return
                self._tail += chunk
                del self._tail[:-_TAIL_BYTES]


def exit_described(code: int) -> str:
    """An exit status in words."""
    if code == EXIT_OUT_OF_MEMORY:
        return "out of memory"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"ended by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")
