"""What the API has and this server has not: answered with a status that says so."""
