#!/bin/sh
# Install the Debian package into a bare system, use it there, remove it; run as root.
#   sh packaging/linux/try_deb.sh PACKAGE.deb [EARLIER.deb] [OLDER_PROJECT.gpkg ...]
# An earlier package is installed and used first, and the new one put over it. Needs debootstrap,
# Xvfb, openbox, xdotool, ImageMagick, strace and the checkout's .venv, whose tests drive the window.
# Pictures and what the program asked of the network are left in build/deb.
set -eu
here=$(cd "$(dirname "$0")/../.." && pwd)
package=$(realpath "$1")
shift
earlier=""
case ${1:-} in *.deb) earlier=$(realpath "$1") && shift ;; esac
root=${ROOT:-$(mktemp -d)}
kept=$here/build/deb
home=$root/home/user
work=$(mktemp -d)
rm -rf "$kept"
mkdir -p "$kept"
leave() { for place in "$work" /tmp/.X11-unix /dev/pts /dev /proc; do umount "$root$place" 2>/dev/null || true; done; }
trap leave EXIT
fail() { echo "FAILED: $1" >&2 && exit 1; }
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin HOME=/home/user LANG=C.UTF-8 "$@"; }
install() {
    cp "$1" "$root/tmp/planner.deb"
    inside env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        /tmp/planner.deb >"$kept/apt.log" 2>&1 </dev/null || fail "$(tail -3 "$kept/apt.log")"
    inside zoneplanner --version
}
data() { (cd "$home" && find . -type f -not -path './.cache/*' -exec sha256sum {} + | sort); }

[ -x "$root/usr/bin/dpkg" ] || debootstrap --variant=minbase "${SUITE:-trixie}" "$root" >/dev/null
mkdir -p "$root/tmp/.X11-unix" "$root$work" "$home/Documents"
for place in /proc /dev /dev/pts /tmp/.X11-unix "$work"; do mount --bind "$place" "$root$place"; done
cp /etc/resolv.conf "$root/etc/"
inside apt-get update -qq

if [ -n "$earlier" ]; then
    echo "== an earlier version: installed, its demo made, a visit logged, a backup"
    install "$earlier"
    inside zoneplanner demo --to /home/user/earlier --time-limit 5 >/dev/null
    project="/home/user/earlier/San Juan Unified.gpkg"
    inside zoneplanner log "$project" visit site="Del Campo High" purpose=teaching
    inside zoneplanner backup "$project"
    before=$(data)
fi
echo "== installed without a question"
install "$package"
inside du -sm /usr/lib/zoneplanner
echo "$(find "$root/usr/lib/zoneplanner/licenses" -type f | wc -l) license texts"
if [ -n "$earlier" ]; then
    [ "$before" = "$(data)" ] || fail "an upgrade changed what is the user's"
    inside zoneplanner verify "$project"
    set -- "$@" "$home/earlier/San Juan Unified.gpkg"
fi
echo "== the demo, to paper"
inside zoneplanner demo --to /home/user/out --time-limit 5 >/dev/null
find "$home/out" -maxdepth 1 | wc -l

for project in "$@"; do
    echo "== a project of an earlier version: $(basename "$project")"
    cp "$project" "$home/Documents/older.gpkg"
    inside zoneplanner migrate /home/user/Documents/older.gpkg
    inside zoneplanner verify /home/user/Documents/older.gpkg
    inside zoneplanner log /home/user/Documents/older.gpkg visit site="Arden Middle"
    inside zoneplanner coverage /home/user/Documents/older.gpkg >/dev/null || [ $? = 1 ]
done

echo "== a dispatcher's day in the window, with keys and mouse, and its network connections"
trace="strace -D -f --seccomp-bpf -qq -A -e trace=connect -o $kept/connects"
(cd "$here" && TMPDIR=$work ZONEPLANNER_PROGRAM="$trace chroot $root zoneplanner" \
    .venv/bin/python -m pytest -q -m long --basetemp "$work/story" tests/stories/test_dispatcher_day.py)
find "$work/story" -name '*.png' -exec cp {} "$kept" \;
! grep -E 'AF_INET' "$kept/connects" || fail "the program asked for the network"
echo "$(wc -l <"$kept/connects") connections, all within this computer"

echo "== installed over itself, then removed"
before=$(data)
install "$package"
inside apt-get purge -y -qq zoneplanner >/dev/null
[ ! -e "$root/usr/lib/zoneplanner" ] || fail "the program is still there"
[ "$before" = "$(data)" ] || fail "a removal changed what is the user's"
echo "The program is removed; the user's $(data | wc -l) files are unchanged."
