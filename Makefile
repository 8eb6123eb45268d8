# Debian or Ubuntu with Swift 6.2 or later; everything else is installed from here.
SWIFT ?= swift
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
PACKAGES := libopenblas-openmp-dev libdnnl-dev libfftw3-dev libsndfile1-dev libsamplerate0-dev libpng-dev \
	libcairo2-dev fonts-dejavu-core fonts-wqy-microhei pkg-config
# TRAITS=MPI builds, or installs, with Open MPI, to train over several ranks, which trust and explain can share too.
TRAITS ?=
PACKAGES += $(if $(filter MPI,$(TRAITS)),libopenmpi-dev openmpi-bin)
PYTHON ?= python3
UNDERTONE := .build/release/undertone
QUICK := output/quickstart
PREFIX ?= /usr/local
INSTALLED = $(PREFIX)/lib/undertone
# Where bash, zsh and fish look for completions, below the prefix.
BASH_PLACE := share/bash-completion/completions
ZSH_PLACE := share/zsh/site-functions
FISH_PLACE := share/fish/vendor_completions.d
FOLDERS := lib/undertone bin $(BASH_PLACE) $(ZSH_PLACE) $(FISH_PLACE)

.PHONY: help dependencies build install quickstart test test-debug torture torture-service sanitize reference fixtures docs lint benchmark clean

help:
	@echo "make quickstart   install missing packages, build, train a small model and make figures"
	@echo "make build        install missing packages, and build $(UNDERTONE)"
	@echo "make install      build, and install undertone into $(PREFIX)/bin (or PREFIX=FOLDER); TRAITS=MPI for several ranks"
	@echo "make test         install missing packages, and run the tests"
	@echo "make test-debug   the same without optimisation, where assertions are checked"
	@echo "make torture      damages what the program reads and disturbs what it writes, 12 minutes: COUNT=500 takes less,"
	@echo "                  ONLY=sounds,killed chooses, SEED=2 varies, UNDERTONE=FILE takes another build, such as a sanitizer's"
	@echo "make torture-service  sends the service malformed requests beside a good client"
	@echo "make sanitize     the kernels' tests under the address and the undefined-behaviour sanitizer"
	@echo "make docs         the libraries' documentation as a web site in .build-docs"
	@echo "make reference    compare with results of PyTorch in the folder UNDERTONE_REFERENCE=FOLDER"
	@echo "make fixtures     write the tests' numbers again, with the PYTHON that has PyTorch, librosa and Captum"
	@echo "make benchmark    milliseconds per clip of every step; PEER=1 also times PyTorch"

# apt is asked only for what dpkg does not have.
dependencies:
	@missing=""; for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q "install ok installed" || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
	  echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi

build: dependencies
	$(SWIFT) build -c release --product undertone $(if $(TRAITS),--traits $(TRAITS))

# The program with its resources beside it, a link to it where the shell looks, and what bash, zsh and fish complete its
# commands from; sudo only where it must be.
install: build
	@as=""; for folder in $(FOLDERS); do \
	  mkdir -p "$(PREFIX)/$$folder" 2>/dev/null && [ -w "$(PREFIX)/$$folder" ] || as="$(SUDO)"; \
	done; set -e; \
	for folder in $(FOLDERS); do $$as mkdir -p "$(PREFIX)/$$folder"; done; \
	$$as install -m 755 $(UNDERTONE) "$(INSTALLED)"; \
	$$as rm -rf "$(INSTALLED)/undertone_Models.resources"; \
	$$as cp -R $(dir $(UNDERTONE))undertone_Models.resources "$(INSTALLED)"; \
	$$as ln -sf ../lib/undertone/undertone "$(PREFIX)/bin/undertone"; \
	for shell in bash:$(BASH_PLACE)/undertone zsh:$(ZSH_PLACE)/_undertone fish:$(FISH_PLACE)/undertone.fish; do \
	  $(UNDERTONE) --generate-completion-script $${shell%%:*} | $$as tee "$(PREFIX)/$${shell#*:}" > /dev/null; \
	done; \
	echo "installed $(PREFIX)/bin/undertone"; \
	case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "it is not in the PATH yet: export PATH=\"$(PREFIX)/bin:\$$PATH\"";; esac

