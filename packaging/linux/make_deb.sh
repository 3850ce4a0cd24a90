#!/bin/sh
# Pack the folder that `make dist` leaves as a Debian package; SIGN_KEY signs it (debsigs).
# The program lies in /usr/lib/zoneplanner; nothing is written outside a user's own folders, so an
# upgrade replaces the program and a removal leaves projects, settings and backups where they are.
set -eu
cd "$(dirname "$0")/../.."
built=dist/zoneplanner
[ -x "$built/zoneplanner" ] || { echo "Run make dist first." >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
machine=$(dpkg --print-architecture)
# what was packed on a newer system does not start on an older one: it says so before it is installed
libc=$(find "$built" -type f \( -name '*.so*' -o -name zoneplanner \) -exec objdump -T {} + 2>/dev/null |
    grep -o 'GLIBC_2\.[0-9]*' | sort -Vu | tail -1)
root=build/deb
rm -rf "$root"
mkdir -p "$root/DEBIAN" "$root/usr/lib" "$root/usr/bin" "$root/usr/share/applications" \
    "$root/usr/share/icons/hicolor/scalable/apps" "$root/usr/share/doc/zoneplanner"
cp -a "$built" "$root/usr/lib/zoneplanner"
chmod -R u=rwX,go=rX "$root"
ln -s ../lib/zoneplanner/zoneplanner "$root/usr/bin/zoneplanner"
cp packaging/linux/zoneplanner.desktop "$root/usr/share/applications/"
cp resources/icon.svg "$root/usr/share/icons/hicolor/scalable/apps/zoneplanner.svg"
cp LICENSE "$root/usr/share/doc/zoneplanner/copyright"
cp NOTICE CHANGELOG.md "$root/usr/share/doc/zoneplanner/"
ln -s ../../../lib/zoneplanner/licenses "$root/usr/share/doc/zoneplanner/licenses"
cat >"$root/DEBIAN/control" <<END
Package: zoneplanner
Version: $version
Architecture: $machine
Maintainer: The zoneplanner authors <authors@zoneplanner.invalid>
Installed-Size: $(du -sk "$root/usr" | cut -f1)
Depends: libc6 (>= ${libc#GLIBC_}), libegl1, libgl1, libfontconfig1, libxkbcommon0, libxkbcommon-x11-0,
 libdbus-1-3, libglib2.0-0t64 | libglib2.0-0, libxcb-cursor0, libxcb-icccm4, libxcb-image0,
 libxcb-keysyms1, libxcb-render-util0, libxcb-shape0, fonts-dejavu-core
Recommends: xdg-utils
Section: science
Priority: optional
Description: patrol zones for a school district's Safe Schools office
 Splits schools into patrol zones with a bound on what could be better, plans who
 works which shift, keeps the log of visits and incidents, and publishes.
END
package="dist/zoneplanner_${version}_$machine.deb"
dpkg-deb --root-owner-group -Zxz --build "$root" "$package"
[ -z "${SIGN_KEY:-}" ] || debsigs --sign=origin -k "$SIGN_KEY" "$package"
rm -rf "$root"
ls -l "$package"
