# The Python that the functions run on, 3.13: bytecode is of one version only.
FUNCTION_PYTHON ?= $(shell for python in python3.13 $$HOME/.pyenv/versions/3.13*/bin/python3.13; do \
	"$$python" -c "" 2> /dev/null && { command -v "$$python"; break; }; done)

define require_function_python
@test -n "$(FUNCTION_PYTHON)" || { echo "Python 3.13 is needed, which the functions run on; put python3.13 on the PATH or set FUNCTION_PYTHON=/path/to/python3.13" >&2; exit 1; }
endef
