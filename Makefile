# SPDX-License-Identifier: MIT
# recpipe. `make` builds everything into $(B); `make help` lists the targets; `make B=dir CFLAGS=... SAN=...` builds a variant beside.

B       ?= build
CC      ?= cc
AR      ?= ar
PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
LIBDIR  ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
COMPLETIONS ?= $(DATADIR)/bash-completion/completions
DESTDIR ?=
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef
WERROR  ?=
# No built-in rules: they would link a program from what they take for the source of a dependency file.
MAKEFLAGS += -r

# What the compiler makes programs for: x86_64-linux-gnu, arm64-apple-darwin23, x86_64-unknown-freebsd14.0.
MACHINE := $(shell $(CC) -dumpmachine)

# POSIX alone where that still gives what the few guarded calls need; macOS has a switch for the rest, the BSDs show all unless asked for less.
ifneq ($(findstring darwin,$(MACHINE))$(findstring macos,$(MACHINE)),)
POSIX   := -D_POSIX_C_SOURCE=200809L -D_DARWIN_C_SOURCE
else ifneq ($(findstring bsd,$(MACHINE))$(findstring dragonfly,$(MACHINE)),)
POSIX   :=
else
POSIX   := -D_POSIX_C_SOURCE=200809L
endif
STD     := -std=c11 $(POSIX) -ffp-contract=off -fno-math-errno -fvisibility=hidden -pthread
VERSION := $(shell cat VERSION)

ALL_CFLAGS = $(STD) $(WARN) $(WERROR) $(CPPFLAGS) $(CFLAGS) $(SAN) -Ilib -I. -DREC_VERSION='"$(VERSION)"'
LIBS     = -lz -lm -pthread
# rec-sim opens OpenBLAS when it needs it; to link it instead: BLAS=-lopenblas CFLAGS="... -DREC_BLAS_STATIC"
BLAS    ?= $(DL)
# dlopen is a library of its own on Linux; the others have it in libc.
DL      := $(if $(findstring linux,$(MACHINE)),-ldl)

# macOS says arm64, FreeBSD amd64, for what Linux calls aarch64 and x86_64.
ARCH    := $(patsubst arm64%,aarch64,$(patsubst amd64,x86_64,$(firstword $(subst -, ,$(MACHINE)))))

# One kernel source, compiled once per instruction set.
ifeq ($(ARCH),x86_64)
ISAS    := plain avx2 avx512
else ifeq ($(ARCH),aarch64)
ISAS    := plain neon
else
ISAS    := plain
endif
ISA_plain  :=
ISA_avx2   := -mavx2 -mfma
ISA_avx512 := -mavx512f -mavx512dq -mavx512vl -mavx512bw -mfma -mprefer-vector-width=512
ISA_neon   :=

