; Inno Setup 6. Written without Windows: NOT RUN YET by its authors.
;   iscc /DVersion=X.Y.Z [/Ssign="signtool sign /fd sha256 /tr URL /td sha256 $f"] zoneplanner.iss
; Silent, for the whole machine:  setup.exe /VERYSILENT /ALLUSERS
; Silent, for one user:           setup.exe /VERYSILENT /CURRENTUSER
; An upgrade replaces the program in its place; projects, settings and backups lie in the user's own
; folders, which neither an upgrade nor a removal touches.

#ifndef Version
  #error Say the version: /DVersion=X.Y.Z
#endif

[Setup]
AppId={{6A2B8A0E-0C55-4F0E-9C55-7E6C7C8F8D11}
AppName=Patrol Zone Planner
AppVersion={#Version}
AppPublisher=The zoneplanner authors
DefaultDirName={autopf}\zoneplanner
DefaultGroupName=Patrol Zone Planner
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0
Compression=lzma2/ultra64
SolidCompression=yes
LicenseFile=..\..\LICENSE
SetupIconFile=..\..\build\icons\zoneplanner.ico
OutputDir=..\..\dist
OutputBaseFilename=zoneplanner-{#Version}-setup
CloseApplications=yes
RestartApplications=no
#ifdef Sign
SignTool=sign
SignedUninstaller=yes
#endif

[Files]
Source: "..\..\dist\zoneplanner\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[InstallDelete]
; what an earlier version had and this one has not
Type: filesandordirs; Name: "{app}\_internal"

[Icons]
Name: "{autoprograms}\Patrol Zone Planner"; Filename: "{app}\zoneplanner.exe"

[Run]
Filename: "{app}\zoneplanner.exe"; Description: "Open the planner"; Flags: postinstall nowait skipifsilent
