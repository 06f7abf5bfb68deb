"""Short reads share a hop to their threads, and each has its own outcome."""

from __future__ import annotations

import asyncio
import threading

import pytest

from evidence_ledger_server.reading import MOST, Reading


def test_each_read_has_its_own_outcome() -> None:
    async def story() -> None:
        reading = Reading()
        looks = [lambda n=number: 1 // n for number in range(3 * MOST)]
        found = await asyncio.gather(*map(reading.read, looks), return_exceptions=True)
        assert isinstance(found[0], ZeroDivisionError)
        assert found[1:3] == [1, 0]
        reading.stop()

    asyncio.run(story())


def test_a_slow_read_holds_up_no_later_one() -> None:
    async def story() -> None:
        reading, gate = Reading(), threading.Event()
        slow = asyncio.create_task(reading.read(gate.wait))
        await asyncio.sleep(0.05)
        assert await reading.read(lambda: 7) == 7
        gate.set()
        assert await slow is True
        reading.stop()

    asyncio.run(story())


def test_a_reader_that_went_away_disturbs_no_other() -> None:
    async def story() -> None:
        reading, gate = Reading(), threading.Event()
        gone = asyncio.create_task(reading.read(gate.wait))
        stays = asyncio.create_task(reading.read(lambda: 7))
        await asyncio.sleep(0.05)
        gone.cancel()
        gate.set()
        assert await stays == 7
        with pytest.raises(asyncio.CancelledError):
            await gone
        reading.stop()

    asyncio.run(story())
