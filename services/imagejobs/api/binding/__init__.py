"""From a request to an endpoint and back, as the contract says."""
