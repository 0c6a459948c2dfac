# Compose v2 as Debian has it, for machines whose engine came without: one binary to copy out.
ARG BASE_IMAGE=debian:trixie-slim
FROM ${BASE_IMAGE} AS unpack
LABEL flowhq.managed="1" flowhq.stage="unpack"
RUN set -eu; \
    cd /tmp; \
    apt-get update -q; \
    apt-get download -q docker-compose; \
    dpkg -x docker-compose_*.deb compose; \
    install -D compose/usr/libexec/docker/cli-plugins/docker-compose /opt/compose/docker-compose

FROM scratch
LABEL flowhq.managed="1" flowhq.component="compose-cli"
COPY --from=unpack /opt/compose /
CMD ["/docker-compose"]