quickstart: build
	@echo "A synthetic corpus of speech-like clips with known cues:"
	$(UNDERTONE) corpus synthesize --clips 24 --output $(QUICK)/corpus
	@echo "A model of your own, trained on it:"
	$(UNDERTONE) train cnnatt --data $(QUICK)/corpus/manifest.csv --epochs 25 --overwrite \
	  --output $(QUICK)/model
	@echo "Explanations of the two models' predictions:"
	$(UNDERTONE) explain $(QUICK)/corpus/speaker-01/angry-001.wav $(QUICK)/corpus/speaker-02/sadness-002.wav \
	  --output $(QUICK)/built-in
	$(UNDERTONE) explain $(QUICK)/corpus/speaker-01/angry-001.wav $(QUICK)/corpus/speaker-02/sadness-002.wav \
	  --model $(QUICK)/model --output $(QUICK)/own
	$(UNDERTONE) figures --data $(QUICK)/corpus/manifest.csv --model $(QUICK)/model --clips 6 \
	  --output $(QUICK)/sheets
	@echo
	@echo "Made in $(QUICK): corpus/ (clips), model/ (weights, history.csv, curves.png), built-in/ and own/"
	@echo "(each model's explanations of two clips), sheets/ (six clips per emotion). Next, your own recording:"
	@echo "  $(UNDERTONE) explain FILE.wav"
	@echo "or, after make install, from any folder: undertone explain FILE.wav"

# Threads that wait asleep: many tests run at once, each with threads of its own. The matrix products first as on a processor
# without AVX-512, then everything.
test: dependencies lint
	OMP_WAIT_POLICY=passive ONEDNN_MAX_CPU_ISA=AVX2 $(SWIFT) test -c release \
	  --filter 'MatrixProductTests|StepConvolutionTests|PrecisionTests'
	OMP_WAIT_POLICY=passive $(SWIFT) test -c release

# The numbers of PyTorch, librosa, Captum and others that tests compare with, written again in place by the PYTHON that has
# Tests/Fixtures/peer/requirements.txt. The last bits may differ on another machine.
fixtures:
	@set -e; \
	for script in operations models cnnasp features edits measures attributions training calibration evaluation agreement \
	  pitch cues weights encoders encoder-training heads relevance factorization events attacks localisation masking \
	  smoothing units \
	  trimming/make Figures/colormaps Figures/images audio/make; do \
	  echo "$$script.py"; $(PYTHON) Tests/Fixtures/$$script.py > /dev/null; \
	done; \
	if command -v sox > /dev/null && command -v ffmpeg > /dev/null; then sh Tests/Fixtures/audio/make-others.sh; \
	else echo "audio/make-others.sh is left out: it needs sox and ffmpeg"; fi

# Without optimisation, where assertions are checked and a trap of Swift's prints its reason: slow.
test-debug: dependencies
	OMP_WAIT_POLICY=passive $(SWIFT) test

# 10,000 damaged files for all that is read, and runs that are killed, without room, within limits and two at once: COUNT=500
# for a short one, SCALE=0.1 for the share of what is no damaged file, ONLY=families (torture.py --help), SEED=, JOBS=, CASE=.
# What fails is kept in torture-failures. UNDERTONE= takes another build; for a sanitizer's,
# swift build -c release --sanitize=address --product undertone --scratch-path .build-sanitize/address, then
# make torture UNDERTONE=.build-sanitize/address/release/undertone COUNT=500; the same with thread, on two threads.
torture: $(if $(wildcard $(UNDERTONE)),,build)
	$(PYTHON) Tests/Torture/torture.py --undertone $(UNDERTONE) $(if $(SEED),--seed $(SEED)) \
	  $(if $(COUNT),--count $(COUNT)) $(if $(SCALE),--scale $(SCALE)) $(if $(ONLY),--only $(ONLY)) \
	  $(if $(CASE),--case $(CASE)) $(if $(JOBS),--jobs $(JOBS))

