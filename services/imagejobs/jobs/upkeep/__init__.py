"""What keeps records and objects in step."""
