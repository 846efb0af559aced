# syntax=docker/dockerfile:1
# One image for every role: `docker run … api`, `worker`, `watch`, `model`, `ingest SPEC`. The model is inside.
FROM node:22-bookworm-slim AS page
WORKDIR /source/dashboard
COPY dashboard/package.json dashboard/package-lock.json dashboard/.npmrc ./
RUN npm ci
COPY docs/reference/openapi.json /source/docs/reference/openapi.json
COPY dashboard ./
RUN npm run build

FROM python:3.13-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source
RUN python -m venv /opt/groundswell
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY dashboard/package.py ./dashboard/package.py
COPY src ./src
COPY --from=page /source/src/groundswell/api/page ./src/groundswell/api/page
RUN /opt/groundswell/bin/pip install --constraint constraints.txt ".[otel]" \
 && /opt/groundswell/bin/python -m compileall -q /opt/groundswell/lib \
 && /opt/groundswell/bin/groundswell --version

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Groundswell" \
      org.opencontainers.image.description="Hear, in real time, how people feel in public, and why that moves" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --system --gid 10001 groundswell \
 && useradd --system --uid 10001 --gid 10001 --no-create-home --home-dir /data groundswell \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/groundswell /opt/groundswell
ENV PATH=/opt/groundswell/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    GROUNDSWELL_DATA_DIR=/data \
    GROUNDSWELL_LOG_FORMAT=json \
    GROUNDSWELL_METRICS_PORT=9100
USER 10001:10001
WORKDIR /data
# /tmp, too: where a platform mounts something empty there, it takes the owner and mode from here
VOLUME ["/data", "/tmp"]
EXPOSE 8000 8081 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:9100/health', timeout=4)"]
ENTRYPOINT ["groundswell"]
CMD ["api"]
