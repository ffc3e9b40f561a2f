# What `sam build` calls, one target a function. SAM names no architecture to a makefile, so the
# template's parameter picks one of two makefiles, which set ARCHITECTURE and include this.
PACKAGING := $(dir $(abspath $(lastword $(MAKEFILE_LIST))))
include $(PACKAGING)python.mk

build-%:
	$(require_function_python)
	@cd $(PACKAGING)../.. && $(FUNCTION_PYTHON) -m infra.packaging $* $(ARTIFACTS_DIR) --architecture $(ARCHITECTURE)
