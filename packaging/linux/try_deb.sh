#!/bin/sh
# Install the Debian package into a bare system, use it there, remove it; run as root.
#   sh packaging/linux/try_deb.sh PACKAGE.deb [OLDER_PROJECT.gpkg ...]
# Needs debootstrap, Xvfb, openbox, xdotool and ImageMagick. A picture of the window is left in
# build/deb-window.png.
set -eu
package=$(realpath "$1")
shift
here=$(cd "$(dirname "$0")/../.." && pwd)
root=${ROOT:-$(mktemp -d)}
[ -x "$root/usr/bin/dpkg" ] || debootstrap --variant=minbase "${SUITE:-trixie}" "$root" >/dev/null
display=:$$
Xvfb "$display" -screen 0 1366x768x24 -nolisten tcp >/dev/null 2>&1 &
server=$!
manager=""
window=""
leave() {
    for process in $window $manager $server; do kill "$process" 2>/dev/null || true; done
    for place in tmp/.X11-unix dev/pts dev proc; do umount "$root/$place" 2>/dev/null || true; done
}
trap leave EXIT
sleep 1
DISPLAY=$display openbox >/dev/null 2>&1 &
manager=$!
mkdir -p "$root/tmp/.X11-unix"
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind /dev/pts "$root/dev/pts"
mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
cp /etc/resolv.conf "$root/etc/"
cp "$package" "$root/tmp/planner.deb"
inside() { chroot "$root" env HOME=/home/user LANG=C.UTF-8 "$@"; }

echo "== installed into a bare system"
inside sh -c 'mkdir -p /home/user/Documents; apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends /tmp/planner.deb' >/dev/null 2>&1
inside zoneplanner --version
inside du -sm /usr/lib/zoneplanner
find "$root/usr/lib/zoneplanner/licenses" -mindepth 1 | wc -l

echo "== the demo, to paper"
inside zoneplanner demo --to /home/user/out --time-limit 5 >/dev/null
find "$root/home/user/out" -maxdepth 1 | head -20

for project in "$@"; do
    echo "== a project of an earlier version: $(basename "$project")"
    cp "$project" "$root/home/user/Documents/older.gpkg"
    inside zoneplanner migrate /home/user/Documents/older.gpkg || true
    inside zoneplanner check /home/user/Documents/older.gpkg | tail -1 || true
done

echo "== the window: started, a visit logged by keys, saved"
before=$(inside zoneplanner info "/home/user/out/San Juan Unified.gpkg" --json)
DISPLAY=$display chroot "$root" env HOME=/home/user DISPLAY="$display" LANG=C.UTF-8 \
    zoneplanner "/home/user/out/San Juan Unified.gpkg" >/dev/null 2>&1 &
window=$!
export DISPLAY="$display"
xdotool search --sync --onlyvisible --name "San Juan Unified" windowactivate --sync >/dev/null
sleep 4
xdotool key Escape
sleep 1
xdotool key ctrl+l
sleep 2
xdotool type --delay 60 "Arden Middle"
xdotool key Tab
sleep 1
xdotool key Return
sleep 3
mkdir -p "$here/build"
import -window root "$here/build/deb-window.png"
xdotool key ctrl+q
sleep 3
after=$(inside zoneplanner info "/home/user/out/San Juan Unified.gpkg" --json)
[ "$before" != "$after" ] && echo "the entry is in the journal" || echo "NOTHING WAS LOGGED"

echo "== installed once more over itself, then removed"
inside dpkg -i /tmp/planner.deb >/dev/null
inside apt-get remove -y -qq zoneplanner >/dev/null
[ ! -e "$root/usr/lib/zoneplanner" ] && echo "the program is gone"
ls "$root/home/user/out/San Juan Unified.gpkg" "$root/home/user/.local/share/zoneplanner"
