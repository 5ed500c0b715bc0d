from pathlib import Path

from imagejobs.embedded.supervision.child import Child
from imagejobs.embedded.supervision.child_spec import ChildSpec


def test_a_child_that_does_not_run_can_be_stopped_killed_and_waited_for(tmp_path: Path) -> None:
    child = Child(ChildSpec("worker", ("x",), {}, tmp_path / "worker.log"))
    child.ask_to_stop()
    child.kill_group()
    child.wait(60)
    assert (child.is_running, child.pid, child.is_due) == (False, 0, True)
    assert list(tmp_path.iterdir()) == []
