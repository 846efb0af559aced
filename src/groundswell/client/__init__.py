"""A small typed client: `Groundswell` for scripts and notebooks, `AsyncGroundswell` for asyncio."""

from groundswell.client.asynchronous import AsyncGroundswell
from groundswell.client.shapes import Failed, Post, Prediction
from groundswell.client.synchronous import Groundswell
from groundswell.client.view import View
from groundswell.core.errors import ApiError, Unavailable

__all__ = [
    "ApiError",
    "AsyncGroundswell",
    "Failed",
    "Groundswell",
    "Post",
    "Prediction",
    "Unavailable",
    "View",
]
