# SPDX-License-Identifier: MIT
# samples.bash - for files whose tests run every command on small inputs: these
# are made once, in the folder of the file (prepare_samples).

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return 1
	prepare_samples
}

setup() {
	cd "$BATS_FILE_TMPDIR" || return 1
	rm -f held.out final.out
}
