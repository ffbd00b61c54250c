"""How an operation that begins a task answers: at once with 202, or with the result."""

from falcon.asgi import Request, Response

from api.http.errors import TaskFailed
from api.http.job_waiting import JobWaiting
from api.http.prefer import patience
from api.http.schemas import TaskQueued
from core.jobs import Job, JobError, JobState

# How long predictions wait unasked.
PREDICTION_SECONDS = 10


class Answers:
    """Answers about tasks, for all resources that begin one."""

    def __init__(self, waiting: JobWaiting) -> None:
        self._waiting = waiting

    async def task(
        self,
        req: Request,
        resp: Response,
        job: Job,
        *,
        seconds: int = 0,
        queued: TaskQueued | None = None,
        stages: int | None = None,
    ) -> None:
        """Answer 200 with the job's result, or 202 if it is not there in time.

        With `stages`, what so many of its stages brought is the result; the job goes on.
        Waits as long as `Prefer` says, or `seconds`. Raises `TaskFailed` if the
        job fails meanwhile.
        """
        wanted = patience(req, seconds)
        if wanted.applied:
            resp.set_header("Preference-Applied", wanted.applied)
        if wanted.seconds:
            job = await self._waiting.wait(job, wanted.seconds, stages)
        if stages is not None and job.stage >= stages:
            resp.media = {**(job.result or {}), "task_id": job.id, "href": task_path(job.id)}
            return
        if job.ended:
            resp.media = _result(job)
            return
        resp.status = 202
        resp.location = task_path(job.id)
        resp.media = queued or queue_answer(job)


def task_path(job_id: str) -> str:
    """Return where a task is shown."""
    return f"/tasks/{job_id}"


def queue_answer(job: Job) -> TaskQueued:
    """Return the body of a 202."""
    return TaskQueued("queued", job.id, task_path(job.id))


def _result(job: Job) -> dict[str, object]:
    if job.state is JobState.CANCELLED:
        raise TaskFailed(job.id, JobError("cancelled", "The task was cancelled."))
    if job.error is not None:
        raise TaskFailed(job.id, job.error)
    return job.result or {}
