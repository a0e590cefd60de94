"""Opening: where a queue lives and what its options promise."""

import subprocess
import sys
from pathlib import Path

import pytest

import fairlane
from fairlane import Queue

POP_AND_END = """
import sys
import fairlane

queue = fairlane.Queue(sys.argv[1], "tests", keep_leases=sys.argv[2] == "True")
print(queue.pop(lease=600).token)
"""


def test_a_path_object_is_a_file_whatever_colons_it_has(tmp_path: Path) -> None:
    file = tmp_path / "memory:"
    with Queue(file, "tests") as queue:
        queue.push(b"")
    assert file.is_file()


def test_a_file_that_is_not_there_is_made_unless_that_is_forbidden(tmp_path: Path) -> None:
    file = tmp_path / "jobs.db"
    with pytest.raises(fairlane.UnavailableError, match="does not exist"):
        Queue(file, "tests", create=False)
    assert not file.exists()
    Queue(file, "tests").close()
    Queue(file, "tests", create=False).close()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("a note\n" * 1000)
    with pytest.raises(fairlane.CorruptError, match=r"notes\.txt"):
        Queue(file, "tests")
    assert file.read_text() == "a note\n" * 1000


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(fairlane.UnavailableError) as caught:
        Queue(tmp_path / "nowhere" / "jobs.db", "tests")
    assert "nowhere" in str(caught.value)
    assert caught.value.retryable


@pytest.mark.parametrize("keep_leases", [False, True])
def test_the_jobs_of_a_process_that_ended_come_back_unless_their_leases_are_kept(
    tmp_path: Path, keep_leases: bool
) -> None:
    file = tmp_path / "jobs.db"
    with Queue(file, "tests") as queue:
        queue.push(b"")
        command = [sys.executable, "-c", POP_AND_END, str(file), str(keep_leases)]
        token = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
        job = queue.pop()
        if keep_leases:
            assert job is None
            queue.mark_complete(token)
        else:
            assert job is not None
            assert job.lapses == 1
            with pytest.raises(fairlane.StaleTokenError):
                queue.mark_complete(token)


def test_queues_of_one_file_are_apart(url: str) -> None:
    with Queue(url, "one") as one, Queue(url, "other") as other:
        one.push(b"")
        assert (one.size(), other.size()) == (1, 0)
        assert other.pop() is None


def test_handles_of_one_queue_share_it(tmp_path: Path) -> None:
    with Queue(tmp_path / "jobs.db", "tests") as one, Queue(tmp_path / "jobs.db", "tests") as other:
        one.push(b"")
        job = other.pop()
        assert job is not None
        one.mark_complete(job)
        one.close()
        other.push(b"")
        assert other.size() == 1
