"""From settings to objects, one module for each kind."""
