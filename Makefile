# ngx_mitzu_mcp_module: developer entry points.  `make help` lists them.
#
# BUILD=dir      where all products go (default build)
# SAN=1          AddressSanitizer and UndefinedBehaviorSanitizer

SHELL    := /bin/bash
BUILD    ?= build
SAN      ?=
CC       ?= cc
Q        ?= @

ifeq ($(SAN),1)
OUT      := $(BUILD)/san
OPT      := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined \
            -fno-omit-frame-pointer
else
OUT      := $(BUILD)/rel
OPT      := -O2 -g
endif

WARN     := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion \
            -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wpointer-arith \
            -Werror
CPPFLAGS := -D_GNU_SOURCE -Isrc -I$(BUILD)/gen
CFLAGS   := -std=gnu11 -fPIC $(OPT) $(WARN)
LDFLAGS  := $(OPT)
PKGS     := jansson libpcre2-8 libcrypto
LIBS     := $(shell pkg-config --libs $(PKGS)) -llz4 -lhiredis -lm

LAYERS   := base proto auth query analysis store tools
AGENTLIB := $(shell pkg-config --libs libcurl libssl) -lstemmer -lpthread -ldl

layer_src = $(filter-out src/agent/main.c,$(wildcard src/$(1)/*.c \
            src/$(1)/*/*.c))
layer_obj = $(patsubst src/%.c,$(OUT)/obj/%.o,$(call layer_src,$(1)))
ARCHIVES := $(foreach l,$(LAYERS),$(OUT)/lib/$(l).a)

# What a unit test of a layer may link: itself and the layers to its left.
LINK_base     := base
LINK_proto    := proto base
LINK_auth     := auth base
LINK_query    := query base
LINK_analysis := analysis base
LINK_store    := store analysis query auth proto base
LINK_tools    := tools store analysis query auth proto base
LINK_agent    := agent tools store analysis query auth proto base

