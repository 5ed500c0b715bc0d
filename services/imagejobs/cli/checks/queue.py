"""Redis, as the queue's two ends and Dramatiq use it."""

from imagejobs.cli.checks import Deployment


def check_redis(deployment: Deployment) -> str:
    """How many messages wait where jobs are put."""
    from imagejobs.broker import waiting_key
    from imagejobs.enqueueing import open_task_queue
    from imagejobs.task_queue.message import PROCESS_IMAGE
    from imagejobs.tasks import TASKS

    settings = deployment.settings
    place = (
        settings.task_queue
        if settings.enqueue_to == "task_queue"
        else waiting_key(TASKS[PROCESS_IMAGE].queue, settings.redis_namespace)
    )
    return f"answers; {open_task_queue(settings).length()} message(s) wait on {place!r}"
