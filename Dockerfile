# The program in an image: built in the first stage, run in the second without compiler, sources or root.
#   docker build -t undertone .
#   docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/data" undertone explain clip.wav --output out
#   docker run --rm -p 127.0.0.1:8080:8080 -e UNDERTONE_TOKEN=secret undertone     (serves, and needs the token)
FROM swift:6.3-bookworm AS build
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends make && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY Makefile Package.swift ./
RUN make dependencies && rm -rf /var/lib/apt/lists/*
COPY Sources Sources
COPY Tests Tests
RUN make install PREFIX=/installed

FROM swift:6.3-bookworm-slim
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libopenblas0-openmp libdnnl2 libfftw3-single3 libsndfile1 libsamplerate0 libpng16-16 libcairo2 \
      fonts-dejavu-core fonts-wqy-microhei \
    && rm -rf /var/lib/apt/lists/* && useradd --create-home --uid 1000 undertone \
    && mkdir /data && chown undertone /data
COPY --from=build /installed /usr/local
USER undertone
WORKDIR /data
ENTRYPOINT ["undertone"]
CMD ["serve", "--host", "0.0.0.0"]
