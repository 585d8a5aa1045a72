#!/bin/sh
# SPDX-License-Identifier: MIT
# python.sh VERSION MACHINE FILE.tar.gz - pyarrow and pandas for a Python that
# has none, such as that of EMR: an archive for spark-submit --archives
# FILE.tar.gz#environment, in which bin/python is the host's own python VERSION
# with these libraries added. VERSION is 3.9 or so, MACHINE x86_64 or aarch64, as
# on the hosts; this machine may be another.
#
# A relocated venv would do the same, but has to be made on the hosts' system.
set -eu
[ $# -eq 3 ] || { echo "usage: python.sh VERSION MACHINE FILE.tar.gz" >&2; exit 2; }
version=$1 machine=$2 file=$3
case $version in
3.[0-9] | 3.[0-9][0-9]) ;;
*) echo "python.sh: $version is no version such as 3.9" >&2; exit 2 ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP
mkdir -p "$work/bin" "$work/lib"
wheels=
for glibc in 28 17; do wheels="$wheels --platform manylinux_2_${glibc}_$machine"; done
# shellcheck disable=SC2086
python3 -m pip install -q --no-compile --only-binary=:all: --python-version "$version" $wheels \
	--platform "manylinux2014_$machine" --target "$work/lib" pyarrow 'pandas<3' ||
	{ echo "python.sh: pip has no pyarrow and pandas for Python $version on $machine" >&2; exit 1; }
find "$work/lib" -name tests -type d -prune -exec rm -rf {} +
cat >"$work/bin/python" <<END
#!/bin/sh
command -v python$version >/dev/null || {
	echo "environment: it is for python$version, which this host lacks: make another by python.sh" >&2
	exit 127
}
here=\$(cd "\$(dirname "\$0")/.." && pwd) || exit 1
PYTHONPATH=\${PYTHONPATH:+\$PYTHONPATH:}\$here/lib exec python$version "\$@"
END
chmod 755 "$work/bin/python"
tar -c -C "$work" bin lib | gzip -n >"$file.part" || { rm -f "$file.part"; exit 1; }
mv "$file.part" "$file"
