# SPDX-License-Identifier: MIT
# recpipe. `make` builds everything into $(B); `make help` lists the targets; `make B=dir CFLAGS=... SAN=...` builds a variant beside.

B       ?= build
CC      ?= cc
AR      ?= ar
PREFIX  ?= /usr/local
DESTDIR ?=
CFLAGS  ?= -O2 -g
WARN    := -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wwrite-strings -Wundef
WERROR  ?=
# No built-in rules: they would link a program from what they take for the source of a dependency file.
MAKEFLAGS += -r

STD     := -std=c11 -D_POSIX_C_SOURCE=200809L -ffp-contract=off -fno-math-errno -fvisibility=default -pthread
VERSION := $(shell cat VERSION)

ALL_CFLAGS = $(STD) $(WARN) $(WERROR) $(CFLAGS) $(SAN) -Ilib -DREC_VERSION='"$(VERSION)"'
LIBS     = -lz -lm -pthread
# rec-sim opens OpenBLAS when it needs it; to link it instead: BLAS=-lopenblas CFLAGS="... -DREC_BLAS_STATIC"
BLAS    ?= -ldl

ARCH    := $(shell $(CC) -dumpmachine | cut -d- -f1)

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

LIB_SRC := $(filter-out lib/kernel/loops.c,$(wildcard lib/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$(B)/%.o) $(ISAS:%=$(B)/lib/kernel/loops_%.o)
CLI_SRC := $(wildcard cmd/cli*.c)
CLI_OBJ := $(CLI_SRC:%.c=$(B)/%.o)
CMDS    := $(patsubst cmd/%.c,%,$(wildcard cmd/rec-*.c))
SCRIPTS := $(patsubst cmd/%.sh,%,$(wildcard cmd/rec-*.sh))
BINS    := $(CMDS:%=$(B)/bin/%) $(SCRIPTS:%=$(B)/bin/%)
PAGES   := $(wildcard man/*.[1-9])
# Headers that no other room and no command includes stay here.
PRIVATE := %_private.h lib/io/foreign_%.h lib/io/recmat_form.h lib/io/tsv.h lib/kernel/factor.h lib/kernel/tile.h lib/kernel/v16%.h \
	$(patsubst %,lib/matrix/%.h,cells intern label_sort load merge_join ranges sort stow text) \
	$(patsubst %,lib/model/%.h,als_row als_step ease linear sim_finish sim_select sim_stream sim_sums_check sim_users topn_tiles)
HEADERS := $(filter-out $(PRIVATE),$(wildcard lib/*/*.h))

all: $(BINS) ## every command

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/lib/kernel/loops_%.o: lib/kernel/loops.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA_$*) -DREC_ISA_$* -MMD -MP -c -o $@ $<

# Sixteen scalars for every vector: sanitizers take minutes to compile that. They see the same source in the other sets.
$(B)/lib/kernel/loops_plain.o: override SAN :=

$(B)/lib/kernel/pick.o: ALL_CFLAGS += $(ISAS:%=-DREC_HAVE_%)