# The same of `serve`: malformed requests beside one good client, whose answers must not become late. COUNT=, SEED=, CASE=.
torture-service: $(if $(wildcard $(UNDERTONE)),,build)
	$(PYTHON) Tests/Torture/service.py --undertone $(UNDERTONE) $(if $(SEED),--seed $(SEED)) \
	  $(if $(COUNT),--count $(COUNT)) $(if $(CASE),--case $(CASE)) $(if $(JOBS),--jobs $(JOBS))

# The C kernels and the code with pointers under two sanitizers, each built in a folder of its own, optimised as what is
# installed. On Linux, Swift has no option for the second, so clang is asked. oneDNN, OpenBLAS and FFTW are built without
# sanitizers and keep caches to the end: leaks are not looked for.
SANITIZED := -c release --filter '^(TensorsTests|LayersTests)\.'
sanitize: dependencies
	ASAN_OPTIONS=detect_leaks=0 OMP_WAIT_POLICY=passive \
	  $(SWIFT) test --sanitize=address --scratch-path .build-sanitize/address $(SANITIZED)
	UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 OMP_WAIT_POLICY=passive \
	  $(SWIFT) test -Xcc -fsanitize=undefined -Xswiftc -Xclang-linker -Xswiftc -fsanitize=undefined \
	  --scratch-path .build-sanitize/undefined $(SANITIZED)

reference: dependencies
	@[ -n "$(UNDERTONE_REFERENCE)" ] || { echo "usage: make reference UNDERTONE_REFERENCE=FOLDER" >&2; exit 64; }
	UNDERTONE_REFERENCE="$(UNDERTONE_REFERENCE)" OMP_WAIT_POLICY=passive \
	  $(SWIFT) test -c release --filter ModelsTests.ReferenceTests

lint:
	$(SWIFT) format lint --strict -r Package.swift Sources Tests

# CASES="cnnlstm train" times these only; PEER=1 times PyTorch beside, with the PYTHON that has it.
benchmark: build
	$(SWIFT) build -c release --product Benchmarks
	.build/release/Benchmarks $(CASES) $(if $(PEER),--peer Sources/Benchmarks/peer.py --python $(PYTHON))

# The libraries' documentation and the guides, by the tools of the Swift toolchain alone: no package is needed for it.
# LEVEL=warning lists what they find in the comments, broken links among it.
MODULES := Basics Ranks Tensors Layers AudioFiles AudioFeatures Corpora Models Training Attributions Figures Reports
BUILT := .build/release
docs: build
	rm -rf .build-docs; mkdir -p .build-docs/symbols
	@set -e; triple=$$($(SWIFT) -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)".*/\1/p'); \
	for module in $(MODULES); do \
	  swift-symbolgraph-extract -module-name $$module -target $$triple -I $(BUILT)/Modules \
	    $(patsubst %,-Xcc -fmodule-map-file=%,$(BUILT)/Kernels.build/module.modulemap \
	      $(wildcard Sources/CLibraries/*/module.modulemap)) \
	    $$(pkg-config --cflags-only-I openblas libpng cairo) \
	    -skip-synthesized-members -skip-inherited-docs -output-dir .build-docs/symbols; \
	done
	docc convert Documentation/Undertone.docc --additional-symbol-graph-dir .build-docs/symbols \
	  --output-dir .build-docs/site --fallback-display-name Undertone --fallback-bundle-identifier undertone \
	  --diagnostic-filter $(or $(LEVEL),error)
	@echo "made .build-docs/site. To read it: $(PYTHON) -m http.server -d .build-docs/site"
	@echo "and open http://localhost:8000/documentation/undertone"

clean:
	rm -rf .build .build-docs .build-sanitize torture-failures
