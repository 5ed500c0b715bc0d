"""The API's connections: their number, their deadlines, and how they end."""