LIB_SRC := $(filter-out lib/kernel/loops.c lib/serve/% lib/lambda/%,$(wildcard lib/*/*.c))
# rec-serve and rec-lambda alone link libevent and jansson; where pkg-config
# does not find them, or the compiler is one for another system, they are left
# out, and nothing else needs these. SERVE=no leaves them out, too.
SERVE_PKGS := libevent_extra libevent_core jansson
ifneq ($(SERVE),no)
SERVE   := $(shell pkg-config --exists $(SERVE_PKGS) 2>/dev/null && printf '\#include <event2/http.h>\n\#include <jansson.h>\n' | \
	$(CC) $$(pkg-config --cflags $(SERVE_PKGS)) -E -x c -o /dev/null - 2>/dev/null && echo yes || echo no)
endif
ifeq ($(SERVE),yes)
SERVE_CFLAGS := $(shell pkg-config --cflags $(SERVE_PKGS))
SERVE_LIBS   := $(shell pkg-config --libs $(SERVE_PKGS))
SERVE_OBJ := $(patsubst %.c,$(B)/%.o,$(wildcard lib/serve/*.c lib/lambda/*.c))
LEFT_OUT :=
else
LEFT_OUT := rec-serve rec-lambda
endif

LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(ISAS:%=$(B)/lib/kernel/loops_%.o)
CLI_SRC := $(wildcard cmd/cli/*.c)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
CMDS    := $(filter-out $(LEFT_OUT),$(patsubst cmd/%.c,%,$(wildcard cmd/rec-*.c)))
SCRIPTS := $(patsubst cmd/%.sh,%,$(wildcard cmd/rec-*.sh))
BINS    := $(CMDS:%=$(B)/bin/%) $(SCRIPTS:%=$(B)/bin/%)
PAGES   := $(wildcard man/*.[1-9])
# What Spark users get: examples/spark, into share/recpipe/spark.
SPARK_FILES := $(shell find examples/spark -type f ! -path '*/__pycache__/*' 2>/dev/null | sort)
# What puts rec-serve to work: examples/serve, into share/recpipe/serve.
SERVE_FILES := $(shell find examples/serve -type f 2>/dev/null | sort)
# Functions, jobs and stores of the clouds: examples/cloud, into share/recpipe/cloud.
CLOUD_FILES := $(shell find examples/cloud -type f ! -path '*/__pycache__/*' 2>/dev/null | sort)
SHARED  := $(SPARK_FILES) $(SERVE_FILES) $(CLOUD_FILES)
# The headers that are installed, and all that librec.so exports.
PUBLIC  := $(wildcard lib/recpipe/*.h)

MAJOR   := $(firstword $(subst ., ,$(VERSION)))
ifneq ($(findstring darwin,$(MACHINE))$(findstring macos,$(MACHINE)),)
SO       := librec.$(MAJOR).dylib
SO_LINK  := librec.dylib
SO_FLAGS  = -dynamiclib -install_name $(LIBDIR)/$(SO) -Wl,-force_load,$(B)/pic/librec.a
else
SO       := librec.so.$(MAJOR)
SO_LINK  := librec.so
SO_FLAGS  = -shared -Wl,-soname,$(SO) -Wl,--version-script=$(B)/recpipe.map \
	-Wl,--whole-archive $(B)/pic/librec.a -Wl,--no-whole-archive
endif

all: $(BINS) ## every command
ifneq ($(LEFT_OUT),)
	@echo "make: left out: $(LEFT_OUT), which need $(SERVE_PKGS) (libevent-dev libjansson-dev)"
endif

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/lib/kernel/loops_%.o: lib/kernel/loops.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA_$*) -DREC_ISA_$* -MMD -MP -c -o $@ $<

# Sixteen scalars for every vector: sanitizers take minutes to compile that. They see the same source in the other sets.
$(B)/lib/kernel/loops_plain.o: override SAN :=

$(B)/lib/kernel/pick.o: ALL_CFLAGS += $(ISAS:%=-DREC_HAVE_%)

# q: two rooms may have a file of the same name, and r would keep one of them.
$(B)/librec.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) qcs $@ $^

# The shared library: the same sources compiled for any address, and apart,
# because the commands, which link librec.a, shall not pay for that. It exports
# what the public headers declare.
$(B)/pic/librec.a: force
	@+$(MAKE) --no-print-directory B=$(B)/pic CFLAGS="$(CFLAGS) -fPIC" $@

$(B)/recpipe.map: $(PUBLIC) lib/exports.awk VERSION
	@mkdir -p $(@D)
	{ echo "RECPIPE_$(MAJOR) { global:"; awk -f lib/exports.awk $(PUBLIC) | sed 's/$$/;/' | sort; echo "local: *; };"; } > $@

$(B)/$(SO): $(B)/pic/librec.a $(B)/recpipe.map
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(SO_FLAGS) -o $@ $(DL) $(LIBS)
	ln -sf $(SO) $(B)/$(SO_LINK)

# Answers over HTTP: rooms of rec-serve and rec-lambda, not of the library that is installed.
$(SERVE_OBJ): ALL_CFLAGS += $(SERVE_CFLAGS) -I$(B)/gen
# The page as a string of C, a line each.
$(B)/gen/serve/page.inc: lib/serve/page.html
	@mkdir -p $(@D)
	sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $< >$@
$(B)/lib/serve/page.o: $(B)/gen/serve/page.inc
$(B)/serve.a: $(SERVE_OBJ)
	@rm -f $@
	$(AR) qcs $@ $^

lib: $(B)/librec.a $(B)/$(SO) ## the library, static and shared

$(B)/cmd/libcli.a: $(CLI_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# A command is cmd/rec-NAME.c, with cmd/NAME/*.c where it has more than one file.
# (A % here would be taken for the name.)
objects_of = $(addprefix $(B)/,$(addsuffix .o,$(basename $(wildcard cmd/$(1)/*.c))))
.SECONDEXPANSION:
$(B)/bin/rec-%: $(B)/cmd/rec-%.o $$(call objects_of,$$*) $(B)/cmd/libcli.a $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(if $(filter sim,$*),$(BLAS)) $(LIBS)

$(B)/bin/rec-serve $(B)/bin/rec-lambda: $(B)/bin/rec-%: $(B)/cmd/rec-%.o $$(call objects_of,$$*) $(B)/cmd/libcli.a $(B)/serve.a $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(SERVE_LIBS) $(LIBS)

# Drivers in POSIX sh; `. NAME/part.sh` on a line of its own is replaced by that file.
$(SCRIPTS:%=$(B)/bin/%): $(B)/bin/rec-%: cmd/rec-%.sh $$(wildcard cmd/$$*/*.sh) cmd/cli/driver.sh VERSION
	@mkdir -p $(@D)
	awk '/^\. [a-z]+\/[a-z]+\.sh$$/ { f = "cmd/" $$2; while ((getline line < f) > 0) if (line !~ /^# (SPDX|shellcheck)/) print line; next } \
		{ gsub("@VERSION@", "$(VERSION)"); print }' $< > $@
	chmod 755 $@

# C test programs: tests/{unit,fuzz,fault,bench}/NAME.c
$(B)/tests/%: $(B)/tests/%.o $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %/serve.a,$^) $(filter %/librec.a,$^) $(DL) $(LIBS)

