# The worker's image with one file changed: a client library that trusts this sandbox.
# The build context is the directory that `python -m sandbox patch --out` wrote.
ARG WORKER_IMAGE
FROM ${WORKER_IMAGE}
ARG NEONIZE_DIR
# Root only while the files are put in place: the image keeps running as the worker's user.
USER 0
COPY *.so ca.pem /tmp/practice/
RUN set -eu; \
    target="${NEONIZE_DIR:-$(echo /opt/flowhq/lib/python3*/site-packages/neonize)}"; \
    library="$(basename /tmp/practice/*.so)"; \
    test -f "$target/$library"; \
    cat "/tmp/practice/$library" > "$target/$library"; \
    install -D -m 0644 /tmp/practice/ca.pem /opt/flowhq/practice/ca.pem; \
    rm -r /tmp/practice
ENV SSL_CERT_FILE=/opt/flowhq/practice/ca.pem
USER 10001
