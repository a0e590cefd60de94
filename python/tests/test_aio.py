"""fairlane.aio: the queue, awaited, on each store and under each event loop."""

import asyncio
import gc
import inspect
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop
from aio_support import SOON, until, within

import fairlane
from fairlane import Job, ManualClock, NewJob, aio

Run = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine in a loop of its own."""
    return {"asyncio": asyncio.run, "uvloop": uvloop.run}[request.param]


def public(of: type) -> set[str]:
    return {name for name in vars(of) if not name.startswith("_")}


def test_every_verb_of_the_queue_is_there_and_nothing_else() -> None:
    assert public(aio.Queue) == public(fairlane.Queue) | {"jobs"}
    assert public(aio.Dethrottler) == public(fairlane.Dethrottler)
    assert public(aio.Worker) == public(fairlane.Worker)


def parameters(of: Any) -> list[tuple[str, object, object]]:
    taken = inspect.signature(of).parameters.values()
    return [(it.name, it.kind, it.default) for it in taken if it.name != "self"]


@pytest.mark.parametrize("one", ["Queue", "Dethrottler", "Worker"])
def test_every_verb_is_awaited_and_takes_what_the_blocking_one_takes(one: str) -> None:
    ours, theirs = getattr(aio, one), getattr(fairlane, one)
    if one != "Dethrottler":
        assert parameters(ours) == parameters(theirs)
    for name in sorted(public(theirs)):
        verb = getattr(ours, name)
        if isinstance(verb, property):
            continue
        assert inspect.iscoroutinefunction(verb), name
        assert parameters(verb) == parameters(getattr(theirs, name)), name


def test_jobs_are_pushed_delivered_and_ended(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            assert queue.name == "tests"
            assert repr(queue) == "<Queue 'tests'>"
            id = await queue.push({"to": "ada"}, "tenant-7", priority=3)
            job = await queue.pop(lease=60)
            assert job is not None
            assert (job.id, job.lane, job.json(), job.priority) == (
                id,
                "tenant-7",
                {"to": "ada"},
                3,
            )
            await queue.mark_complete(job, then=(NewJob(n) for n in range(2)))
            with pytest.raises(fairlane.StaleTokenError):
                await queue.mark_complete(job)
            jobs = await queue.pop_many(5)
            assert [job.json() for job in jobs] == [0, 1]
            assert await queue.mark_complete_many(job for job in jobs) == [None, None]
            assert await queue.pop() is None
            assert await queue.pop(wait=0.001) is None

    run(main())


def test_the_other_verbs_reach_the_store(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            pushed = await queue.push_many(NewJob(n, "a") for n in range(4))
            ids = [one.id for one in pushed]
            one, two, three, four = await queue.pop_many(4)
            await queue.extend(one, 60)
            assert await queue.extend_many([two], 60) == [None]
            await queue.release(one)
            await queue.retry(two, "later", 3_600)
            await queue.fail(three, "never")
            await queue.fail(four, "never")
            assert [job.id for job in await queue.peek("a")] == ids[:1]
            assert (await queue.size(), await queue.size("a")) == (2, 2)
            found = await queue.get(ids[1])
            assert found is not None
            assert (found.state, found.error) == ("delayed", "later")
            assert {job.id for job in await queue.failed()} == set(ids[2:])
            assert await queue.restore_failed(id for id in ids[2:3]) == 1
            assert await queue.clean_failed() == 1
            assert await queue.cancel(ids[1])
            await queue.pause("a")
            await queue.resume("a")
            await queue.set_limits("a", max_in_flight=1, weight=2)
            lane = await queue.lane("a")
            assert lane is not None
            assert (lane.limits.max_in_flight, lane.limits.weight) == (1, 2)
            assert [lane.name for lane in await queue.lanes()] == ["a"]
            await queue.throttle("a", 3_600)
            assert await queue.pop() is None
            await queue.throttle("a", 0)
            await queue.bump_keys()
            await queue.dethrottle()
            assert (await queue.repair()).is_sound
            assert await queue.purge("a") == 2
            await queue.schedule("nightly", {"n": 1}, cron="@daily")
            assert [one.name for one in await queue.schedules()] == ["nightly"]
            assert await queue.unschedule("nightly")
            assert (await queue.stats()).pushed == 4
            async with await queue.start_dethrottler(0.001) as dethrottler:
                await queue.push(b"", delay=0.01)
                assert await queue.pop(wait=SOON) is not None
            await dethrottler.stop()

    run(main())


def test_a_thousand_calls_at_once_are_each_answered(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests", durability="normal") as queue:
            ids = await asyncio.gather(*(queue.push(n) for n in range(1_000)))
            assert len(set(ids)) == 1_000
            jobs = await asyncio.gather(*(queue.pop() for _ in range(1_001)))
            delivered = [job for job in jobs if job is not None]
            assert sorted(job.json() for job in delivered) == list(range(1_000))
            await asyncio.gather(*(queue.mark_complete(job) for job in delivered))
            assert (await queue.stats()).completed == 1_000

    run(main())


def test_one_refused_push_among_many_concerns_itself_alone(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests", max_payload=10) as queue:
            pushes = [queue.push(b"x" * (20 if n == 50 else 5)) for n in range(100)]
            results = await asyncio.gather(*pushes, return_exceptions=True)
            refused = [result for result in results if isinstance(result, BaseException)]
            assert [type(error) for error in refused] == [fairlane.PayloadTooLargeError]
            assert results.index(refused[0]) == 50
            assert await queue.size() == 99

    run(main())


def test_what_is_not_accepted_is_refused_in_the_same_words(url: str, run: Run) -> None:
    async def main() -> None:
        with fairlane.Queue("memory:", "tests") as blocking:
            async with aio.Queue(url, "tests") as queue:
                for name, arguments in [
                    ("push", ({1},)),
                    ("push", (b"", "")),
                    ("pop", (-1,)),
                    ("pop_many", (0,)),
                    ("pop_many", (3.5,)),
                    ("mark_complete", ("no token",)),
                    ("mark_complete", (7,)),
                    ("get", ("no id",)),
                    ("push_many", ([1],)),
                ]:
                    with pytest.raises(Exception) as theirs:  # noqa: PT011
                        getattr(blocking, name)(*arguments)
                    with pytest.raises(theirs.type) as ours:
                        await getattr(queue, name)(*arguments)
                    assert str(ours.value) == str(theirs.value)

    run(main())


def test_a_waiting_pop_blocks_no_other_call(url: str, run: Run) -> None:
    # Those of earlier tests may not have ended yet.
    before = set(threading.enumerate())

    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            pops = [asyncio.create_task(queue.pop(wait=SOON)) for _ in range(100)]
            for n in range(100):
                await queue.push(n)
            jobs = await within(asyncio.gather(*pops))
            assert sorted(job.json() for job in jobs if job is not None) == list(range(100))
            assert set(threading.enumerate()) <= before

    run(main())


def test_closing_ends_what_waits_and_refuses_what_follows(url: str, run: Run) -> None:
    async def main() -> None:
        queue = aio.Queue(url, "tests")
        pop = asyncio.create_task(queue.pop(wait=SOON))
        seen = asyncio.create_task(take_all(queue))
        await asyncio.sleep(0)
        await queue.close()
        with pytest.raises(fairlane.ClosedError):
            await within(pop)
        assert await within(seen) == []
        for call in (
            queue.push(b""),
            queue.pop(wait=SOON),
            queue.stats(),
            queue.mark_complete("1-1-1"),
        ):
            with pytest.raises((fairlane.ClosedError, fairlane.InvalidArgumentError)):
                await within(call)
        await queue.close()

    run(main())


async def take_all(queue: aio.Queue) -> list[Job]:
    return [job async for job in queue.jobs()]


def test_jobs_are_iterated_until_the_loop_is_left(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            await queue.push_many(NewJob(n) for n in range(5))
            seen = []
            async for job in queue.jobs(60):
                seen.append(job.json())
                await queue.mark_complete(job)
                if len(seen) == 3:
                    break
            assert seen == [0, 1, 2]
            counts = (await queue.stats()).counts
            assert (counts.ready, counts.in_flight) == (2, 0)

    run(main())


def test_a_clock_turned_by_hand_is_obeyed(run: Run) -> None:
    async def main() -> None:
        clock = ManualClock(1_000.0)
        async with aio.Queue("memory:", "tests", clock=clock) as queue:
            await queue.push(b"", delay=60)
            assert await queue.pop() is None
            clock.advance(60)
            assert await queue.pop() is not None

    run(main())


def test_a_storm_of_cancelled_pops_loses_nothing_and_charges_no_try(url: str, run: Run) -> None:
    jobs, rounds = 200, 1_500

    async def storm(queue: aio.Queue) -> None:
        for n in range(rounds):
            pop = asyncio.create_task(queue.pop_many(1 + n % 3, wait=n % 2 * SOON))
            # Cancelled before the call, while it is made, while its result lies ready, and after.
            for _ in range(n % 5):
                await asyncio.sleep(0)
            if n % 7 == 0:
                await queue.size()
            pop.cancel()
            try:
                for job in await pop:
                    await queue.release(job)
            except asyncio.CancelledError:
                pass

    async def feed(queue: aio.Queue) -> None:
        for n in range(jobs):
            await queue.push(n, f"lane-{n % 5}")

    async def main() -> None:
        async with aio.Queue(url, "tests", durability="normal") as queue:
            await asyncio.gather(feed(queue), storm(queue), storm(queue))

            left: list[Job] = []

            async def are_all_back() -> bool:
                # What a pop had that was cancelled may come back a little later.
                left.extend(await queue.pop_many(jobs + 1))
                return len(left) >= jobs

            await until(are_all_back)
            assert sorted(job.json() for job in left) == list(range(jobs))
            assert {(job.tries, job.lapses) for job in left} == {(1, 0)}

    run(main())


def test_a_task_cancelled_when_its_job_is_there_gives_it_back(url: str, run: Run) -> None:
    async def main() -> None:
        async with aio.Queue(url, "tests") as queue:
            pop = queue._line.pop(queue._outbox(), 1, SOON, 60.0)
            await queue.push(b"")
            await within(pop.future)
            pop.abandon()
            again = await queue.pop(wait=SOON)
            assert again is not None
            assert again.tries == 1

    run(main())


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_a_loop_that_is_closed_gives_its_jobs_back(url: str) -> None:
    queue = aio.Queue(url, "tests")
    other = fairlane.Queue(url, "tests")
    loop = asyncio.new_event_loop()
    pop = loop.create_task(queue.pop(wait=SOON))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    other.push(b"")
    # The pop still stands in the line: what it gets, nobody would take.
    job = other.pop(wait=SOON)
    assert job is not None
    assert job.tries == 1
    other.release(job)
    # Python warns of a task that is collected before its end; this one was abandoned for that.
    pop._log_destroy_pending = False  # type: ignore[attr-defined]
    del pop
    gc.collect()

    async def again() -> Job | None:
        return await queue.pop(wait=SOON)

    assert asyncio.run(again()) is not None
    asyncio.run(queue.close())
    other.close()


@pytest.mark.parametrize("url", ["file", "redis"], indirect=True)
def test_loops_of_several_threads_share_a_queue(url: str) -> None:
    queue = aio.Queue(url, "tests", durability="normal")
    loops, pushes = 4, 100
    seen: list[int] = []

    async def main(number: int) -> None:
        await asyncio.gather(*(queue.push(number * pushes + n) for n in range(pushes)))
        for _ in range(pushes):
            job = await queue.pop(wait=SOON)
            assert job is not None
            seen.append(job.json())
            await queue.mark_complete(job)

    threads = [threading.Thread(target=lambda n=n: asyncio.run(main(n))) for n in range(loops)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(loops * pushes))
    asyncio.run(queue.close())
