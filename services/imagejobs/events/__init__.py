"""Events, and the images that belong to them: an image job with entityType "event" and the event's id as entityId."""
