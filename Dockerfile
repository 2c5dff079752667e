# The image of epayment-sandbox: one static program and nothing else. With `--target debug` there is a shell in it too.

# The slim image has all that a static glibc program needs: the toolchain, a linker and libc.a. It is always that of the
# machine that builds, and other platforms are compiled for from there, so that nothing is emulated. The classic builder
# names no platforms: "linux" is then this machine's.
FROM --platform=${BUILDPLATFORM:-linux} rust:1-slim-bookworm AS build
WORKDIR /build
# Static, for an image without a C library. Without --target, cargo would ask the same of procedural macros, which
# have to be shared objects. Debian's compiler for a machine has the same name on that machine as on others.
ENV RUSTFLAGS="-C target-feature=+crt-static" \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER=x86_64-linux-gnu-gcc \
    CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
ARG TARGETARCH
RUN here=$(dpkg --print-architecture) there=${TARGETARCH:-$(dpkg --print-architecture)} \
 && case $there in \
      amd64) machine=x86_64 compiler=gcc-x86-64-linux-gnu ;; \
      arm64) machine=aarch64 compiler=gcc-aarch64-linux-gnu ;; \
      *) echo "this builds for amd64 and arm64, not for $there" >&2; exit 1 ;; \
    esac \
 && echo "$machine-unknown-linux-gnu" > /target \
 && if [ "$here" != "$there" ]; then \
      apt-get update \
   && apt-get install --yes --no-install-recommends "$compiler" "libc6-dev-$there-cross" \
   && rustup target add "$(cat /target)"; \
    fi
COPY Cargo.toml Cargo.lock ./
# The dependencies alone: this layer is made again only when they change. Tests and benchmarks are not built here, and
# cargo would look for their files.
RUN sed -i '/^\[\[\(test\|bench\|example\)\]\]/,/^$/d' Cargo.toml \
 && mkdir src && touch src/lib.rs && echo 'fn main() {}' > src/main.rs \
 && cargo build --profile image --locked --bin epayment-sandbox --target "$(cat /target)"
COPY templates templates
COPY src src
# The files may be older than their stand-ins above, and cargo would take them for unchanged.
RUN find src -name '*.rs' -exec touch {} + \
 && cargo build --profile image --locked --bin epayment-sandbox --target "$(cat /target)" \
 && mv target/*/image/epayment-sandbox /epayment-sandbox

FROM scratch AS image
# The version of Cargo.toml; .ci/image checks that the two agree.
ARG VERSION=0.1.0
ARG SOURCE=https://crates.io/crates/epayment-sandbox
LABEL org.opencontainers.image.title="epayment-sandbox" \
      org.opencontainers.image.description="A local sandbox of the Vipps MobilePay ePayment API. Unofficial." \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /epayment-sandbox /epayment-sandbox
# Loopback, the default, could not be reached from outside the container.
ENV EPAYMENT_SANDBOX_LISTEN=0.0.0.0:8477 \
    EPAYMENT_SANDBOX_TLS_LISTEN=0.0.0.0:8478
EXPOSE 8477 8478
# A number: there is no /etc/passwd, and Kubernetes refuses names under runAsNonRoot.
USER 65532:65532
# The probe reads the same variables as the server, so it follows another EPAYMENT_SANDBOX_LISTEN.
HEALTHCHECK --interval=1s --timeout=2s --retries=3 CMD ["/epayment-sandbox", "healthcheck"]
ENTRYPOINT ["/epayment-sandbox"]

FROM image AS debug
COPY --from=busybox:stable-musl /bin/ /bin/

# The last stage is what is built when none is named.
FROM image
