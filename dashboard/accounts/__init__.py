"""People, connections, and who may do what on which connection."""
