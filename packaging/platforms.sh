#!/bin/sh
# Say for which systems and Pythons every part of the planner, as pinned, has a wheel.
# Exit status 1 if one of those that README promises has not.
set -eu
uv=$1
missing=0
check() { # promised or not, platform, least macOS
    for python in 3.11 3.12 3.13 3.14; do
        if MACOSX_DEPLOYMENT_TARGET=$3 "$uv" pip compile -q --python-platform "$2" \
            --python-version "$python" --only-binary :all: -c constraints.txt pyproject.toml \
            -o /dev/null >/dev/null 2>&1; then
            echo "$2${3:+ (macOS $3)}, Python $python: yes"
        else
            echo "$2${3:+ (macOS $3)}, Python $python: no"
            [ "$1" = other ] || missing=1
        fi
    done
}
check promised x86_64-manylinux_2_34 ""
check promised x86_64-pc-windows-msvc ""
check promised aarch64-apple-darwin 14.0
check promised x86_64-apple-darwin 14.0
check promised aarch64-manylinux_2_39 ""
check other x86_64-manylinux_2_28 ""
check other aarch64-pc-windows-msvc ""
check other x86_64-apple-darwin 12.0
exit $missing
