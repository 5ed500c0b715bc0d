"""Which Dramatiq actor does which task_type of the list."""

from collections.abc import Mapping
from dataclasses import dataclass

from dramatiq import Message

from imagejobs.task_queue.message import PROCESS_IMAGE


@dataclass(frozen=True, slots=True)
class Task:
    """An actor, the queue it listens on, and the name of its one argument."""

    queue: str
    actor: str
    argument: str

    def message(self, value: str) -> Message[None]:
        """The Dramatiq message that runs the actor with `value`. Needs no import of the actor."""
        return Message(queue_name=self.queue, actor_name=self.actor, args=(), kwargs={self.argument: value}, options={})


TASKS: Mapping[str, Task] = {
    PROCESS_IMAGE: Task(queue="image_jobs", actor="process_image", argument="image_job_id"),
}
