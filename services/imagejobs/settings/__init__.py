"""What the environment says, checked at once."""
