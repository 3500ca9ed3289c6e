# rr_pipeline with its command line and Dagster's webserver and daemon. The project is a volume; see docs/running.md.
FROM python:3.11-slim AS build

WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY rr_pipeline rr_pipeline
COPY sql sql
COPY expectations expectations
RUN python -m venv /opt/rr_pipeline \
    && /opt/rr_pipeline/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[ui]'

FROM python:3.11-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin routing \
    && mkdir -p /project /dagster /var/cache/rr_pipeline \
    && chown routing: /project /dagster /var/cache/rr_pipeline
COPY --from=build /opt/rr_pipeline /opt/rr_pipeline
COPY --chown=routing dagster.yaml /dagster/dagster.yaml

ENV PATH=/opt/rr_pipeline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    RR_PROJECT=/project \
    DAGSTER_HOME=/dagster \
    NUMBA_CACHE_DIR=/var/cache/rr_pipeline

USER routing
# The kernels are compiled here, once, so that no run waits for it.
RUN python -c 'import rr_pipeline.core.kernel.fold, rr_pipeline.core.person_fold' \
    && python -c 'import rr_pipeline.ingest.scan, rr_pipeline.ingest.json_scan'

WORKDIR /project
VOLUME ["/project", "/dagster"]
# A run that is told to stop rolls back and ends within five seconds; docker waits ten.
STOPSIGNAL SIGTERM
ENTRYPOINT ["rr-pipeline"]
CMD ["run"]