UNITS    := $(wildcard t/unit/*/test_*.c)
UNITBIN  := $(patsubst t/unit/%.c,$(OUT)/unit/%,$(UNITS))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help lib agent module setup setup-test unit unit-bin fuzz \
        fuzz-bin chaos bench test demo demo-stop install clean

all: agent module

help:
	@sed -n '1,6s/^# \{0,1\}//p' Makefile
	@echo "make            build the module and mitzu-agent"
	@echo "make setup      apt packages and libduckdb; setup-test: for tests too"
	@echo "make demo       set up, start everything, ask a question over MCP"
	@echo "make demo-stop  end what demo left running"
	@echo "make test       set up, build, run every test"
	@echo "make unit       the C unit tests only (L=layer for one layer)"
	@echo "make fuzz       fuzz the parsers (FUZZ_SECONDS=10 each, TARGETS=..)"
	@echo "make chaos      2,000 runs while everything dies (CHAOS_RUNS, CHAOS_SEED=..)"
	@echo "make bench      what hot paths cost (BENCHES=jwt for one)"
	@echo "make conformance  the official conformance suite, every arrangement"
	@echo "make install    copy module and agent (DESTDIR, PREFIX)"

lib: $(ARCHIVES)
agent: $(OUT)/mitzu-agent

$(OUT)/obj/%.o: src/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define archive_rule
$(OUT)/lib/$(1).a: $(call layer_obj,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS) agent,$(eval $(call archive_rule,$(l))))

# The Lua scripts become C text with their SHA-1 (src/store/store.h).
SCRIPTS := $(wildcard src/store/scripts/*.lua)
$(BUILD)/gen/store_scripts.inc: src/store/embed.pl $(SCRIPTS)
	@mkdir -p $(@D)
	$(Q)perl src/store/embed.pl src/store/scripts > $@.tmp && mv $@.tmp $@
$(OUT)/obj/store/scripts.o: $(BUILD)/gen/store_scripts.inc

link_libs = $(foreach l,$(LINK_$(1)),$(OUT)/lib/$(l).a)

$(OUT)/mitzu-agent: $(OUT)/obj/agent/main.o $(call link_libs,agent)
	$(Q)$(CC) $(LDFLAGS) -o $@ $< -Wl,--start-group \
	    $(call link_libs,agent) -Wl,--end-group $(LIBS) $(AGENTLIB)

# The module, built against the headers of the installed nginx (package
# nginx-dev).  Configuring takes a while: it is done anew only when a source
# file came or went.  SAN=1 is for a stock nginx with LD_PRELOAD of libasan.
NGX_DEV    := /usr/share/nginx/src
NGX_OBJS   := $(abspath $(OUT))/nginx
NGX_GEN    := $(abspath $(BUILD))/gen
NGX_LAYERS := base proto auth query store tools ngx
NGX_FILES  := $(sort $(foreach l,$(NGX_LAYERS),$(wildcard src/$(l)/*.[ch])))
NGX_SAN    := $(if $(filter 1,$(SAN)),$(OPT) -U_FORTIFY_SOURCE)

module: $(OUT)/ngx_mitzu_mcp_module.so

$(OUT)/nginx.files: FORCE
	@mkdir -p $(@D)
	@echo '$(NGX_FILES)' | cmp -s - $@ || echo '$(NGX_FILES)' > $@

$(NGX_OBJS)/Makefile: config $(OUT)/nginx.files | $(BUILD)/gen/store_scripts.inc
	@test -d $(NGX_DEV) || { echo 'nginx-dev is missing: make setup'; exit 1; }
	@echo "configuring the module ($(NGX_OBJS))"
	@mkdir -p $(NGX_OBJS)
	$(Q)cd $(NGX_DEV) && . ./conf_flags && MITZU_GEN=$(NGX_GEN) ./configure \
	    --with-cc-opt="$$(dpkg-buildflags --get CFLAGS) -fPIC \
	        $$(dpkg-buildflags --get CPPFLAGS) $(NGX_SAN)" \
	    --with-ld-opt="$$(dpkg-buildflags --get LDFLAGS) -fPIC $(NGX_SAN)" \
	    "$${NGX_CONF_FLAGS[@]}" --add-dynamic-module=$(CURDIR) \
	    --builddir=$(NGX_OBJS) > $(NGX_OBJS)/configure.log 2>&1 \
	    || { tail -20 $(NGX_OBJS)/configure.log; rm -f $@; exit 1; }
	@touch $@

$(OUT)/ngx_mitzu_mcp_module.so: $(NGX_OBJS)/Makefile $(NGX_FILES) \
        src/exports.map $(BUILD)/gen/store_scripts.inc
	@echo "building the module"
	@rm -f $(NGX_OBJS)/ngx_mitzu_mcp_module.so
	$(Q)$(MAKE) --no-print-directory -f $(NGX_OBJS)/Makefile -C $(NGX_DEV) \
	    modules > $(NGX_OBJS)/make.log 2>&1 \
	    || { grep -A4 -E 'error:|undefined|\*\*\*' $(NGX_OBJS)/make.log | head -40; exit 1; }
	@cp $(NGX_OBJS)/ngx_mitzu_mcp_module.so $@

# What the conformance suite expects of a server, as a module of its own that
# only tests load (t/fixtures).
FIX_OBJS  := $(abspath $(OUT))/fixtures
FIX_FILES := t/fixtures/config $(sort $(wildcard t/fixtures/*.[ch]) \
             $(wildcard src/base/*.h src/auth/*.h src/proto/*.h src/store/*.h) \
             src/tools/tool.h src/ngx/ngx_mitzu_mcp_module.h)

fixtures: $(OUT)/ngx_mitzu_fixtures_module.so

$(OUT)/fixtures.files: FORCE
	@mkdir -p $(@D)
	@echo '$(FIX_FILES)' | cmp -s - $@ || echo '$(FIX_FILES)' > $@

$(FIX_OBJS)/Makefile: t/fixtures/config $(OUT)/fixtures.files
	@test -d $(NGX_DEV) || { echo 'nginx-dev is missing: make setup'; exit 1; }
	@echo "configuring the fixtures ($(FIX_OBJS))"
	@mkdir -p $(FIX_OBJS)
	$(Q)cd $(NGX_DEV) && . ./conf_flags && ./configure \
	    --with-cc-opt="$$(dpkg-buildflags --get CFLAGS) -fPIC \
	        $$(dpkg-buildflags --get CPPFLAGS) $(NGX_SAN)" \
	    --with-ld-opt="$$(dpkg-buildflags --get LDFLAGS) -fPIC $(NGX_SAN)" \
	    "$${NGX_CONF_FLAGS[@]}" --add-dynamic-module=$(CURDIR)/t/fixtures \
	    --builddir=$(FIX_OBJS) > $(FIX_OBJS)/configure.log 2>&1 \
	    || { tail -20 $(FIX_OBJS)/configure.log; rm -f $@; exit 1; }
	@touch $@

$(OUT)/ngx_mitzu_fixtures_module.so: $(FIX_OBJS)/Makefile $(FIX_FILES)
	@echo "building the fixtures"
	@rm -f $(FIX_OBJS)/ngx_mitzu_fixtures_module.so
	$(Q)$(MAKE) --no-print-directory -f $(FIX_OBJS)/Makefile -C $(NGX_DEV) \
	    modules > $(FIX_OBJS)/make.log 2>&1 \
	    || { grep -A4 -E 'error:|undefined|\*\*\*' $(FIX_OBJS)/make.log | head -40; exit 1; }
	@cp $(FIX_OBJS)/ngx_mitzu_fixtures_module.so $@

.PHONY: FORCE fixtures conformance
FORCE:

.SECONDEXPANSION:
$(OUT)/unit/%: t/unit/%.c t/unit/test.h $$(call link_libs,$$(firstword $$(subst /, ,$$*)))
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -It/unit $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
	    -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS) \
	    $(if $(filter agent/%,$*),$(AGENTLIB))

ifneq ($(L),)
ifeq ($(filter $(OUT)/unit/$(L)/%,$(UNITBIN)),)
$(error no unit tests of a layer "$(L)")
endif
endif

unit-bin: $(if $(L),$(filter $(OUT)/unit/$(L)/%,$(UNITBIN)),$(UNITBIN))

unit: unit-bin
	@set -e; for t in $(if $(L),$(filter $(OUT)/unit/$(L)/%,$(UNITBIN)),$(UNITBIN)); do \
	    echo "# $$t"; $$t; done

# Fuzzing (t/fuzz) by clang's libFuzzer, under sanitizers: the pure layers and
# the planner.  t/bin/fuzz runs the targets and keeps what they find.
CLANG        ?= clang
FUZZ_SECONDS ?= 10
FUZZ         := $(BUILD)/fuzz
FUZZ_OPT     := -O1 -g -fsanitize=address,undefined \
                -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FUZZ_ALL     := $(patsubst t/fuzz/fuzz_%.c,%,$(wildcard t/fuzz/fuzz_*.c))
TARGETS      ?= $(FUZZ_ALL)
FUZZ_SRC     := $(foreach l,$(LAYERS),$(wildcard src/$(l)/*.c)) \
                $(wildcard src/agent/plan/*.c)
FUZZ_CFLAGS  := -std=gnu11 $(FUZZ_OPT) $(WARN) -Wno-string-concatenation

$(FUZZ)/obj/%.o: src/%.c | $(BUILD)/gen/store_scripts.inc
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(CPPFLAGS) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link \
	    -MMD -MP -c -o $@ $<

$(FUZZ)/lib.a: $(patsubst src/%.c,$(FUZZ)/obj/%.o,$(FUZZ_SRC))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(FUZZ)/fuzz_%: t/fuzz/fuzz_%.c t/fuzz/fuzz.h $(FUZZ)/lib.a
	$(Q)$(CLANG) $(CPPFLAGS) -It/fuzz -DFUZZ_DATA='"$(CURDIR)/t/data"' \
	    $(FUZZ_CFLAGS) -fsanitize=fuzzer -MMD -MP -o $@ $< $(FUZZ)/lib.a \
	    $(LIBS) -lstemmer

fuzz-bin: $(TARGETS:%=$(FUZZ)/fuzz_%)

fuzz: fuzz-bin
	BUILD=$(abspath $(BUILD)) t/bin/fuzz --seconds $(FUZZ_SECONDS) $(TARGETS)

# Benchmarks: bench/*.c of the pure layers, and bench/*.pl of what needs nginx.
# One whose bar is not met fails.
BENCHES   ?= $(sort $(basename $(notdir $(wildcard bench/*.c bench/*.pl))))
BENCHPERL := $(filter $(BENCHES),$(basename $(notdir $(wildcard bench/*.pl))))
BENCHC    := $(filter $(BENCHES),$(basename $(notdir $(wildcard bench/*.c))))

$(OUT)/bench/%: bench/%.c $(ARCHIVES)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< \
	    -Wl,--start-group $(ARCHIVES) -Wl,--end-group $(LIBS)

bench: $(BENCHC:%=$(OUT)/bench/%) $(if $(BENCHPERL),all)
	@rc=0; for b in $(BENCHC); do \
	    echo "# $$b"; $(OUT)/bench/$$b || rc=1; done; \
	for b in $(BENCHPERL); do \
	    echo "# $$b"; BUILD=$(abspath $(BUILD)) perl -It/lib bench/$$b.pl || rc=1; \
	done; exit $$rc

# Set-up: what is missing comes through apt (root or sudo) and npm.
setup:
	BUILD=$(abspath $(BUILD)) t/bin/setup build

setup-test:
	BUILD=$(abspath $(BUILD)) t/bin/setup test

t/peers/node_modules/.package-lock.json: t/peers/package-lock.json
	cd t/peers && npm ci --no-audit --no-fund --ignore-scripts

t/conformance/node_modules/.package-lock.json: t/conformance/package-lock.json
	cd t/conformance && npm ci --no-audit --no-fund --ignore-scripts

t/auth/node_modules/.package-lock.json: t/auth/package-lock.json
	cd t/auth && npm ci --no-audit --no-fund --ignore-scripts

# The official conformance suite in every arrangement (SETS=.. for some).
conformance: setup-test t/peers/node_modules/.package-lock.json \
        t/conformance/node_modules/.package-lock.json
	$(MAKE) --no-print-directory module fixtures
	BUILD=$(abspath $(BUILD)) t/bin/conformance $(if $(filter 1,$(SAN)),--san) $(SETS)

# make finds the libraries while it reads this file, so a build after the
# set-up is a make of its own.
demo: setup
	$(MAKE) --no-print-directory all
	BUILD=$(abspath $(BUILD)) t/bin/demo

demo-stop:
	BUILD=$(abspath $(BUILD)) t/bin/demo stop

test: setup-test t/peers/node_modules/.package-lock.json \
        t/conformance/node_modules/.package-lock.json \
        t/auth/node_modules/.package-lock.json
	$(MAKE) --no-print-directory all fixtures unit-bin
	$(MAKE) --no-print-directory SAN=1 all fixtures unit-bin
	BUILD=$(abspath $(BUILD)) t/bin/test $(TESTS)

# t/95-chaos.t as long as one likes; what was seen is replayed by its seed.
CHAOS_RUNS    ?= 2000
CHAOS_CLIENTS ?= 20
CHAOS_SEED    ?=

chaos: setup-test
	$(MAKE) --no-print-directory all
	BUILD=$(abspath $(BUILD)) MITZU_SAN=$(SAN) CHAOS_RUNS=$(CHAOS_RUNS) \
	    CHAOS_CLIENTS=$(CHAOS_CLIENTS) CHAOS_SEED=$(CHAOS_SEED) \
	    perl -It/lib t/95-chaos.t

PREFIX      ?= /usr/local
MODULES_DIR ?= /usr/lib/nginx/modules

install: all
	install -D -m 755 $(OUT)/mitzu-agent $(DESTDIR)$(PREFIX)/bin/mitzu-agent
	install -D -m 644 $(OUT)/ngx_mitzu_mcp_module.so \
	    $(DESTDIR)$(MODULES_DIR)/ngx_mitzu_mcp_module.so
	test ! -e $(BUILD)/lib/libduckdb.so || install -D -m 644 \
	    $(BUILD)/lib/libduckdb.so $(DESTDIR)$(PREFIX)/lib/mitzu/libduckdb.so

clean:
	rm -rf $(BUILD)

-include $(shell find $(OUT) $(FUZZ) -name '*.d' 2>/dev/null)
