# SPDX-License-Identifier: MIT
# common.bash - for the tests of examples/cloud: where the stand-ins of the
# clouds are (tests/setup.sh cloud).

load "${BATS_TEST_DIRNAME%/tests*}/tests/helpers.bash"
load "${BATS_TEST_DIRNAME%/tests*}/tests/services.bash"

CLOUD=$ROOT/examples/cloud
TOOLS=${XDG_CACHE_HOME:-$HOME/.cache}/recpipe/cloud

# No command of a cloud may find an account of whoever runs the tests.
unset "${!AWS_@}" "${!AZURE_@}" "${!GOOGLE_@}" "${!CLOUDSDK_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null AWS_EC2_METADATA_DISABLED=true

# tool NAME: the path of a program that setup.sh cloud made.
tool() {
	local at
	for at in "$TOOLS/bin/$1" "$TOOLS"/*/bin/"$1" "$TOOLS/node/node_modules/.bin/$1" "$TOOLS"/node/node_modules/@azure-tools/*/dist/bin/"$1"_*; do
		[ ! -x "$at" ] || { printf '%s\n' "$at"; return 0; }
	done
	return 1
}
needs_tool() {
	local p
	for p in "$@"; do
		tool "$p" >/dev/null || { echo "# SKIPPED, no $p: $BATS_TEST_DESCRIPTION" >&3; skip "no $p (tests/setup.sh cloud)"; }
	done
}

# store_server: the stand-in of tests/cloud/store.py at the port STORE
store_server() {
	STORE=$(free_port)
	start python3 "$ROOT/tests/cloud/store.py" "$STORE"
	await ask "http://127.0.0.1:$STORE/_"
}
