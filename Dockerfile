# The image of epayment-sandbox: one static program and nothing else. Dockerfile.debug adds a shell.

# The slim image has all that a static glibc program needs: the toolchain, a linker and libc.a. It is always that of the
# machine that builds, and other platforms are compiled for from there, so that nothing is emulated. The classic builder
# names no platforms: "linux" is then this machine's.
FROM --platform=${BUILDPLATFORM:-linux} rust:1-slim-bookworm AS build
WORKDIR /build
# Static, for an image without a C library. Without --target, cargo would ask the same of procedural macros, which
# have to be shared objects.
ENV RUSTFLAGS="-C target-feature=+crt-static"
ARG TARGETARCH
RUN host=$(rustc -vV | sed -n 's/^host: //p') \
 && case ${TARGETARCH:-$host} in \
      amd64 | x86_64-*) machine=x86_64 package=x86-64 other=amd64 ;; \
      arm64 | aarch64-*) machine=aarch64 package=aarch64 other=arm64 ;; \
      *) echo "this builds for amd64 and arm64, not for $TARGETARCH" >&2; exit 1 ;; \
    esac \
 && target=$machine-unknown-linux-gnu \
 && echo "$target" > /target \
 && if [ "$host" != "$target" ]; then \
      apt-get update \
   && apt-get install --yes --no-install-recommends "gcc-$package-linux-gnu" "libc6-dev-$other-cross" \
   && rustup target add "$target" \
   && mkdir .cargo \
   && printf '[target.%s]\nlinker = "%s-linux-gnu-gcc"\n' "$target" "$machine" > .cargo/config.toml; \
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

FROM scratch
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
