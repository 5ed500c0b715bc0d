"""The API as its callers see it: requests by operationId, answers held against the contract."""
