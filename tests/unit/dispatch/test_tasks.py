from dramatiq import Message
from imagejobs.dispatch.tasks import TASKS


def test_an_image_goes_to_its_actor_by_the_arguments_name() -> None:
    message = TASKS["process_image"].message("655501d2f12a3d0f3c5a1002")
    assert Message.decode(message.encode()) == message
    assert (message.queue_name, message.actor_name) == ("image_jobs", "process_image")
    assert (message.args, message.kwargs) == ((), {"image_job_id": "655501d2f12a3d0f3c5a1002"})
