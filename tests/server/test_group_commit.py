"""Concurrent deposits share transactions; each is answered when durable; no queue grows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from evidence_ledger.core.chain import NOTHING, Admission
from evidence_ledger.errors import LedgerFull, Refused
from evidence_ledger.ledger import Receipt
from evidence_ledger_server.group_commit import MOST_CLAIMS, GroupCommit, Outcome
from evidence_ledger_server.problem import Problem


def admission(number: int, claims: int = 0) -> Admission:
    return Admission(
        kind="deposit",
        statement=b"%d" % number,
        signature=b"",
        signer=b"",
        after=NOTHING,
        claims=[b""] * claims,
        digests=[],
        leaves=b"",
    )


class Writer:
    """Remembers its batches; waits at ``gate`` where it is closed."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __call__(self, admissions: Sequence[Admission]) -> Sequence[Outcome]:
        self.gate.wait(30)
        self.batches.append([int(one.statement) for one in admissions])
        if self.error is not None:
            raise self.error
        return [Receipt(int(one.statement), b"", b"") for one in admissions]


async def started(commit: GroupCommit, *numbers: int) -> list[asyncio.Task[Sequence[Outcome]]]:
    tasks = [asyncio.create_task(commit.submit([admission(one)])) for one in numbers]
    await asyncio.sleep(0.05)
    return tasks


def test_what_comes_while_one_batch_is_written_is_the_next_batch() -> None:
    async def story() -> None:
        writer = Writer()
        writer.gate.clear()
        commit = GroupCommit(writer, 100)
        tasks = await started(commit, 0)
        tasks += await started(commit, 1, 2, 3)
        assert not any(task.done() for task in tasks)
        writer.gate.set()
        receipts = [(await task)[0] for task in tasks]
        assert [one.index for one in receipts if isinstance(one, Receipt)] == [0, 1, 2, 3]
        assert writer.batches == [[0], [1, 2, 3]]
        await commit.stop()

    asyncio.run(story())


def test_more_than_can_wait_is_pushed_back_at_once() -> None:
    async def story() -> None:
        writer = Writer()
        writer.gate.clear()
        commit = GroupCommit(writer, 2)
        tasks = await started(commit, 0, 1)
        with pytest.raises(Problem) as caught:
            await commit.submit([admission(2)])
        assert (caught.value.status, caught.value.retry) == (503, 1)
        writer.gate.set()
        for task in tasks:
            await task
        assert commit.waiting == 0
        await commit.stop()

    asyncio.run(story())


def test_a_client_that_goes_away_takes_no_answer_with_it() -> None:
    async def story() -> None:
        writer = Writer()
        writer.gate.clear()
        commit = GroupCommit(writer, 10)
        gone, stays = await started(commit, 0, 1)
        gone.cancel()
        writer.gate.set()
        assert isinstance((await stays)[0], Receipt)
        await commit.stop()
        assert sorted(one for batch in writer.batches for one in batch) == [0, 1]

    asyncio.run(story())


def test_an_error_of_the_storage_is_told_to_all_of_the_batch_and_to_no_other() -> None:
    async def story() -> None:
        writer = Writer()
        writer.error = LedgerFull("No space.")
        commit = GroupCommit(writer, 10)
        for task in await started(commit, 0, 1):
            with pytest.raises(LedgerFull):
                await task
        writer.error = None
        assert isinstance((await commit.submit([admission(2)]))[0], Receipt)
        await commit.stop()

    asyncio.run(story())


def test_large_deposits_do_not_share_one_transaction_without_bound() -> None:
    async def story() -> None:
        writer = Writer()
        writer.gate.clear()
        commit = GroupCommit(writer, 10)
        first = await started(commit, 0)
        large = [
            asyncio.create_task(commit.submit([admission(one, MOST_CLAIMS - 1)])) for one in (1, 2)
        ]
        await asyncio.sleep(0.05)
        writer.gate.set()
        for task in (*first, *large):
            await task
        assert writer.batches == [[0], [1], [2]]
        await commit.stop()

    asyncio.run(story())


def test_stopping_writes_what_waits() -> None:
    async def story() -> None:
        writer = Writer()
        commit = GroupCommit(writer, 10)
        task = asyncio.create_task(commit.submit([admission(0)]))
        await asyncio.sleep(0)
        await commit.stop()
        assert isinstance((await task)[0], Receipt)

    asyncio.run(story())


def test_one_refused_deposit_of_a_batch_is_its_own_outcome() -> None:
    async def story() -> None:
        refusal = Refused("statement.after", "Never.")
        commit = GroupCommit(lambda many: [refusal for _ in many], 10)
        assert await commit.submit([admission(0)]) == [refusal]
        await commit.stop()

    asyncio.run(story())