$(B)/librec.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(B)/cmd/libcli.a: $(CLI_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# A command is cmd/rec-NAME.c, with NAME_*.c beside it where it has more than one file.
.SECONDEXPANSION:
$(B)/bin/rec-%: $(B)/cmd/rec-%.o $$(patsubst %.c,$(B)/%.o,$$(wildcard cmd/$$*_*.c)) $(B)/cmd/libcli.a $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(if $(filter sim,$*),$(BLAS)) $(LIBS)

# Drivers in POSIX sh; `. NAME_part.sh` on a line of its own is replaced by that file.
$(SCRIPTS:%=$(B)/bin/%): $(B)/bin/rec-%: cmd/rec-%.sh $$(wildcard cmd/$$*_*.sh) VERSION
	@mkdir -p $(@D)
	awk '/^\. [a-z]+_[a-z]+\.sh$$/ { f = "cmd/" $$2; while ((getline line < f) > 0) if (line !~ /^# (SPDX|shellcheck)/) print line; next } \
		{ gsub("@VERSION@", "$(VERSION)"); print }' $< > $@
	chmod 755 $@

# C test programs: tests/{unit,fuzz,fault,bench}/NAME.c
$(B)/tests/%: $(B)/tests/%.o $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ -ldl $(LIBS)

# Preload libraries that make calls fail: tests/fault/NAME.shim.c
$(B)/tests/fault/%.so: tests/fault/%.shim.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 -fPIC -shared -o $@ $< -ldl

programs_in = $(patsubst %.c,$(B)/%,$(filter-out %.shim.c,$(wildcard tests/$(1)/*.c)))
programs: $(call programs_in,unit) $(call programs_in,fuzz) $(call programs_in,fault) \
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

check-fan: all ## work over hosts and schedulers: network namespaces, ssh, Slurm (root; installs what is missing)
	sh tests/setup.sh fan
	PATH=$(abspath $(B))/bin:$$PATH bats tests/fan/*.bats

check-slurm: all ## rec-task and the job scripts under a Slurm of its own (root; installs slurm-wlm and munge): a minute
	sh tests/setup.sh fan
	PATH=$(abspath $(B))/bin:$$PATH bats tests/fan/slurm.bats

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

quality: all ## published tables on real data (REC_DATA): minutes, and 8 GB for ease
	sh tests/quality/quality.sh

man: $(PAGES) ## manual pages as text in $(B)/man
	@mkdir -p $(B)/man
	@for p in $(PAGES); do mandoc -T utf8 $$p | col -b > $(B)/man/$$(basename $$p).txt || exit 1; done

$(B)/recpipe.bash: all
	@mkdir -p $(B)
	sh cmd/completion.sh $(B)/bin > $@

install: all $(B)/recpipe.bash ## into $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(B)/librec.a $(DESTDIR)$(PREFIX)/lib
	for h in $(HEADERS); do install -D -m 644 $$h $(DESTDIR)$(PREFIX)/include/recpipe/$${h#lib/}; done
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' lib/recpipe.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/recpipe.pc
	for p in $(PAGES); do install -D -m 644 $$p $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p##*/}; done
	install -m 644 $(B)/recpipe.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/recpipe
	install -d $(DESTDIR)$(PREFIX)/share/recpipe
	install -m 644 examples/python/recmat.py $(DESTDIR)$(PREFIX)/share/recpipe
	for c in $(CMDS); do ln -sf recpipe $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$c; done

uninstall: ## remove what install put there
	rm -f $(CMDS:%=$(DESTDIR)$(PREFIX)/bin/%) $(SCRIPTS:%=$(DESTDIR)$(PREFIX)/bin/%) $(DESTDIR)$(PREFIX)/lib/librec.a $(DESTDIR)$(PREFIX)/lib/pkgconfig/recpipe.pc
	rm -rf $(DESTDIR)$(PREFIX)/include/recpipe $(DESTDIR)$(PREFIX)/share/recpipe
	for p in $(PAGES); do rm -f $(DESTDIR)$(PREFIX)/share/man/man$${p##*.}/$${p##*/}; done
	rm -f $(CMDS:%=$(DESTDIR)$(PREFIX)/share/bash-completion/completions/%) $(DESTDIR)$(PREFIX)/share/bash-completion/completions/recpipe

dist: ## recpipe-VERSION.tar.gz of what is committed
	git archive --format=tar.gz --prefix=recpipe-$(VERSION)/ -o recpipe-$(VERSION).tar.gz HEAD

static: ## binaries that run on any Linux of this architecture: $(B)-static/bin (musl-gcc, or CC=... with a static zlib)
	sh tests/static.sh $(B)-static

clean: ## remove $(B)
	rm -rf $(B) $(B)-asan $(B)-tsan $(B)-clang $(B)-werror $(B)-static

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | expand -t 14

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all programs bench-programs check unit check-asan check-tsan check-clang check-fan check-slurm check-fresh lint bench bench-fan quality man install uninstall dist static clean help
.SECONDARY:
