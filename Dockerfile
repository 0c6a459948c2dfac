# The control plane, or the portal: ROOM says which. Each has its own packages and its own code alone.
#   docker compose build controlplane portal
# The base is as in Dockerfile.worker: python:*-slim, or a Debian with the same Python.
ARG BASE_IMAGE=python:3.13-slim-trixie
ARG ROOM=controlplane

# --- the dependencies, with hashes ------------------------------------------------------------
FROM ${BASE_IMAGE} AS build
ARG ROOM
LABEL flowhq.managed="1" flowhq.stage="build"
# The two files after the lock exist only where this machine needs its own CA bundle or index for
# pip. They stay in this stage.
COPY requirements/${ROOM}.lock .flowhq/build/ca-bundle.pe[m] .flowhq/build/pip.con[f] /build/
RUN set -eu; \
    if [ -f /build/ca-bundle.pem ]; then export PIP_CERT=/build/ca-bundle.pem; fi; \
    if [ -f /build/pip.conf ]; then export PIP_CONFIG_FILE=/build/pip.conf; fi; \
    python3 -m venv --symlinks /opt/flowhq; \
    /opt/flowhq/bin/python -m pip install --quiet --no-cache-dir --no-compile \
      --disable-pip-version-check --root-user-action=ignore --only-binary=:all: \
      --no-deps --require-hashes --requirement "/build/${ROOM}.lock"; \
    /opt/flowhq/bin/python -m pip --quiet uninstall --yes --root-user-action=ignore pip; \
    rm -rf /opt/flowhq/bin/[Aa]ctivate* /opt/flowhq/include /opt/flowhq/share; \
    find /opt/flowhq -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +; \
    # Hash-checked bytecode does not depend on file times, which copying between stages may change.
    /opt/flowhq/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/flowhq/lib; \
    chmod -R a-w,a+rX /opt/flowhq

# --- our own code ------------------------------------------------------------------------------
FROM ${BASE_IMAGE} AS code
ARG ROOM
LABEL flowhq.managed="1" flowhq.stage="code"
COPY shared /app/shared
COPY ${ROOM} /app/${ROOM}
RUN set -eu; \
    python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /app; \
    chmod -R a-w,a+rX /app

# --- the system, without what a server never runs ---------------------------------------------
FROM ${BASE_IMAGE} AS system
LABEL flowhq.managed="1" flowhq.stage="system"
RUN set -eu; \
    echo 'flowhq:x:10001:10001::/nonexistent:/usr/sbin/nologin' >> /etc/passwd; \
    echo 'flowhq:x:10001:' >> /etc/group; \
    # No package tools and no Perl: nothing is installed into a running server.
    rm -rf /usr/bin/sqv /usr/bin/openssl /usr/bin/localedef /usr/share/common-licenses \
      /usr/bin/apt* /usr/lib/apt /usr/lib/*/libapt-p* /etc/apt /var/lib/apt /var/cache/* \
      /usr/bin/perl* /usr/lib/*/perl-base /usr/share/perl5 /usr/bin/deb* /usr/bin/dpkg* \
      /var/lib/dpkg/info /var/log/* /root/.cache \
      /usr/share/doc /usr/share/man /usr/share/info /usr/share/locale /usr/share/bash-completion \
      /usr/share/lintian /usr/share/python-wheels /usr/lib/*/gconv /usr/lib/systemd /tmp/* \
      /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/pydoc*; \
    for library in /usr/lib/python3* /usr/local/lib/python3*; do \
      if [ -d "$library" ]; then \
        (cd "$library" && rm -rf ensurepip idlelib pydoc_data test tkinter turtledemo turtle.py \
          venv config-3* site-packages/pip* dist-packages/pip*); \
      fi; \
    done; \
    find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# --- the image ---------------------------------------------------------------------------------
# From nothing, so that what was removed above takes no space and no layer of the build is left.
FROM scratch AS server
ARG ROOM
COPY --from=system / /
COPY --from=build /opt/flowhq /opt/flowhq
COPY --from=code /app /app
# A named volume takes over the owner of the directory it is mounted on.
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/flowhq; \
    install -d -o 10001 -g 10001 -m 0755 /run/flowhq/database /run/flowhq/portal /run/flowhq/files
LABEL flowhq.managed="1" flowhq.component="${ROOM}"
ENV PATH=/opt/flowhq/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FLOWHQ_STATE_DIR=/var/lib/flowhq
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["python"]
