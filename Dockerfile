# Builds the image of every service:
#
#     docker build --build-arg SERVICE=recorder --tag tears-recorder:0.1.0 .
#
# SERVICE is recorder, preprocessor, classifier, alerter, journal, model_server, or samples (the demo's scene). `docker
# compose build` and `make images` build all of them.

ARG BASE=python:3.11-slim-bookworm
ARG SERVICE

# ---- Stages that prepare the packages. uv, the protobuf compiler and caches do not get into the image.

FROM ${BASE} AS uv
RUN --mount=type=cache,target=/root/.cache/pip python3 -m pip install --disable-pip-version-check uv==0.13.9
ENV UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_DEV=1 \
    UV_NO_PROGRESS=1 \
    UV_PROJECT_ENVIRONMENT=/opt/tears \
    UV_PYTHON=python3 \
    UV_PYTHON_DOWNLOADS=never \
    UV_SYSTEM_CERTS=1
WORKDIR /source
COPY pyproject.toml uv.lock ./

# Third-party packages, without their tests and headers, which are a fifth of them and never used here.
FROM uv AS dependencies
ARG SERVICE
ARG EXTRAS=""
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-install-workspace --package "tears-${SERVICE}" ${EXTRAS:+--extra ${EXTRAS}} \
 && cd /opt/tears/lib/python3*/site-packages \
 && find . -depth -type d \( -name tests -o -name include \) -exec rm -r {} + \
 && find . -type f \( -name '*.a' -o -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' \) -delete

# Our own packages in a layer of their own, so that an update of Tears is a few hundred KB.
FROM dependencies AS source
ARG SERVICE
ARG EXTRAS=""
COPY protos protos
COPY libs libs
COPY own_data own_data
COPY services services
COPY samples samples
RUN --mount=type=cache,target=/root/.cache/uv \
    touch /before && sleep 0.1 \
 && uv sync --frozen --no-editable --package "tears-${SERVICE}" ${EXTRAS:+--extra ${EXTRAS}} \
 && mkdir /ours && cd /opt/tears \
 && find . -type f -cnewer /before -print0 | tar --create --null --files-from=- | tar --extract --directory=/ours

# ---- What each service needs from the system, and how it starts.

FROM ${BASE} AS system
# The user has a number, so that Kubernetes can see that it is not root.
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin tears
COPY containers/probe /usr/local/bin/tears-probe
COPY containers/start /usr/local/bin/tears-start
COPY LICENSE /usr/share/doc/tears/LICENSE
# All threads share two heaps. By default glibc gives each thread its own, and keeps memory that was once used there.
# Only other containers of its network reach a container. Outside of containers, the default is this machine only.
ENV TEARS_LISTEN=all \
    MALLOC_ARENA_MAX=2 \
    PATH=/opt/tears/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

FROM system AS recorder
# 29 is the group `audio` on Debian and Raspberry Pi OS. Its members may open the devices in /dev/snd.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libportaudio2 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
 && usermod --append --groups 29 tears
EXPOSE 9101
ENTRYPOINT ["tears-start", "python", "-m", "tears.recorder"]
# The check is for liveness, not readiness: a missing microphone is not a fault of the container, and the parent is
# notified about it anyway.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD tears-probe "${TEARS_RECORDER_PROBE_PORT:-9101}" /healthz

FROM system AS preprocessor
EXPOSE 9102
ENTRYPOINT ["tears-start", "python", "-m", "tears.preprocessor"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD tears-probe "${TEARS_PREPROCESSOR_PROBE_PORT:-9102}" /readyz

FROM system AS classifier
EXPOSE 9103
ENTRYPOINT ["tears-start", "python", "-m", "tears.classifier"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD tears-probe "${TEARS_CLASSIFIER_PROBE_PORT:-9103}" /readyz

FROM system AS alerter
# A named volume that is mounted here inherits this owner.
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/tears /var/lib/alerts
VOLUME /var/lib/tears
EXPOSE 9104
ENTRYPOINT ["tears-start", "python", "-m", "tears.alerter"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD tears-probe "${TEARS_ALERTER_PROBE_PORT:-9104}" /readyz

FROM system AS journal
# A named volume that is mounted here inherits this owner. The clips are for nobody else.
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/tears /var/lib/alerts /var/lib/models/cry
VOLUME /var/lib/tears
EXPOSE 8080 9105
ENTRYPOINT ["tears-start", "python", "-m", "tears.journal"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD tears-probe "${TEARS_JOURNAL_PROBE_PORT:-9105}" /readyz

FROM system AS model_server
COPY models/cry /models/cry
COPY containers/serve /usr/local/bin/tears-serve
RUN install --directory --owner=10001 --group=10001 --mode=700 /var/lib/models/cry
# As in the stock image of TF Serving, arguments after the image's name are flags, and the last value of a flag counts.
ENV MODEL_NAME=cry \
    MODEL_BASE_PATH=/models
EXPOSE 8500 8501
ENTRYPOINT ["tears-serve", "python", "-m", "tears.model_server", "--rest_api_port=8501"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD tears-probe 8501 /readyz

FROM system AS samples
RUN install --directory --owner=10001 --group=10001 /scenes
VOLUME /scenes
ENTRYPOINT ["python", "-m", "tears.samples"]
CMD ["--out", "/scenes"]

# ---- The image.

FROM ${SERVICE} AS image
COPY --from=dependencies /opt/tears /opt/tears
COPY --from=source /ours /opt/tears
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=""
LABEL org.opencontainers.image.title="tears ${SERVICE}" \
      org.opencontainers.image.description="Part of Tears, a self-hosted baby-cry monitor" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001
