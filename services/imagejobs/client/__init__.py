"""A client of the API: requests by operationId, answers checked against the contract."""