# Preload libraries that make calls fail: tests/fault/NAME.shim.c
$(B)/tests/fault/%.so: tests/fault/%.shim.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -fPIC -shared -o $@ $< -ldl

programs_in = $(patsubst %.c,$(B)/%,$(filter-out %.shim.c,$(wildcard tests/$(1)/*.c)))
# One program of all files, and the same under libFuzzer instead of run.c.
FUZZ_OBJ := $(patsubst %.c,$(B)/%.o,$(filter-out %/run.c %/libfuzzer.c $(if $(LEFT_OUT),%/serve.c %/wire.c %/event.c),$(wildcard tests/fuzz/*.c)))
$(B)/tests/fuzz/run $(B)/tests/fuzz/libfuzzer: $(FUZZ_OBJ)
ifeq ($(LEFT_OUT),)
$(FUZZ_OBJ): ALL_CFLAGS += -DREC_SERVE $(SERVE_CFLAGS)
$(B)/tests/fuzz/run $(B)/tests/fuzz/libfuzzer: LIBS += $(SERVE_LIBS)
$(B)/tests/fuzz/run $(B)/tests/fuzz/libfuzzer: $(B)/serve.a
endif

programs: $(call programs_in,unit) $(B)/tests/fuzz/run $(call programs_in,fault) \
	$(patsubst %.shim.c,$(B)/%.so,$(wildcard tests/fault/*.shim.c))
bench-programs: $(call programs_in,bench)

check: ## every test: what CI runs
	sh tests/run.sh

unit: $(call programs_in,unit) ## unit programs alone
	@for t in $(call programs_in,unit); do $$t || exit 1; done

check-asan: ## unit, fuzz programs and the loop over commands under ASan and UBSan
	sh tests/run.sh asan

check-tsan: ## threaded programs and commands under TSan
	sh tests/run.sh tsan

check-clang: ## compile with clang, warnings are errors; unit programs
	$(MAKE) B=$(B)-clang CC=clang WERROR=-Werror all unit

check-serve: all ## rec-serve: answers, hostile clients, new models under load, its page in a browser, examples/serve; minutes
	sh tests/setup.sh serve
	bats tests/serve.bats tests/serve_page.bats tests/serve_examples.bats

check-cloud: all ## examples/cloud: functions, jobs, object stores, each on its real runtime or an emulator, on this machine alone
	sh tests/setup.sh cloud
	-SPARK=3.5 sh tests/setup.sh spark
	bats tests/cloud/*.bats

# libFuzzer's changes, led by what the code does with them: a first folder for what it keeps.
FUZZ_SECONDS ?= 60
libfuzzer:
	$(MAKE) -s B=$(B)-fuzz CC=clang CFLAGS='-O1 -g' LDFLAGS=-fsanitize=fuzzer \
		SAN='-fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined' $(B)-fuzz/tests/fuzz/libfuzzer

fuzz-%: libfuzzer
	@mkdir -p $(B)-fuzz/corpus/$*
	FUZZ=$* $(B)-fuzz/tests/fuzz/libfuzzer -max_total_time=$(FUZZ_SECONDS) -artifact_prefix=$(B)-fuzz/$*- \
		$(if $(filter serve wire,$*),-dict=tests/fuzz/http.dict) $(B)-fuzz/corpus/$* tests/fuzz/corpus/$*

fuzz: $(patsubst tests/fuzz/corpus/%,fuzz-%,$(filter-out $(if $(LEFT_OUT),%/serve %/wire %/event),$(wildcard tests/fuzz/corpus/*))) ## libFuzzer on every format, FUZZ_SECONDS each (clang); fuzz-csv: on one

coverage: ## share of the lines that the tests run, by room (gcov): some minutes
	sh tests/coverage.sh $(B)-coverage

check-ports: ## compile and link for macOS and FreeBSD (zig, or ZIG="python3 -m ziglang"); nothing is run
	sh tests/ports.sh

check-fan: all ## work over hosts and schedulers: network namespaces, ssh, Slurm (root; installs what is missing)
	sh tests/setup.sh fan
	PATH=$(abspath $(B))/bin:$$PATH bats tests/fan/*.bats

check-slurm: all ## rec-task and the job scripts under a Slurm of its own (root; installs slurm-wlm and munge): a minute
	sh tests/setup.sh fan
	PATH=$(abspath $(B))/bin:$$PATH bats tests/fan/slurm.bats

# SPARK=3.5 or SPARK=4 chooses one.
check-spark: all ## Spark 3.5 and 4.x, local and on a cluster of its own (root; installs Java, and pyspark outside the tree)
	sh tests/setup.sh spark
	@failed=0; for v in $(or $(SPARK),3.5 4); do echo "== Spark $$v"; SPARK=$$v bats tests/spark/*.bats || failed=1; done; exit $$failed

check-fresh: ## both README commands in a minimal Debian chroot (root, debootstrap)
	sh tests/fresh.sh

lint: all ## shellcheck, mandoc, rooms, symbols, gcc warnings as errors
	$(MAKE) B=$(B)-werror WERROR=-Werror all
	bats tests/house.bats

bench: all bench-programs ## time and memory of every stage, with the hardware's bound
	sh tests/bench/bench.sh
	sh tests/bench/mem.sh

bench-fan: all ## rec-fan: one worker against two, overhead, bytes shipped, even parts
	PATH=$(abspath $(B))/bin:$$PATH sh tests/bench/fan.sh

bench-spark: all ## als, lists and sums on Spark against MLlib and against the plain pipeline
	sh tests/setup.sh spark
	bash tests/bench/spark/bench.sh

# QUICK=1 is a short form, ROWS="1 5" chooses rows; tests/bench/peers.sh has the rest.
bench-peers: all bench-programs ## the same work by implicit, irspack, faiss, duckdb and others, in turn; a quiet machine, hours
	sh tests/setup.sh peers
	bash tests/bench/peers.sh

# LOAD=DIR keeps the models from one run to the next; QUICK=1 is a short form.
load: all $(call programs_in,load) ## rec-serve under load: sizes, users, kinds of question, other servers; 35 minutes, quiet machine
	sh tests/setup.sh load
	LOAD_WORK=$(LOAD) bash tests/load/load.sh

quality: all ## published tables on real data (REC_DATA): minutes, and 8 GB for ease
	sh tests/quality/quality.sh

man: $(PAGES) ## manual pages as text in $(B)/man
	@mkdir -p $(B)/man
	@for p in $(PAGES); do mandoc -T utf8 $$p | col -b > $(B)/man/$$(basename $$p).txt || exit 1; done

$(B)/recpipe.bash: all
	@mkdir -p $(B)
	sh cmd/cli/completion.sh $(B)/bin > $@

install: all lib $(B)/recpipe.bash ## into $(DESTDIR)$(PREFIX); BINDIR, LIBDIR, INCLUDEDIR, DATADIR, MANDIR say otherwise
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(COMPLETIONS) $(DESTDIR)$(DATADIR)/recpipe
	install -d $(DESTDIR)$(INCLUDEDIR)/recpipe $(sort $(foreach p,$(PAGES),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $p))))
	install -m 755 $(BINS) $(DESTDIR)$(BINDIR)
	install -m 644 $(B)/librec.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(B)/$(SO) $(DESTDIR)$(LIBDIR)
	ln -sf $(SO) $(DESTDIR)$(LIBDIR)/$(SO_LINK)
	install -m 644 $(PUBLIC) $(DESTDIR)$(INCLUDEDIR)/recpipe
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(LIBDIR))|; s|@INCLUDEDIR@|$(patsubst $(PREFIX)/%,$${prefix}/%,$(INCLUDEDIR))|; s|@VERSION@|$(VERSION)|' lib/recpipe.pc.in > $(DESTDIR)$(LIBDIR)/pkgconfig/recpipe.pc
	for p in $(PAGES); do install -m 644 $$p $(DESTDIR)$(MANDIR)/man$${p##*.} || exit 1; done
	install -m 644 $(B)/recpipe.bash $(DESTDIR)$(COMPLETIONS)/recpipe
	for c in $(CMDS) $(SCRIPTS); do ln -sf recpipe $(DESTDIR)$(COMPLETIONS)/$$c || exit 1; done
	install -m 644 examples/python/recmat.py $(DESTDIR)$(DATADIR)/recpipe
	install -d $(sort $(dir $(SHARED:examples/%=$(DESTDIR)$(DATADIR)/recpipe/%)))
	for f in $(SHARED); do m=644; [ ! -x $$f ] || m=755; install -m $$m $$f $(DESTDIR)$(DATADIR)/recpipe/$${f#examples/} || exit 1; done

uninstall: ## remove what install put there
	rm -f $(CMDS:%=$(DESTDIR)$(BINDIR)/%) $(SCRIPTS:%=$(DESTDIR)$(BINDIR)/%) $(patsubst %,$(DESTDIR)$(LIBDIR)/%,librec.a $(SO) $(SO_LINK) pkgconfig/recpipe.pc)
	rm -rf $(DESTDIR)$(INCLUDEDIR)/recpipe $(DESTDIR)$(DATADIR)/recpipe
	for p in $(PAGES); do rm -f $(DESTDIR)$(MANDIR)/man$${p##*.}/$${p##*/}; done
	rm -f $(CMDS:%=$(DESTDIR)$(COMPLETIONS)/%) $(SCRIPTS:%=$(DESTDIR)$(COMPLETIONS)/%) $(DESTDIR)$(COMPLETIONS)/recpipe

dist: ## recpipe-VERSION.tar.gz of what is committed, or of an unpacked one
	sh tests/dist.sh .

static: ## binaries that run on any Linux of this architecture: $(B)-static/bin (musl-gcc, or CC=... with a static zlib)
	sh tests/static.sh $(B)-static

static-serve: ## rec-serve and rec-lambda that run on any Linux, x86-64 and arm64: $(B)-static-serve/MACHINE/bin
	sh tests/serve_static.sh $(B)-static-serve

dist-cluster: ## recpipe-cluster.tar.gz: static binaries for x86-64 and arm64, for spark-submit --archives
	sh tests/archive.sh $(B)-cluster recpipe-cluster.tar.gz

image: ## $(B)-image/recpipe.oci.tar: one image for jobs and serving on all clouds, x86-64 and arm64 (buildah, mmdebstrap)
	sh examples/cloud/image/build.sh $(B)-image

clean: ## remove $(B)
	rm -rf $(B) $(B)-asan $(B)-tsan $(B)-clang $(B)-werror $(B)-static $(B)-serve $(B)-cluster $(B)-image $(B)-fuzz $(B)-coverage

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all load lib force programs bench-programs check unit check-asan check-tsan check-clang libfuzzer fuzz coverage check-ports check-fan check-slurm check-spark check-serve check-cloud check-fresh lint bench bench-fan bench-peers bench-spark quality man install uninstall dist dist-cluster static static-serve image clean help
.SECONDARY:
