#!/bin/sh
# Pack the folder that `make dist` leaves on a Mac as an application in a disk image.
# Written without a Mac: NOT RUN YET by its authors.
#   SIGN_IDENTITY="Developer ID Application: ..." NOTARY_PROFILE=name sh packaging/macos/make_dmg.sh
set -eu
cd "$(dirname "$0")/../.."
built=dist/zoneplanner
[ -x "$built/zoneplanner" ] || { echo "Run make dist first." >&2; exit 1; }
version=$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
app="build/Patrol Zone Planner.app"
rm -rf "$app"
mkdir -p "$app/Contents/MacOS" "$app/Contents/Resources"
cp -a "$built/" "$app/Contents/MacOS/"
cp build/icons/zoneplanner.icns "$app/Contents/Resources/"
cat >"$app/Contents/Info.plist" <<END
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
  <key>CFBundleIdentifier</key><string>org.zoneplanner.planner</string>
  <key>CFBundleName</key><string>Patrol Zone Planner</string>
  <key>CFBundleExecutable</key><string>zoneplanner</string>
  <key>CFBundleIconFile</key><string>zoneplanner</string>
  <key>CFBundlePackageType</key><string>APPL</string>
  <key>CFBundleShortVersionString</key><string>$version</string>
  <key>LSMinimumSystemVersion</key><string>14.0</string>
  <key>NSHighResolutionCapable</key><true/>
</dict></plist>
END
if [ -n "${SIGN_IDENTITY:-}" ]; then
    codesign --force --deep --options runtime --timestamp --sign "$SIGN_IDENTITY" "$app"
fi
image="dist/zoneplanner-$version.dmg"
rm -f "$image"
hdiutil create -volname "Patrol Zone Planner" -srcfolder "$app" -format UDZO "$image"
if [ -n "${NOTARY_PROFILE:-}" ]; then
    xcrun notarytool submit "$image" --keychain-profile "$NOTARY_PROFILE" --wait
    xcrun stapler staple "$image"
fi
ls -l "$image"
