"""Files to and from our types. Pure: no Django, no network, no background work."""
