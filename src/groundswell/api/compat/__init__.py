"""Paths and shapes that earlier clients use, over the functions of today's paths (INTERFACES 1.5).

Where a path differs from today's in nothing but its name, it stands beside it: `/predict`,
`/predict/batch`, `/status`, `/api/health`, `/ws` and `/ws/sentiment`.
"""

from fastapi import APIRouter

from groundswell.api.compat import alerts, analytics, health, posts, sentiment

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    analytics.router,
    alerts.router,
    posts.router,
    sentiment.router,
)
