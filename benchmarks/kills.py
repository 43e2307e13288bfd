"""Runs killed at random moments and gone on with: is the file the one an uninterrupted run writes?

    python benchmarks/kills.py [--kills 50] [--seed 1] [-- OPTIONS OF run ...]

Runs once to the end, then again and again with ``--resume``, each time ended by SIGKILL after a random part of the time the
first one took, until that many were killed; then once more to the end.  After every kill the file is read: it must be
readable to its last whole record and be called truncated, unless nothing is in it yet.  A file that a run ended before it
was killed is taken as it stands, and a new one begun.  Needs Unix; ten minutes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from autograd_conformance.results import read

OPTIONS = ["-a", "tape", "--examples", "20", "--law", "vjp_matches*", "--deterministic"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("options", nargs="*", default=OPTIONS, help="of the run, after --")
    arguments = parser.parse_args()
    drawn = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, path = Path(folder, "whole.jsonl"), Path(folder, "killed.jsonl")
        started = time.monotonic()
        run(arguments.options, whole, resume=False)
        seconds = time.monotonic() - started
        expected, kills, files, wrong, shortest = whole.read_bytes(), 0, 0, 0, len(whole.read_bytes())
        while kills < arguments.kills:
            killed = run(arguments.options, path, resume=True, limit=drawn.uniform(0, seconds))
            kills += killed
            if killed and path.exists() and b"\n" in path.read_bytes():
                shortest = min(shortest, path.stat().st_size)
                if not read(path).is_truncated:
                    killed = False  # it had written all and was about to leave
            if not killed or kills == arguments.kills:
                run(arguments.options, path, resume=True)
                files, wrong = files + 1, wrong + (path.read_bytes() != expected)
                path.unlink()
    print(f"{kills} kills, {files} files gone on with to their end, {wrong} of them not the file of an uninterrupted run "
          f"({len(expected)} bytes, {seconds:.0f} s); the shortest a kill left behind had {shortest}")  # fmt: skip
    sys.exit(1 if wrong else 0)


def run(options: list[str], path: Path, *, resume: bool, limit: float | None = None) -> bool:
    """Whether it was killed."""
    command = [sys.executable, "-m", "autograd_conformance.cli", "run", *options, "-o", str(path)]
    process = subprocess.Popen(
        [*command, *(["--resume"] if resume else [])], stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        process.wait(limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return True
    return False


if __name__ == "__main__":
    main()
