"""The Dramatiq actor for each task_type of the list."""

from collections.abc import Mapping
from dataclasses import dataclass

from dramatiq import Message

from imagejobs.task_queue.message import PROCESS_IMAGE


@dataclass(frozen=True, slots=True)
class Task:
    """An actor, the queue that it reads, and the name of its only argument."""

    queue: str
    actor: str
    argument: str

    def message(self, value: str) -> Message[None]:
        """The Dramatiq message that runs the actor with `value`. The actor itself is not imported."""
        return Message(queue_name=self.queue, actor_name=self.actor, args=(), kwargs={self.argument: value}, options={})


TASKS: Mapping[str, Task] = {
    PROCESS_IMAGE: Task(queue="image_jobs", actor="process_image", argument="image_job_id"),
}
