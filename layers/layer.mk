# What building a layer means, for each layer's Makefile: `sam build` calls `make build-NAME ARTIFACTS_DIR=FOLDER`.
ROOT := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))..)
SITE := $(ARTIFACTS_DIR)/python
PYTHON312 ?= $(or $(shell $(ROOT)/scripts/python312.sh 2>/dev/null),python3)

# Wheels that Lambda's runtime loads (CPython 3.12, glibc 2.34), whatever Python runs pip here.
WHEELS = $(PYTHON312) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-warn-conflicts \
  --only-binary=:all: --implementation cp --python-version 3.12 --no-compile --target $(SITE) -c $(ROOT)/constraints.txt \
  --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux2014_x86_64

# Lambda has no place to keep compiled modules, and unpacking changes the times by which Python would judge them.
define FINISH
	rm -rf $(SITE)/bin
	find $(SITE) -depth -type d \( -name tests -o -name __pycache__ \) -exec rm -r {} +
	find $(SITE) -name '*.pyi' -delete
	if $(PYTHON312) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))'; \
	then $(PYTHON312) -m compileall -q --invalidation-mode unchecked-hash $(SITE); \
	else echo "No Python 3.12 here: the layer is not compiled, and the first request of every instance waits for that."; fi
endef
