# SPDX-License-Identifier: MIT
# recpipe. `make` builds everything into $(B); `make help` lists the targets.

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
BLAS    ?= -lopenblas

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
BINS    := $(CMDS:%=$(B)/bin/%)
PAGES   := $(wildcard man/*.[1-9])

all: $(BINS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/lib/kernel/loops_%.o: lib/kernel/loops.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(ISA_$*) -DREC_ISA_$* -MMD -MP -c -o $@ $<

$(B)/lib/kernel/pick.o: ALL_CFLAGS += $(ISAS:%=-DREC_HAVE_%)

$(B)/librec.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

# A command is cmd/rec-NAME.c, with NAME_*.c beside it where it has more than one file.
.SECONDEXPANSION:
$(B)/bin/rec-%: $(B)/cmd/rec-%.o $$(patsubst %.c,$(B)/%.o,$$(wildcard cmd/$$*_*.c)) $(CLI_OBJ) $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(if $(filter sim,$*),$(BLAS)) $(LIBS)

# C test programs: tests/{unit,fuzz,fault}/NAME.c
$(B)/tests/%: $(B)/tests/%.o $(B)/librec.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(BLAS) $(LIBS)

UNIT    := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
unit: $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.PHONY: all unit clean
.SECONDARY:
