"""The admin REST API: handlers that build the request, call one service, return the answer."""
