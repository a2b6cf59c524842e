"""Register every photograph of a folder. Done again it goes on where it stopped. Exit status: 0 all done, 1 not all."""

import argparse
import multiprocessing
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text

from coronet import wiring
from coronet.scan import Outcome, scan

BATCH = 8
"""Photographs a process reads before it adds their rows, all in one write of the register."""


def main() -> int:
    """Show the progress, and in the end what became of the photographs."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--processes", type=int, default=os.cpu_count(), help="by default one a processor")
    given = arguments.parse_args()
    if not given.folder.is_dir():
        arguments.error(f"{given.folder} is no folder")
    names = list(wiring.folder_inbox(given.folder).names())
    outcomes: Counter[Outcome] = Counter()
    with _progress(len(names)) as progress, _workers(given.processes) as workers:
        batches = [names[start : start + BATCH] for start in range(0, len(names), BATCH)]
        futures = [workers.submit(register, given.folder, batch) for batch in batches]
        for done in _finished(futures):
            for name, outcome in done.items():
                outcomes[outcome] += 1
                if outcome in (Outcome.REJECTED, Outcome.FAILED):
                    progress.console.print(f"{outcome}: {name}", markup=False, highlight=False)
            progress.advance(progress.task_ids[0], len(done))
    print(", ".join(f"{outcomes[each]} {each}" for each in Outcome))
    return 0 if outcomes.total() == len(names) and not outcomes[Outcome.FAILED] else 1


def register(folder: Path, names: list[str]) -> dict[str, Outcome]:
    """Scan one batch, in a process that keeps its readers from one batch to the next."""
    return scan(wiring.register(), wiring.folder_inbox(folder), names)


def _finished(futures: list[Future[dict[str, Outcome]]]) -> Iterator[dict[str, Outcome]]:
    """The batches' outcomes as they come; after Ctrl-C only of those that had begun."""
    waiting = as_completed(futures)
    try:
        yield from (done.result() for done in waiting)
    except KeyboardInterrupt:
        print("Finishing what has begun; the next time it goes on from here", file=sys.stderr)
        begun = [future for future in futures if not future.done() and not future.cancel()]
        yield from (done.result() for done in as_completed(begun))


@contextmanager
def _workers(number: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
    with ProcessPoolExecutor(number, context, signal.signal, (signal.SIGINT, signal.SIG_IGN)) as workers:
        yield workers


def _progress(total: int) -> Progress:
    progress = Progress(BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    progress.add_task("", total=total)
    return progress


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Photographs a second."""
        return Text(f"{task.speed or 0:.1f}/s")


if __name__ == "__main__":
    sys.exit(main())
