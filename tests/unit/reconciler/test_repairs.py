from imagejobs.events.deletion import EventDeletion
from imagejobs.events.memory_repository import MemoryEventRepository
from imagejobs.events.model import EventFields, Tombstone
from imagejobs.jobs.model import EntityType
from imagejobs.reconciler.repairs import Repairs
from worlds.job_world import MILLISECOND, PENDING_AFTER, World, new_image


def test_a_pass_mends_jobs_and_finishes_the_deletions_of_events() -> None:
    world = World()
    repository = MemoryEventRepository(world.clock)
    repairs = Repairs(world.repair, EventDeletion(repository, world.jobs, PENDING_AFTER))
    event = repository.new_event(repository.new_id(), EventFields(name="x"))
    world.jobs.create(EntityType.EVENT, event.id, [new_image()])
    repository.write_tombstone(Tombstone(event.id, world.clock.time, world.clock.time + PENDING_AFTER))
    world.queue.messages.clear()
    assert repairs.run_once().event_deletions_finished == 0
    world.clock.advance(PENDING_AFTER + MILLISECOND)
    report = repairs.run_once()
    assert (report.requeued, report.event_deletions_finished) == (1, 1)
    assert repository.get(event.id) is None
    assert world.repository.all() == []
    assert repairs.run_once().event_deletions_finished == 0
