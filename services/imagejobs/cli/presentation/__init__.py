"""What every command shows: text for people, one shape of JSON for programs, and progress on a terminal."""
