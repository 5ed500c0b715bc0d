"""Turns a request into an endpoint's call and its reply into an answer, by the rules of the contract."""
