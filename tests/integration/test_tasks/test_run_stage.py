"""How a job ends, whatever its work does; in a real worker."""

import pytest

from core.jobs import JobState


@pytest.fixture
def worker(bench):  # type: ignore[no-untyped-def]
    return bench.worker()


def test_a_job_succeeds_with_the_result_of_its_work(bench, worker) -> None:
    job = bench.ended(bench.job("odd_slow", seconds=0))
    assert job.state == JobState.SUCCEEDED
    assert job.result is not None
    assert job.result["effects"] == 1
