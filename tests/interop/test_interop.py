"""What one host pushes another pops, a third completes and a fourth sees."""

from itertools import permutations, product
from pathlib import Path

import pytest
from conftest import Agent, Start

PAYLOAD = bytes(range(256))
LANE = "Straße 🦊"
FILES = ["rust", "python", "node", "c"]
"""The hosts that can use a file; WebAssembly has none of the machine."""


def x(value: str | bytes) -> str:
    return "x" + (value.encode() if isinstance(value, str) else value).hex()


def test_a_job_goes_from_any_host_to_any_other(agents: list[Agent]) -> None:
    for pusher, popper, ender in product(agents, repeat=3):
        [id] = pusher.tell("push", x(PAYLOAD), x(LANE), x("clé"))
        popped, token, *told = popper.tell("pop", 0)
        assert (popped, told) == (id, [x(LANE), x(PAYLOAD), x("clé"), "1"]), popper.host
        for looker in agents:
            # The lease of a process that lives is nobody else's, whoever sweeps.
            looker.tell("sweep")
            seen = looker.tell("get", id)
            assert seen == ["leased", x(LANE), x(PAYLOAD), x("clé"), "-"], looker.host
        ender.tell("complete", token)
        for looker in agents:
            assert looker.tell("get", id) == ["-"], looker.host
            assert looker.refuse("complete", token) == "StaleToken", looker.host
    done = str(len(agents) ** 3)
    for looker in agents:
        assert looker.tell("stats") == ["0", "0", "0", done], looker.host


def test_a_key_is_held_for_all_hosts(agents: list[Agent]) -> None:
    for one in agents:
        [id] = one.tell("push", x("first"), x("a"), x("kéy"))
        for other in agents:
            assert other.tell("push", x("second"), x("a"), x("kéy")) == [id], other.host
        [_, token, *_] = one.tell("pop", 0)
        one.tell("complete", token)


def test_a_job_that_died_is_seen_and_restored_by_all_hosts(agents: list[Agent]) -> None:
    for one, other in permutations(agents, 2):
        [id] = one.tell("push", x("x"), x("a"), "-")
        [_, token, *_] = other.tell("pop", 0)
        one.tell("fail", token, x("raison: ✗"))
        assert other.tell("get", id) == ["dead", x("a"), x("x"), "-", x("raison: ✗")]
        assert one.tell("restore") == ["1"]
        [popped, token, *_, tries] = other.tell("pop", 0)
        assert (popped, tries) == (id, "1")
        one.tell("release", token)
        [_, token, *_] = one.tell("pop", 0)
        other.tell("complete", token)


def test_a_limit_that_one_host_sets_holds_for_all(agents: list[Agent]) -> None:
    for one, other in permutations(agents, 2):
        one.tell("limit", x("a"), 1)
        for _ in range(2):
            other.tell("push", x("x"), x("a"), "-")
        [_, first, *_] = one.tell("pop", 0)
        for agent in agents:
            assert agent.tell("pop", 0) == ["-"], agent.host
        one.tell("complete", first)
        [_, second, *_] = other.tell("pop", 0)
        other.tell("complete", second)


def test_a_push_of_any_host_wakes_a_waiting_pop_of_any_other(agents: list[Agent]) -> None:
    # Each waits in turn for each; a pop that was not woken would give nothing after a minute.
    for waiter, pusher in permutations(agents, 2):
        waiter.ask("pop", 60_000)
        [id] = pusher.tell("push", x("wake"), x("a"), "-")
        [ok, popped, token, *_] = waiter.answer()
        assert (ok, popped) == ("ok", id), (waiter.host, pusher.host)
        pusher.tell("complete", token)


@pytest.mark.parametrize("victim", FILES)
def test_what_a_killed_host_had_comes_to_a_waiting_worker_of_any_other(
    victim: str, start: Start, tmp_path: Path
) -> None:
    file = str(tmp_path / "jobs.db")
    for host in FILES:
        other, killed = start(host, file), start(victim, file)
        [id] = other.tell("push", x("x"), x("a"), "-")
        killed.tell("pop", 0)
        other.ask("pop", 60_000)
        killed.kill()
        [ok, popped, token, *_, tries] = other.answer()
        assert (ok, popped, tries) == ("ok", id, "2"), (victim, host)
        other.tell("complete", token)
